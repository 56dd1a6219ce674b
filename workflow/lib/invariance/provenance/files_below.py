"""The files below a folder, including those behind links."""

import os
from collections.abc import Iterator
from pathlib import Path

from transforms2d.errors import UserError


def files_below(folder, left_out=()) -> list[str]:
    """Sorted paths of all files below a folder, relative to it, without hidden files.

    A link counts as its target: a file, or a folder with everything below it.

    Parameters
    ----------
    left_out : collection of str
        Names directly below the folder that are also left out.

    Raises
    ------
    UserError
        For an entry that cannot be listed: a broken or circular link, an unreadable folder, an
        entry that is neither a file nor a folder, a name that is not UTF-8.
    """
    return sorted(_below(Path(folder), "", (), left_out))


def _below(folder: Path, prefix: str, above: tuple, left_out=()) -> Iterator[str]:
    try:
        entries, status = sorted(folder.iterdir()), folder.stat()
    except OSError as error:
        raise UserError(f"{folder}: {error.strerror}; correct its rights or remove it") from None
    # Compare device and inode: with links, a folder has several paths.
    if (status.st_dev, status.st_ino) in above:
        raise UserError(f"{folder}: a circular link; remove it")
    for path in entries:
        if path.name.startswith(".") or path.name in left_out:
            continue
        name = prefix + path.name
        if not _is_text(path.name):
            raise UserError(f"{folder}: the name of {name!r} is not UTF-8; rename or remove it")
        if os.path.isdir(path):  # noqa: PTH112 - no error for links in a circle
            yield from _below(path, f"{name}/", (*above, (status.st_dev, status.st_ino)))
        elif os.path.isfile(path):  # noqa: PTH113
            yield name
        else:
            fault = "a broken link" if path.is_symlink() else "neither a file nor a folder"
            raise UserError(f"{path}: {fault}; it cannot be listed; repair or remove it")


def _is_text(name: str) -> bool:
    """Whether a name is UTF-8. Python stores other bytes as characters that cannot be written."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
