"""One look for all figures: colour-blind safe, readable in a column, the same bytes each time."""

import re
from pathlib import Path

from invariance.analysis.seed_statistics import interval_of
from invariance.figures import intervals, plotting
from transforms2d.files.atomic import atomic_path

SAME, DIFFERENT = "#0072B2", "#D55E00"  # Okabe and Ito's blue and vermilion
COLOURS = {
    "difference": "#999999",
    "same": SAME,
    "different": DIFFERENT,
}
SWEEP = "#009E73"  # their bluish green
COLUMN_INCHES, PAGE_INCHES = 3.3, 6.9
TICK_INCHES = 0.058  # of a character of a tick label
MARKER = {"marker": "o", "markersize": 4, "markeredgewidth": 0}
# Of two lines the upper is thinner, so that both are seen where they coincide.
_LOWER = {"linewidth": 2.3, "markersize": 5.5}
_UPPER = {"linewidth": 1.1, "markersize": 3.5, "marker": "s"}
OF_TWO = {"same": _LOWER, "different": _UPPER}
CHANCE = {"color": "#555555", "linewidth": 1.1, "linestyle": (0, (1, 2)), "zorder": 0.9}
_BESIDE = {
    "marker": "D",
    "facecolors": "white",
    "edgecolors": "black",
    "linewidths": 0.7,
    "zorder": 3,
}
_FAINT = {"alpha": 0.6, "linewidths": 0.8, "zorder": 1.5}
FORMULA = r"[=+@\t\r]|-(?![\d.]*$)"  # how a formula begins in a spreadsheet, and no number
# Without these, files would differ in their time stamps.
METADATA = {".pdf": {"CreationDate": None}, ".png": {"Software": None}}


def pyplot():
    """Give ``matplotlib.pyplot`` with the fonts, lines and grid of every figure."""
    plt = plotting.pyplot()
    import seaborn

    seaborn.set_theme(
        style="ticks",
        context="paper",
        rc={
            "font.size": 8,
            "axes.titlesize": 9,
            "axes.labelsize": 8.5,
            "legend.fontsize": 8,
            "xtick.labelsize": 7.5,
            "ytick.labelsize": 7.5,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "axes.grid.axis": "y",
            "grid.color": "#e6e6e6",
            "grid.linewidth": 0.6,
            "lines.linewidth": 1.6,
            "pdf.fonttype": 42,
            "svg.hashsalt": "invariance",
        },
    )
    return plt


def line(part, x: str, y: str, colour, axis, **look) -> None:
    """Draw the mean of ``part[y]`` over seeds against ``part[x]``.

    Its band is the 95 % t interval over seeds, where ``intervals`` has one drawn.
    """
    import seaborn

    seaborn.lineplot(
        part,
        x=x,
        y=y,
        color=colour,
        errorbar=interval_of if intervals.drawn(part.seed.nunique()) else None,
        err_kws={"alpha": 0.18, "linewidth": 0},
        ax=axis,
        **{**MARKER, **look},
    )


def chance(axis, accuracy: float) -> None:
    """A dotted line at the accuracy of guessing."""
    axis.axhline(accuracy, **CHANCE)


def published(x, y, colour, axis) -> None:
    """Faint diamonds at published values, below lines."""
    axis.scatter(x, y, marker="D", s=18, facecolors="none", edgecolors=[colour], **_FAINT)


def published_beside(x, y, axis) -> None:
    """Small white diamonds at published values beside a bar, and a thin line through them."""
    axis.plot([x, x], [min(y), max(y)], color="black", linewidth=0.6, zorder=2)
    axis.scatter([x] * len(y), y, s=9, **_BESIDE)


def interval_beside(x, low, high, axis) -> None:
    """A thin line with ends from the lower to the upper end of an interval, beside a bar."""
    axis.vlines(x, low, high, color="black", linewidth=0.8, zorder=2)
    axis.hlines([low, high], x - 0.022, x + 0.022, color="black", linewidth=0.8, zorder=2)


def number(x, y, words: str, va: str, axis) -> None:
    """A small number beside a bar, with a white rim, so that it is legible on lines."""
    from matplotlib.patheffects import withStroke

    rim = [withStroke(linewidth=1.2, foreground="white")]
    axis.text(x, y, words, fontsize=6, ha="center", va=va, zorder=4, path_effects=rim)


def handle(label: str, colour, **look):
    """The legend's entry of a ``line``."""
    from matplotlib.lines import Line2D

    return Line2D([], [], color=colour, label=label, **{**MARKER, **look})


def chance_handle():
    """The legend's entry of ``chance``."""
    from matplotlib.lines import Line2D

    return Line2D([], [], label="chance", **CHANCE)


def published_handle(beside_bars: bool = False):
    """The legend's entry of ``published``, whatever its colours, or of ``published_beside``."""
    from matplotlib.lines import Line2D

    look = {"marker": "D", "label": "published", "linestyle": "none", "markeredgewidth": 0.8}
    look |= {"markersize": 4, "markerfacecolor": "none", "markeredgecolor": "#777777"}
    if beside_bars:
        look |= {"markersize": 3, "markerfacecolor": "white", "markeredgecolor": "black"}
        look |= {"linestyle": "-", "linewidth": 0.6, "color": "black"}
    return Line2D([], [], **look)


def legend_above(figure, handles, columns: int, title: str | None = None) -> None:
    """One legend for all panels, above them, and a title above it."""
    look = {"frameon": False, "handlelength": 1.7, "columnspacing": 1.2, "handletextpad": 0.6}
    look |= {"title": title, "title_fontsize": 9}
    figure.legend(handles=handles, loc="outside upper center", ncols=columns, **look)


def save(figure, paths, table=None) -> None:
    """Write a figure to each path, by its suffix; ``.csv`` gets the table it was drawn from."""
    import matplotlib.pyplot as plt

    for path in map(Path, paths):
        with atomic_path(path) as temporary:
            if path.suffix == ".csv":
                plain_cells(table).to_csv(temporary, index=False)
            else:
                figure.savefig(
                    temporary, dpi=200, bbox_inches="tight", metadata=METADATA[path.suffix]
                )
    plt.close(figure)


def plain_cells(table):
    """A table whose texts no spreadsheet takes for a formula: such get a ``'`` in front.

    Names of classes are anybody's; a number stays a number.
    """
    table = table.copy()
    for column in table.select_dtypes(exclude=["number", "bool"]):
        plain = table[column].map(_plain_cell)
        if (changed := plain.ne(table[column]) & table[column].notna()).any():
            table.loc[changed, column] = plain[changed]
    return table


def _plain_cell(content):
    if not isinstance(content, str):
        return content
    formula = "'" if re.match(FORMULA, content) else ""
    return formula + content.replace("\r", " ")  # which would end the row
