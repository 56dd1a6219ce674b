"""Whether the Hub's cache holds all of a data set, where no network can say how much that is.

The Hub's client keeps the listing of what it downloads, and refuses a part of it. What came into
the cache in another way has no listing.
"""

import re
from pathlib import Path

NUMBERED = re.compile(r"(.*)-(\d{5})-of-(\d{5})(\.\w+)")  # parts of a table


def is_listed(repository: str, root: Path) -> bool:
    """Whether the cache has the listing of a data set's snapshot, so that the client checked it."""
    from huggingface_hub import errors, get_cached_repo_tree

    cache = root.parents[2]
    try:
        get_cached_repo_tree(repository, repo_type="dataset", revision=root.name, cache_dir=cache)
    except errors.CachedRepoTreeNotFoundError:
        return False
    return True


def missing(root: Path) -> str | None:
    """What a snapshot without a listing is seen to lack, in words, if anything.

    Seen are downloads that were broken off, and tables of which a part is not there.
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
