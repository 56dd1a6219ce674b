"""Preparations before Snakemake reads the Snakefile: a user name, a writable cache, a quiet end.

In a container a user may have no name and no cache. ``profiles/default/config.yaml`` calls
``set_variables`` and ``end_quietly``.
"""

import os
import pwd
import signal
import sys
from pathlib import Path

CACHE = ".snakemake/cache"


def end_quietly() -> None:
    """End at Ctrl-C with one line until the workflow sets its own handler.

    A process that ignores the signal keeps ignoring it.
    """

    def handler(number, frame):
        os.write(2, b"\nStopped before the run started.\n")
        sys.exit(128 + number)

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, handler)


def set_variables() -> None:
    """Set ``LOGNAME`` for a user without a name, and ``XDG_CACHE_HOME`` without a usable cache."""
    try:
        pwd.getpwuid(os.getuid())
    except KeyError:
        os.environ.setdefault("LOGNAME", str(os.getuid()))
    cache = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"))  # noqa: PTH111
    try:
        cache.mkdir(parents=True, exist_ok=True)
        usable = os.access(cache, os.W_OK)
    except OSError:
        usable = False
    if not usable:
        os.environ["XDG_CACHE_HOME"] = str(Path(CACHE).resolve())
