"""Locks of files that the system frees when a process dies."""

import fcntl
import logging
import os
from pathlib import Path

log = logging.getLogger(__name__)


def lock(file) -> bool:
    """Lock an open file for this process; False if another process has it.

    Where the file system has no locks, a line of the log says so and the answer is True.
    """
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        log.warning(
            "%s: cannot be locked (%s); see to it that no other run writes there",
            *(file.name, error.strerror),
        )
    return True


def is_at(path: Path, file) -> bool:
    """Whether an open file still has this path: who held the lock before may have removed it."""
    return path.exists() and os.path.samestat(path.stat(), os.fstat(file.fileno()))
