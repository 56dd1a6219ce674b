"""Where the project and its Python may lie: what their paths hold reaches shells and patterns.

Snakemake starts a job by a line of shell in which the path of Python is not quoted, Python parts
``PYTHONPATH`` at colons, and Snakemake and Slurm read ``{...}``, ``<...>`` and ``%u`` in paths.
``python -m invariance.launch.project_path`` checks the current folder before anything is installed,
so this module imports only what every Python has.
"""

import os
import sys
from collections.abc import Iterable
from pathlib import Path

from transforms2d.errors import UserError

# The signs of ASCII that no shell, pattern or list of paths reads as its own.
PLAIN = frozenset("-_./+,@=^")
MAY_HOLD = "letters, digits and - _ . + , @ = ^"


def check_place(root, python: str | None = None) -> None:
    """Refuse a place of the project, or of Python, from which jobs could not be started.

    Parameters
    ----------
    root : path
        The repository's root.
    python : path, optional
        The interpreter that jobs are started with.

    Raises
    ------
    UserError
        One line: the path, the sign in it that does harm, what to do.
    """
    remedy = f"move or rename the folder: the project's path may hold only {MAY_HOLD}"
    _check(str(root), remedy)
    if python:
        remedy = f"Python lies there; use one whose path holds only {MAY_HOLD}"
        _check(python, remedy)


def check_root(root) -> None:
    """Refuse to work in another folder than the repository's root.

    Raises
    ------
    UserError
        One line: the current folder, and where to go.
    """
    here = Path.cwd()
    if not here.samefile(root):
        raise UserError(
            f"{here}: not the project's folder; run this in the repository's root: cd {root} "
            "(results go to any folder below it by the key results)"
        )


def extended(paths: str | None, first: str) -> str:
    """A list of paths, as ``PYTHONPATH`` holds it, with ``first`` put before what was there."""
    others: Iterable[str] = (paths or "").split(os.pathsep) if paths else ()
    return os.pathsep.join([first, *(path for path in others if path != first)])


def _check(path: str, remedy: str) -> None:
    bad = [sign for sign in path if not _plain(sign)]
    if bad:
        # As Python writes it where it could not be read or printed.
        shown = path if path.isprintable() else ascii(path)
        raise UserError(f"{shown}: {_named(bad[0])} in this path; {remedy}")


def _plain(sign: str) -> bool:
    if sign.isascii():
        return sign.isalnum() or sign in PLAIN
    return sign.isprintable()


def _named(sign: str) -> str:
    return "a space" if sign == " " else f"the sign {sign!r}"


if __name__ == "__main__":
    try:
        check_place(Path.cwd())
    except UserError as error:
        sys.exit(f"error: {error}")
