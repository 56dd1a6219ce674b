"""One look for all figures: colour-blind safe, readable in a column, the same bytes each time."""

import re
from pathlib import Path

from invariance.figures import plotting
from transforms2d.io import atomic_path

SAME, DIFFERENT = "#0072B2", "#D55E00"  # Okabe and Ito's blue and vermilion
COLOURS = {
    "difference": "#999999",
    "same": SAME,
    "different": DIFFERENT,
    "cifar_labels": "#009E73",  # their bluish green
    "object_labels": "#CC79A7",  # and reddish purple
}
SERIES = {
    "same": "same transformations",
    "different": "different transformations",
    "cifar_labels": "labels of the CIFAR-10 images",
    "object_labels": "labels of the objects",
}
LABELS = {
    "t2d": "Transforms-2D",
    "cifar10": "CIFAR-10",
    "cifar100": "CIFAR-100",
    "class_relationship": "Class relationship",
    "architecture": "Architecture",
    "pretraining_samples": "Pretraining samples",
    "target_samples": "Target samples",
    "correlation": "Correlation of object and class",
    "availability": "Availability of objects",
    "resnet-18": "ResNet-18",
    "resnet-50": "ResNet-50",
    "densenet-121": "DenseNet-121",
    "vgg-11": "VGG-11",
    "vit": "ViT",
}
# The ``quantity`` of the tidy table to show, by the protocol's choice of accuracy.
ACCURACY = {"test": "test_accuracy", "pooled_macro": "pooled_macro_accuracy"}
COLUMN_INCHES, PAGE_INCHES = 3.3, 6.9
TICK_INCHES = 0.058  # of a character of a tick label
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


def line(part, x: str, y: str, colour, axis) -> None:
    """Draw the mean of ``part[y]`` over seeds against ``part[x]``, with its 95 % bootstrap band."""
    import seaborn

    seaborn.lineplot(
        part,
        x=x,
        y=y,
        color=colour,
        errorbar=("ci", 95),
        err_kws={"alpha": 0.18, "linewidth": 0},
        seed=0,
        n_boot=2000,
        marker="o",
        markersize=4,
        markeredgewidth=0,
        ax=axis,
    )


def published(x, y, colour, axis) -> None:
    """Faint diamonds at published values; above bars and below lines."""
    axis.scatter(x, y, marker="D", s=18, facecolors="none", edgecolors=[colour], **_FAINT)


def handle(label: str, colour):
    """The legend's entry of a ``line``."""
    from matplotlib.lines import Line2D

    return Line2D([], [], color=colour, marker="o", markersize=4, markeredgewidth=0, label=label)


def published_handle():
    """The legend's entry of ``published``, whatever its colours."""
    from matplotlib.lines import Line2D

    look = {"marker": "D", "markersize": 4, "markerfacecolor": "none", "linestyle": "none"}
    return Line2D([], [], markeredgecolor="#777777", markeredgewidth=0.8, label="published", **look)


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


def value(value: str | float) -> str:
    """A factor's value as a tick label: 1000 images are 1k, a share of 0.1 is 10 (per cent)."""
    if isinstance(value, int):
        return f"{value / 1000:g}k" if value >= 1000 else str(value)
    return f"{100 * value:g}" if isinstance(value, float) else LABELS.get(value, value)
