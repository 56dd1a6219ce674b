"""What a snapshot seems to lack whose list of files is not in the cache.

A cache holds what was downloaded until now. Without a list nothing says how much that should be,
but a download that was broken off leaves signs.
"""

import re
from pathlib import Path

NUMBERED = re.compile(r"(.*)-(\d{5})-of-(\d{5})(\.\w+)")  # parts of a table


def missing(root: Path) -> str | None:
    """What a snapshot lacks, in words; None where nothing is seen to be missing.

    Seen are downloads that were broken off, and tables of which a part is missing.
    """
    if any(root.parent.parent.glob("blobs/*.incomplete")):
        return "the rest of a file whose download was broken off"
    names = {path.relative_to(root).as_posix() for path in root.rglob("*")}
    for match in filter(None, map(NUMBERED.fullmatch, sorted(names))):
        start, _, count, end = match.groups()
        for number in range(min(int(count), len(names) + 1)):
            if f"{start}-{number:05d}-of-{count}{end}" not in names:
                return f"part {number} of {int(count)} of {start}"
    return None
