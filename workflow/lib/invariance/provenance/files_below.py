"""The files below a folder, those behind links as well."""

import os
from collections.abc import Iterator
from pathlib import Path

from transforms2d.errors import UserError


def files_below(folder, left_out=()) -> list[str]:
    """Paths of all files below a folder, relative to it, sorted; hidden ones are left out.

    What a link leads to counts as what it is: a file, or a folder with all that is below it.

    Parameters
    ----------
    left_out : collection of str
        Names directly below the folder that are left out too.

    Raises
    ------
    UserError
        For what cannot be listed: a link that leads nowhere or in a circle, a folder that may not
        be read, what is neither a file nor a folder, a name that is no text.
    """
    return sorted(_below(Path(folder), "", (), left_out))


def _below(folder: Path, prefix: str, above: tuple, left_out=()) -> Iterator[str]:
    try:
        found, here = sorted(folder.iterdir()), folder.stat()
    except OSError as error:
        raise UserError(f"{folder}: {error.strerror}; correct its rights or remove it") from None
    # By device and number, since a folder has many paths where there are links.
    if (here.st_dev, here.st_ino) in above:
        raise UserError(f"{folder}: leads in a circle; remove the link")
    for path in found:
        if path.name.startswith(".") or path.name in left_out:
            continue
        name = prefix + path.name
        if not _is_text(path.name):
            raise UserError(f"{folder}: the name of {name!r} is not UTF-8; rename or remove it")
        if os.path.isdir(path):  # noqa: PTH112 - no error for links in a circle
            yield from _below(path, f"{name}/", (*above, (here.st_dev, here.st_ino)))
        elif os.path.isfile(path):  # noqa: PTH113
            yield name
        else:
            what = "a link that leads nowhere" if path.is_symlink() else "no file and no folder"
            raise UserError(f"{path}: {what}, so that it cannot be listed; mend or remove it")


def _is_text(name: str) -> bool:
    """Whether a name is UTF-8: Python keeps other bytes as signs that cannot be written."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
