"""A check of the dates of files: none may be in the future, since Snakemake compares dates."""

import time
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from transforms2d.errors import UserError


def check_dates(paths: Iterable[Path], slack: float = 0.0) -> None:
    """Refuse files with dates in the future: nothing made from them would look newer.

    Parameters
    ----------
    paths : iterable of Path
        Missing files are ignored.
    slack : float
        Seconds by which the clock of a disk may be ahead, for files that a run itself writes.

    Raises
    ------
    UserError
        With the first file, its date, and the number of files.
    """
    now = time.time() + slack
    late = [(path, date) for path in paths if (date := _changed(path)) > now]
    if late:
        path, date = late[0]
        more = f" (and {len(late) - 1} more)" if len(late) > 1 else ""
        raise UserError(
            f"{path}{more}: dated {_date_text(date)}, in the future: "
            "correct the clock, or give it today's date with touch"
        )


def _date_text(date: float) -> str:
    try:
        return f"{datetime.fromtimestamp(date):%Y-%m-%d %H:%M:%S}"
    except (ValueError, OverflowError, OSError):  # some disks store dates of any year
        return "after the year 9999"


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
