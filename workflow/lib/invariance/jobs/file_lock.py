"""File locks that the system frees when a process dies."""

import fcntl
import logging
import os
from pathlib import Path

log = logging.getLogger(__name__)


def lock(file) -> bool:
    """Lock an open file for this process; False if another process holds the lock.

    If the file system has no locks, write a warning to the log and return True.
    """
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        log.warning(
            "%s: cannot be locked (%s); make sure that no other run writes there",
            *(file.name, error.strerror),
        )
    return True


def is_at(path: Path, file) -> bool:
    """Whether an open file still has this path: the last holder of the lock may have removed it."""
    return path.exists() and os.path.samestat(path.stat(), os.fstat(file.fileno()))
