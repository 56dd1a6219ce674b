"""Errors for a name or file that no rule makes: one line, with similar names first."""

import difflib
import re
from collections.abc import Collection, Iterable
from pathlib import PurePosixPath

from transforms2d.errors import UserError

KINDS = {"f": "fig", "t": "tab"}
NUMBERED = r"(f|figs?|figures?|t|tabs?|tables?)0*(\d+)"
SUFFIXES = r"\.(png|pdf|csv|html|md|tex)$"


def unknown_name(name: str, valid: Iterable[str], known: Collection[str] = ()) -> UserError:
    """The error for an invalid name: similar names, then all valid names.

    Parameters
    ----------
    name : str
        The name on the command line; ``table1``, ``Figure 2`` and ``fig02.png`` mean ``tab1``,
        ``fig2``.
    valid : iterable of str
    known : collection of str
        Names of figures, tables and studies that other configurations make.
    """
    valid, plain = list(valid), _plain(name)
    candidates = list(dict.fromkeys([*valid, *known]))
    similar = [other for other in candidates if _plain(other) == plain]
    if not similar and not re.fullmatch(r"(fig|tab)\d+", plain):
        # A missing number is not a misspelling of another number.
        similar = difflib.get_close_matches(name.lower(), candidates, n=3)
    available = [other for other in similar if other in valid]
    fault = "unknown name; "
    if available and available[0] == similar[0]:
        fault += f"did you mean {_or(available)}? "
    elif similar:
        subject = "" if similar[0] == name else f"{similar[0]} is "
        fault = f"{subject}not made from this configuration, which leaves out its content; "
    first = available or [other for other in valid if other[:3] == plain[:3]]
    names = ", ".join(dict.fromkeys([*first, *valid]))
    return UserError(f"{name or repr(name)}: {fault}valid here: {names}")


def unknown_path(path: str, files: Collection[str], results: str) -> UserError:
    """The error for a file that no rule makes: similar paths, and the list of all files.

    Parameters
    ----------
    path : str
        The path on the command line.
    files : collection of str
        Files that can be requested, relative to the repository's root.
    results : str
        The folder of this configuration's results.
    """
    request = PurePosixPath(path)
    same = [file for file in files if _plain(PurePosixPath(file).name) == _plain(request.name)]
    near = [file for file in same if PurePosixPath(file).suffix == request.suffix.lower()] or same
    near = near or difflib.get_close_matches(path, files, n=3, cutoff=0.8)
    hints = [f"did you mean {_or(near[:3])}?"] if near else []
    if not request.is_relative_to(results):
        hints.append(f"this run's results are in {results} (others need their --configfile);")
    hints.append("results/README.md lists all files")
    return UserError(f"{path}: no rule makes this file; {' '.join(hints)}")


def many_files(name: str, results: str) -> UserError:
    """The error for the name of a rule that makes many files."""
    return UserError(
        f"{name}: makes many files; request one of them by its path below {results}, or a figure, "
        "a table or a study"
    )


def _plain(name: str) -> str:
    """A name in its standard spelling: ``Figure 2.png`` becomes ``fig2``."""
    text = re.sub(r"[^a-z0-9]+", "", re.sub(SUFFIXES, "", name.lower()))
    match = re.fullmatch(NUMBERED, text)
    return f"{KINDS[match[1][0]]}{match[2]}" if match else text


def _or(names: list[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} or {last}" if most else last
