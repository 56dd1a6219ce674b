"""Checks of the paths of the project and of Python: some characters break shells and patterns.

Snakemake starts a job by a shell command in which the path of Python is not quoted. Python splits
``PYTHONPATH`` at colons. Snakemake and Slurm interpret ``{...}``, ``<...>`` and ``%u`` in paths.
``python -m invariance.launch.project_path`` checks the current folder before anything is installed,
so this module imports only the standard library.
"""

import os
import sys
from collections.abc import Iterable
from pathlib import Path

from transforms2d.errors import UserError

# ASCII characters without a special meaning in shells, patterns and lists of paths.
PLAIN = frozenset("-_./+,@=^")
ALLOWED = "letters, digits and - _ . + , @ = ^"


def check_place(root, python: str | None = None) -> None:
    """Refuse a path of the project, or of Python, from which jobs could not start.

    Parameters
    ----------
    root : path
        The repository's root.
    python : path, optional
        The interpreter that runs the jobs.

    Raises
    ------
    UserError
        One line: the path, its harmful character, what to do.
    """
    remedy = f"move or rename the folder: the project's path may contain only {ALLOWED}"
    _check(str(root), remedy)
    if python:
        remedy = f"this is the path of Python; use a Python whose path contains only {ALLOWED}"
        _check(python, remedy)


def check_root(root) -> None:
    """Refuse to run in a folder other than the repository's root.

    Raises
    ------
    UserError
        One line: the current folder, and the right one.
    """
    here = Path.cwd()
    if not here.samefile(root):
        raise UserError(
            f"{here}: not the project's folder; run this in the repository's root: cd {root} "
            "(the key results: chooses the folder of the results)"
        )


def extended(paths: str | None, first: str) -> str:
    """A list of paths, in the format of ``PYTHONPATH``, with ``first`` before the other paths."""
    others: Iterable[str] = (paths or "").split(os.pathsep) if paths else ()
    return os.pathsep.join([first, *(path for path in others if path != first)])


def _check(path: str, remedy: str) -> None:
    harmful = [character for character in path if not _is_plain(character)]
    if harmful:
        # Escape a path that cannot be printed.
        printed = path if path.isprintable() else ascii(path)
        raise UserError(f"{printed}: {_words(harmful[0])} in this path; {remedy}")


def _is_plain(character: str) -> bool:
    if character.isascii():
        return character.isalnum() or character in PLAIN
    return character.isprintable()


def _words(character: str) -> str:
    return "a space" if character == " " else f"the character {character!r}"


if __name__ == "__main__":
    try:
        check_place(Path.cwd())
    except UserError as error:
        sys.exit(f"error: {error}")
