"""Which files a revision of a data set has: kept beside them, so that a part is no whole.

A cache holds what was downloaded until now. Without a network, nothing else in it says how much
that should be.
"""

import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from transforms2d.base_images.index import check_relative
from transforms2d.errors import UserError
from transforms2d.io import read_json, write_json

COMMIT = re.compile(r"[0-9a-f]{40}")
NUMBERED = re.compile(r"(.*)-(\d{5})-of-(\d{5})(\.\w+)")  # parts of a table


def keep(repository: Path, commit: str, files: Iterable[str]) -> None:
    """Note the files of a revision in the cache's folder of its repository, before they come.

    A cache that cannot be written is left without.
    """
    if COMMIT.fullmatch(commit or ""):
        with suppress(OSError):
            write_json(_place(repository, commit), sorted(files))


def is_known(root: Path) -> bool:
    """Whether the files of a snapshot are noted."""
    return _place(root.parent.parent, root.name).is_file()


def missing(root: Path) -> str | None:
    """What a snapshot lacks, in words; None where nothing is seen to be missing.

    Where its files are not noted, downloads that were broken off are seen, and tables of which a
    part is missing.
    """
    if is_known(root):
        try:
            files = [check_relative(file, str(root)) for file in _noted(root)]
        except UserError:
            return "the note of its files is damaged"
        absent = [file for file in files if not (root / file).is_file()]
        return f"{len(absent)} of {len(files)} files, {absent[0]} among them" if absent else None
    if any(root.parent.parent.glob("blobs/*.incomplete")):
        return "the rest of a file whose download was broken off"
    names = {path.relative_to(root).as_posix() for path in root.rglob("*")}
    for match in filter(None, map(NUMBERED.fullmatch, sorted(names))):
        start, _, count, end = match.groups()
        for number in range(min(int(count), len(names) + 1)):
            if f"{start}-{number:05d}-of-{count}{end}" not in names:
                return f"part {number} of {count} of {start}"
    return None


def _noted(root: Path) -> list[str]:
    files = read_json(_place(root.parent.parent, root.name))
    if not isinstance(files, list) or not all(isinstance(file, str) for file in files):
        raise UserError(f"{root}: the note of its files is damaged; fetch it again")
    return files


def _place(repository: Path, commit: str) -> Path:
    return repository / "whole" / f"{commit}.json"
