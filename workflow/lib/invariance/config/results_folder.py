"""A check of the folder of results: its path must be plain, and not a folder of the project."""

import os
import re
import unicodedata
from pathlib import Path

from transforms2d.errors import UserError

# Folders of the repository, which results must not overwrite. Hidden folders belong to it too.
OWN = ("benchmarks", "config", "docs", "envs", "profiles", "slurm", "tests", "workflow")
# Letters of any language, digits (\w), and characters without a meaning in Snakemake and shells.
PART = re.compile(r"[\w+=@,.~()-]+( +[\w+=@,.~()-]+)*")


def check_results(results: str, repository) -> None:
    """Refuse a folder of results whose path is not plain, or that belongs to the project.

    Parameters
    ----------
    results : str
        Absolute, or relative to the folder that the workflow runs in.
    repository : path
        The repository's root.

    Raises
    ------
    UserError
        One line: the fault of ``results``, and a valid value.
    """
    for part in filter(None, results.split("/")):
        # NFC: a letter with a separate accent is a letter, too.
        if not PART.fullmatch(unicodedata.normalize("NFC", part)):
            raise UserError(
                f"results: {part!r} in {results!r}: a folder name here may contain letters, "
                "digits, inner spaces and + = @ , . ~ ( ) _ -; rename it, or make a link to it: "
                "ln -s THAT_FOLDER results/mine, and results: results/mine"
            )
    if results.startswith("~"):
        raise UserError(f"results: {results!r}: ~ is not expanded here; write the whole path")
    plain = re.sub("^//", "/", os.path.normpath(results))
    if plain != results:
        raise UserError(f"results: {results!r}: write it as {plain}")
    _check_place(results, Path(repository).resolve())


def public_name(results: str) -> str:
    """The folder's name on pages: of an absolute path only the last part."""
    return Path(results).name if results.startswith("/") else results


def _check_place(results: str, repository: Path) -> None:
    """Refuse the project, its parents, its own folders, folders of others, and non-folders."""
    # os.path raises no error for very long names, circular links and unreadable folders.
    folder = Path(os.path.realpath(results))
    if repository.is_relative_to(folder):
        raise UserError(f"results: {results!r} contains the project itself; give another folder")
    if folder.is_relative_to(repository):
        first = folder.relative_to(repository).parts[0]
        if first in OWN or first.startswith("."):
            raise UserError(
                f"results: {results!r} is in a folder of the project, {first}; give another one"
            )
    beside = folder / "config.yaml"
    if os.path.isfile(beside) and b"\nstudies:" not in beside.read_bytes():  # noqa: PTH113
        raise UserError(
            f"results: {beside} does not belong to this workflow, which would overwrite it; "
            "give another folder"
        )
    path = Path(results)
    for part in (path, *path.parents):
        if os.path.isdir(part):  # noqa: PTH112
            return
        if os.path.lexists(part):
            fault = "a broken link" if os.path.islink(part) else "not a folder"  # noqa: PTH114
            raise UserError(
                f"results: {part} is {fault}; repair or remove it, or give another path"
            )
