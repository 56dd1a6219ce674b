"""Which folders may hold results: any that Snakemake can name, but for those of the project."""

import os
import re
import unicodedata
from pathlib import Path

from transforms2d.errors import UserError

# Of the repository: results must not overwrite any of it. Hidden folders are its own as well.
OWN = ("benchmarks", "config", "docs", "envs", "profiles", "slurm", "tests", "workflow")
# Letters of any language and digits (\w), and signs that neither Snakemake nor a shell reads.
PART = re.compile(r"[\w+=@,.~()-]+( +[\w+=@,.~()-]+)*")


def check_results(results: str, repository) -> None:
    """Refuse a folder of results whose path is not plain, or that is the project's own.

    Parameters
    ----------
    results : str
        Absolute, or relative to the folder that the workflow runs in.
    repository : path
        The repository's root.

    Raises
    ------
    UserError
        One line: what is wrong with ``results``, and what to write.
    """
    for part in filter(None, results.split("/")):
        # Composed: a letter with its accent apart is a letter, too.
        if not PART.fullmatch(unicodedata.normalize("NFC", part)):
            raise UserError(
                f"results: {part!r} in {results!r}: a folder here is called by letters, digits, "
                "inner spaces and + = @ , . ~ ( ) _ -; rename it, or make a link to it: "
                "ln -s THAT_FOLDER results/mine, and results: results/mine"
            )
    if results.startswith("~"):
        raise UserError(f"results: {results!r}: ~ is not read here; write the whole path")
    plain = re.sub("^//", "/", os.path.normpath(results))
    if plain != results:
        raise UserError(f"results: {results!r}: write it as {plain}")
    _check_place(results, Path(repository).resolve())


def public_name(results: str) -> str:
    """The folder as pages name it: of an absolute path the last part, none of the machine's."""
    return Path(results).name if results.startswith("/") else results


def _check_place(results: str, repository: Path) -> None:
    """Refuse the project, what it lies in, its own folders, somebody else's, and what is none."""
    # os.path: names that are too long, links in a circle and closed folders are no errors here.
    folder = Path(os.path.realpath(results))
    if repository.is_relative_to(folder):
        raise UserError(f"results: {results!r} holds the project itself; give a folder of its own")
    if folder.is_relative_to(repository):
        first = folder.relative_to(repository).parts[0]
        if first in OWN or first.startswith("."):
            raise UserError(
                f"results: {results!r} lies in a folder of the project, {first}; give another one"
            )
    beside = folder / "config.yaml"
    if os.path.isfile(beside) and b"\nstudies:" not in beside.read_bytes():  # noqa: PTH113
        raise UserError(
            f"results: {beside} is none of this workflow's, which would write over it; "
            "give another folder"
        )
    given = Path(results)
    for place in (given, *given.parents):
        if os.path.isdir(place):  # noqa: PTH112
            return
        if os.path.lexists(place):
            what = "a link to what is not there" if os.path.islink(place) else "no folder"  # noqa: PTH114
            raise UserError(f"results: {place} is {what}; mend or remove it, or give another path")
