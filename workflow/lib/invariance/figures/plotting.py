"""Matplotlib with its defaults, independent of the user's settings, folders and fonts."""

import os
import sys
import tempfile
from contextlib import chdir


def pyplot():
    """``matplotlib.pyplot`` with its own defaults and fonts, and a backend without a screen.

    So a figure has the same bytes for every user. If matplotlib is already loaded, its settings are
    reset to these defaults.
    """
    # Only its own fonts, and no date in a file (an invalid date would be an error).
    os.environ |= {"MPLBACKEND": "agg", "MPL_IGNORE_SYSTEM_FONTS": "1"}
    os.environ.pop("SOURCE_DATE_EPOCH", None)
    if "matplotlib" not in sys.modules:
        _load()
    import matplotlib
    import matplotlib.pyplot as plt

    matplotlib.rcdefaults()
    matplotlib.use("agg")
    return plt


def _load() -> None:
    """Load matplotlib without the settings and styles of the user."""
    before = {name: os.environ.pop(name, None) for name in ("MPLCONFIGDIR", "MATPLOTLIBRC")}
    with tempfile.TemporaryDirectory(prefix="matplotlib-") as folder:
        os.environ["MPLCONFIGDIR"] = folder
        # Matplotlib looks for settings in the working folder first.
        with chdir(folder):
            import matplotlib.font_manager
            import matplotlib.pyplot  # noqa: F401 the styles are read with it
    del os.environ["MPLCONFIGDIR"]
    os.environ.update({name: value for name, value in before.items() if value is not None})
