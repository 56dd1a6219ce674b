"""Files and folders that appear under their name whole, or not at all."""

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
    """Yield a temporary path beside ``path``; on success it is synced and renamed to ``path``.

    On an error the temporary file is removed, and nothing appears under the final name. Temporary
    files of killed processes of this machine for the same path are removed first. The temporary
    file exists already, empty, under an unpredictable name: so nothing is written through a link
    that somebody planted in a shared folder.
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
    """A new hidden name beside ``path``; files of killed writers are removed first."""
    stem = f".{path.name}.{platform.node()}."
    pattern = re.compile(rf"{re.escape(stem)}(\d+)\.\w+\.tmp{re.escape(suffix)}")
    for entry in path.parent.iterdir():
        match = pattern.fullmatch(entry.name)
        if match and not _is_alive(int(match[1])):
            with suppress(OSError):  # another user's file in a shared folder
                is_folder = entry.is_dir() and not entry.is_symlink()
                shutil.rmtree(entry) if is_folder else entry.unlink()
    return path.with_name(f"{stem}{os.getpid()}.{secrets.token_hex(4)}.tmp{suffix}")


def no_link(path, flags: int) -> int:
    """An opener for ``open`` that refuses links."""
    return os.open(path, flags | os.O_NOFOLLOW, 0o666)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


@contextmanager
def atomic_folder(folder):
    """Yield a temporary folder beside ``folder``; on success it is renamed to ``folder``.

    On an error it is removed, and nothing appears under the final name.

    Raises
    ------
    UserError
        If ``folder`` exists and is not empty.
    """
    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(f"{folder}: exists already; give a new folder or empty this one")
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = _temporary(folder)
    temporary.mkdir()
    try:
        yield temporary
        temporary.replace(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
