"""Daemons in the foreground of a session of their own: started, waited for, stopped by number."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path


class Unavailable(RuntimeError):
    """Why there can be no test cluster here."""


def require(names) -> None:
    """Raise ``Unavailable`` if one of these programs is not installed."""
    missing = [name for name in names if shutil.which(name) is None]
    if missing:
        raise Unavailable(
            f"{missing[0]} is not installed; as root, `make test-slurm INSTALL=1` installs it"
        )


def spawn(folder: Path, *command: str) -> None:
    """Start a daemon that logs to ``folder``, where its number is kept for ``terminate``."""
    with (folder / f"{command[0]}.out").open("wb") as out:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
        )
    (folder / f"{command[0]}.started").write_text(str(process.pid))


def terminate(folder: Path, name: str) -> None:
    """Stop a daemon that ``spawn`` started, if it did."""
    file = folder / f"{name}.started"
    if not file.exists():
        return
    pid = int(file.read_text())
    with contextlib.suppress(ProcessLookupError):
        for number in (signal.SIGTERM, signal.SIGKILL):
            os.kill(pid, number)
            if until(lambda: not _alive(pid), 30):
                break
    file.unlink()


def answer(*command: str) -> str:
    return subprocess.run(command, check=False, capture_output=True, text=True).stdout.strip()


def until(test, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if test():
            return True
        time.sleep(0.2)
    return False


def wait_for(test, folder: Path, name: str) -> None:
    """Return when ``test`` is true; raise ``Unavailable`` with the daemon's last words if never."""
    if not until(test, 120):
        tail = (folder / f"{name}.out").read_text(errors="replace").splitlines()[-3:]
        raise Unavailable(f"{name} did not come up: {' / '.join(tail)}")


def _alive(pid: int) -> bool:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)  # where it is our own child
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
