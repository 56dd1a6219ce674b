"""What is said of a name or a file that nothing makes: one line, what is near before all else."""

import difflib
import re
from collections.abc import Collection, Iterable
from pathlib import PurePosixPath

from transforms2d.errors import UserError

KINDS = {"f": "fig", "t": "tab"}
NUMBERED = r"(f|figs?|figures?|t|tabs?|tables?)0*(\d+)"
SUFFIXES = r"\.(png|pdf|csv|html|md|tex)$"


def unknown_name(name: str, valid: Iterable[str], known: Collection[str] = ()) -> UserError:
    """The error for a name that is not valid: what was meant perhaps, then all valid names.

    Parameters
    ----------
    name : str
        As a person typed it; ``table1``, ``Figure 2`` and ``fig02.png`` mean ``tab1``, ``fig2``.
    valid : iterable of str
    known : collection of str
        Names of figures, tables and studies that other configurations make.
    """
    valid, plain = list(valid), _plain(name)
    every = list(dict.fromkeys([*valid, *known]))
    meant = [one for one in every if _plain(one) == plain]
    if not meant and not re.fullmatch(r"(fig|tab)\d+", plain):
        # Of a number that there is not, no other number is the one that was meant.
        meant = difflib.get_close_matches(name.lower(), every, n=3)
    here = [one for one in meant if one in valid]
    said = "unknown name; "
    if here and here[0] == meant[0]:
        said += f"did you mean {_or(here)}? "
    elif meant:
        what = "" if meant[0] == name else f"{meant[0]} is "
        said = f"{what}not made from this configuration, which leaves out what it shows; "
    near = here or [one for one in valid if one[:3] == plain[:3]]
    listed = ", ".join(dict.fromkeys([*near, *valid]))
    return UserError(f"{name or repr(name)}: {said}valid here: {listed}")


def unknown_path(path: str, files: Collection[str], results: str) -> UserError:
    """The error for a file that no rule makes: where it is perhaps, and where one reads on.

    Parameters
    ----------
    path : str
        As a person typed it.
    files : collection of str
        Files that can be asked for, from the repository's root.
    results : str
        The folder of this configuration's results.
    """
    asked = PurePosixPath(path)
    same = [file for file in files if _plain(PurePosixPath(file).name) == _plain(asked.name)]
    near = [file for file in same if PurePosixPath(file).suffix == asked.suffix.lower()] or same
    near = near or difflib.get_close_matches(path, files, n=3, cutoff=0.8)
    said = [f"did you mean {_or(near[:3])}?"] if near else []
    if not asked.is_relative_to(results):
        said.append(f"this run's results lie below {results} (others need their --configfile);")
    said.append("results/README.md says what there is")
    return UserError(f"{path}: nothing makes this file; {' '.join(said)}")


def many_files(name: str, results: str) -> UserError:
    """The error for a stage that was asked for as if it were one file."""
    return UserError(
        f"{name}: makes many files; ask for one of them by its path below {results}, for a figure, "
        "a table or a study"
    )


def _plain(name: str) -> str:
    """A name without what people write differently: ``Figure 2.png`` and ``fig2`` are one."""
    text = re.sub(r"[^a-z0-9]+", "", re.sub(SUFFIXES, "", name.lower()))
    found = re.fullmatch(NUMBERED, text)
    return f"{KINDS[found[1][0]]}{found[2]}" if found else text


def _of_kind(plain: str, valid: list[str]) -> list[str]:
    return [one for one in valid if one[:3] == plain[:3]]


def _or(names: list[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} or {last}" if most else last
