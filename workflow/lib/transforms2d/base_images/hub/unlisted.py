"""A search for missing parts of a snapshot whose list of files is not in the cache.

Without a list the number of files is unknown, but an interrupted download leaves traces.
"""

import re
from pathlib import Path

NUMBERED = re.compile(r"(.*)-(\d{5})-of-(\d{5})(\.\w+)")  # parts of a table


def missing_part(root: Path) -> str | None:
    """The missing part of a snapshot in words; None if none is detected.

    Interrupted downloads and missing parts of tables are detected.
    """
    if any(root.parent.parent.glob("blobs/*.incomplete")):
        return "the rest of a file whose download was interrupted"
    names = {path.relative_to(root).as_posix() for path in root.rglob("*")}
    for match in filter(None, map(NUMBERED.fullmatch, sorted(names))):
        start, _, count, end = match.groups()
        for number in range(min(int(count), len(names) + 1)):
            if f"{start}-{number:05d}-of-{count}{end}" not in names:
                return f"part {number} of {int(count)} of {start}"
    return None
