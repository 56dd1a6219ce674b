"""One look for all figures: colour-blind safe, readable in a column, the same bytes each time."""

from pathlib import Path

from transforms2d.io import atomic_path

SAME, DIFFERENT = "#0072B2", "#D55E00"  # Okabe and Ito's blue and vermilion
COLOURS = {"same": SAME, "different": DIFFERENT}
SERIES = {"same": "same transformations", "different": "different transformations"}
LABELS = {
    "t2d": "Transforms-2D",
    "cifar10": "CIFAR-10",
    "cifar100": "CIFAR-100",
    "class_relationship": "Class relationship",
    "architecture": "Architecture",
    "pretraining_samples": "Pretraining samples",
    "resnet-18": "ResNet-18",
    "resnet-50": "ResNet-50",
    "densenet-121": "DenseNet-121",
    "vgg-11": "VGG-11",
    "vit": "ViT",
}
COLUMN_INCHES, PAGE_INCHES = 3.3, 6.9
# Without these, files would differ in their time stamps.
METADATA = {".pdf": {"CreationDate": None}, ".png": {"Software": None}}


def set_style() -> None:
    """Fonts, lines and grid of every figure; a backend that needs no screen."""
    import matplotlib
    import seaborn

    matplotlib.use("agg")
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


def save(figure, paths, table=None) -> None:
    """Write a figure to each path, by its suffix; ``.csv`` gets the table it was drawn from."""
    import matplotlib.pyplot as plt

    for path in map(Path, paths):
        with atomic_path(path) as temporary:
            if path.suffix == ".csv":
                table.to_csv(temporary, index=False)
            else:
                figure.savefig(
                    temporary, dpi=200, bbox_inches="tight", metadata=METADATA[path.suffix]
                )
    plt.close(figure)


def thousands(number: int) -> str:
    """A number of samples as a tick label: 1000 is 1k."""
    return f"{number / 1000:g}k" if number >= 1000 else str(number)
