"""What Snakemake needs of a user before it reads the Snakefile: a name, and a cache to write to.

In a container a user may have neither. ``profiles/default/config.yaml`` calls ``settle``.
"""

import os
import pwd
from pathlib import Path

CACHE = ".snakemake/cache"


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
