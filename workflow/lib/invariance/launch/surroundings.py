"""What Snakemake needs before it reads the Snakefile: a name, a cache to write to, a quiet end.

In a container a user may have neither of the first two. ``profiles/default/config.yaml`` calls
``settle`` and ``end_quietly``.
"""

import os
import pwd
import signal
import sys
from pathlib import Path

CACHE = ".snakemake/cache"


def end_quietly() -> None:
    """End at Ctrl-C with one line, until the workflow says better; what ignores it goes on so."""

    def now(number, frame):
        os.write(2, b"\nStopped before anything began.\n")
        sys.exit(128 + number)

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, now)


def settle() -> None:
    """Set ``LOGNAME`` for a user without a name, and ``XDG_CACHE_HOME`` where none can be used."""
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
