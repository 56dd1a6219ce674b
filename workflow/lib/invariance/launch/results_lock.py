"""A lock of a folder of results: only one run at a time writes there, from any clone."""

import atexit
import contextlib
import json
import os
import platform
import time
from pathlib import Path

from invariance.jobs import file_lock
from transforms2d.errors import UserError

FILE = ".lock"
open_locks = []  # of this process


def take(results) -> None:
    """Lock a folder for this run until the process ends; a later run of this process keeps it.

    The system frees the lock of a process that dies. If the file system has no locks, the log says
    so. If nothing can be written to the folder, there is no lock: the jobs report the reason.

    Parameters
    ----------
    results : path
        Created if it does not exist. A link means the folder that it points to.

    Raises
    ------
    UserError
        If another run holds the lock, with its host, process, folder and start time.
    """
    path = Path(results, FILE)
    is_new = not path.parent.exists()
    while True:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = path.open("a+", encoding="utf-8")
        except OSError:
            return
        if not file_lock.lock(file):
            if any(os.path.sameopenfile(file.fileno(), lock.fileno()) for lock in open_locks):
                file.close()
                return
            owner = _read_owner(file)
            file.close()
            raise UserError(
                f"{results}: another run writes there, {owner}; wait until it ends, or set "
                "results: to another folder for this run"
            )
        if file_lock.is_at(path, file):
            break
        file.close()
    _write_owner(file)
    open_locks.append(file)
    atexit.register(_free, path, file, is_new, os.getpid())


def _write_owner(file) -> None:
    owner = {
        "host": platform.node(),
        "process": os.getpid(),
        "folder": str(Path.cwd()),
        "since": time.strftime("%Y-%m-%d %H:%M:%S"),
    }
    with contextlib.suppress(OSError):  # on a full disk the file is locked all the same
        file.truncate(0)
        file.write(json.dumps(owner))
        file.flush()


def _read_owner(file) -> str:
    try:
        file.seek(0)
        owner = json.loads(file.read())
        place = f"in {owner['folder']} since {owner['since']}"
        return f"process {owner['process']} on {owner['host']}, {place}"
    except (OSError, ValueError, KeyError, TypeError):
        return "which does not say where"


def _free(path: Path, file, is_new: bool, owner: int) -> None:
    if os.getpid() != owner:  # a forked copy, which ends before this process
        return
    with contextlib.suppress(OSError):
        path.unlink()
        if is_new:
            path.parent.rmdir()  # fails if the folder is not empty
    file.close()
