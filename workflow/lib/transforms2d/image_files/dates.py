"""Dates of files, by which a workflow tells what changed since: none may lie in the future."""

import time
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from transforms2d.errors import UserError


def check_dates(paths: Iterable[Path], slack: float = 0.0) -> None:
    """Refuse files that were changed later than now: nothing made from them would look newer.

    Parameters
    ----------
    paths : iterable of Path
        Those that are not there are left alone.
    slack : float
        Seconds by which the clock of a disk may be ahead, where a run itself writes the files.

    Raises
    ------
    UserError
        With the first of them, its date and how many there are.
    """
    now = time.time() + slack
    late = [(path, at) for path in paths if (at := _changed(path)) > now]
    if late:
        path, at = late[0]
        more = f" (and {len(late) - 1} more)" if len(late) > 1 else ""
        raise UserError(
            f"{path}{more}: dated {_shown(at)}, in the future: "
            "correct the clock, or give it today's date with touch"
        )


def _shown(at: float) -> str:
    try:
        return f"{datetime.fromtimestamp(at):%Y-%m-%d %H:%M:%S}"
    except (ValueError, OverflowError, OSError):  # some disks keep dates of any year
        return "after the year 9999"


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
