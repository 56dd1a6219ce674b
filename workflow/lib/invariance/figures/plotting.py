"""Matplotlib as it comes, whatever the user's settings, folders and fonts are."""

import os
import sys
import tempfile
from contextlib import chdir


def pyplot():
    """Give ``matplotlib.pyplot`` with its own defaults, a backend without screen, its own fonts.

    So a figure has the same bytes for everybody. Where matplotlib is loaded already, its settings
    are put back to these defaults.
    """
    # Its own fonts alone, and no date in a file (a wrong one would be an error).
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
    """Load matplotlib where no settings and no styles of the user are found."""
    before = {name: os.environ.pop(name, None) for name in ("MPLCONFIGDIR", "MATPLOTLIBRC")}
    with tempfile.TemporaryDirectory(prefix="matplotlib-") as folder:
        os.environ["MPLCONFIGDIR"] = folder
        # The working folder is the first place where it looks for settings.
        with chdir(folder):
            import matplotlib.font_manager
            import matplotlib.pyplot  # noqa: F401 the styles are read with it
    del os.environ["MPLCONFIGDIR"]
    os.environ.update({name: value for name, value in before.items() if value is not None})
