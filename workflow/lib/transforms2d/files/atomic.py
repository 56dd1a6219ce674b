"""Files and folders that appear whole under their name, or not at all."""

import os
import platform
import re
import secrets
import shutil
from contextlib import contextmanager, suppress
from pathlib import Path

from transforms2d.errors import UserError


@contextmanager
def atomic_path(path):
    """Give a temporary path beside ``path``; on success it is synced and renamed to ``path``.

    On any error the temporary file is removed and nothing appears under the final name. What a
    killed process of this machine left behind when it wrote the same file is removed first. The
    file is there, empty, under a name that nobody can know before: a link that somebody planted in
    a shared folder is never written to.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _temporary(path, path.suffix)
    os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    try:
        yield temporary
        with open(temporary, "rb", opener=no_link) as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _temporary(path: Path, suffix: str = "") -> Path:
    """A hidden new name beside ``path``, after what killed writers of it left there is removed."""
    stem = f".{path.name}.{platform.node()}."
    pattern = re.compile(rf"{re.escape(stem)}(\d+)\.\w+\.tmp{re.escape(suffix)}")
    for found in path.parent.iterdir():
        writer = pattern.fullmatch(found.name)
        if writer and not _alive(int(writer[1])):
            with suppress(OSError):  # somebody else's, in a folder that is shared
                real = found.is_dir() and not found.is_symlink()
                shutil.rmtree(found) if real else found.unlink()
    return path.with_name(f"{stem}{os.getpid()}.{secrets.token_hex(4)}.tmp{suffix}")


def no_link(path, flags: int) -> int:
    """The opener of files that are not to be read or written where a link leads."""
    return os.open(path, flags | os.O_NOFOLLOW, 0o666)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


@contextmanager
def atomic_folder(folder):
    """Give a temporary folder beside ``folder``; on success it takes the name ``folder``.

    On any error it is removed and nothing appears under the final name.

    Raises
    ------
    UserError
        If ``folder`` exists and is not empty.
    """
    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(f"{folder}: exists already; name a new folder or empty this one")
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = _temporary(folder)
    temporary.mkdir()
    try:
        yield temporary
        temporary.replace(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
