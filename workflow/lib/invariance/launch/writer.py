"""One run writes to a folder of results at a time, whichever clone of the project it runs in."""

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
held = []  # locks of this process


def take(results) -> None:
    """Be the only run that writes to a folder, until this process ends; its next run has it still.

    The system frees the lock of a process that dies. Where it knows no locks, a line of the log
    says so. A folder that nothing can be written to is left to the jobs, which say why.

    Parameters
    ----------
    results : path
        Made if it is not there. A link is the folder that it leads to.

    Raises
    ------
    UserError
        If another run has it, with its host, process, folder and start.
    """
    path = Path(results, FILE)
    made = not path.parent.exists()
    while True:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = path.open("a+", encoding="utf-8")
        except OSError:
            return
        if not file_lock.lock(file):
            if any(os.path.sameopenfile(file.fileno(), one.fileno()) for one in held):
                file.close()
                return
            said = _said(file)
            file.close()
            raise UserError(
                f"{results}: another run writes there, {said}; wait until it ends, or give this "
                "one a folder of its own with results:"
            )
        if file_lock.is_at(path, file):
            break
        file.close()
    _say(file)
    held.append(file)
    atexit.register(_free, path, file, made, os.getpid())


def _say(file) -> None:
    about = {
        "host": platform.node(),
        "process": os.getpid(),
        "folder": str(Path.cwd()),
        "since": time.strftime("%Y-%m-%d %H:%M:%S"),
    }
    with contextlib.suppress(OSError):  # a full disk: it is locked all the same
        file.truncate(0)
        file.write(json.dumps(about))
        file.flush()


def _said(file) -> str:
    try:
        file.seek(0)
        about = json.loads(file.read())
        place = f"in {about['folder']} since {about['since']}"
        return f"process {about['process']} on {about['host']}, {place}"
    except (OSError, ValueError, KeyError, TypeError):
        return "which does not say where"


def _free(path: Path, file, made: bool, owner: int) -> None:
    if os.getpid() != owner:  # a copy of the process, which ends before it
        return
    with contextlib.suppress(OSError):
        path.unlink()
        if made:
            path.parent.rmdir()  # unless something was made
    file.close()
