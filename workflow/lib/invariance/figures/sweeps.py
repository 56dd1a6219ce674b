"""Transfer accuracy against the correlation of objects with classes and their availability."""

import pandas as pd

from invariance.figures import style
from invariance.records.accuracy import QUANTITIES
from invariance.records.tidy_checks import check_tidy
from invariance.studies import labels as words
from invariance.studies.irrelevant_features import CLASSES, SWEEPS, Study
from transforms2d.errors import UserError

DOMAIN = "cifar10_corner"
TARGETS = {"target/CO_C": "cifar_labels", "target/CO_O": "object_labels"}


def table(results: pd.DataFrame, study: Study, name: str) -> pd.DataFrame:
    """The rows of a study's tidy table in figure 14: one per (panel, value, seed, labels).

    Returns
    -------
    DataFrame with columns factor (``correlation`` or ``availability``), value in 0..1, labels
    (``cifar_labels`` or ``object_labels``), seed and accuracy in 0..1. Models pretrained on images
    that all have an uncorrelated object are in both panels.
    """
    check_tidy(results, name)
    quantity = QUANTITIES[study.switches["accuracy"]]
    rows = results[(results.domain == DOMAIN) & (results.method == "linear_probe")]
    rows = rows[(rows.quantity == quantity) & rows.target.isin(TARGETS)]
    parts = []
    for factor in SWEEPS:
        data = study.sweep(factor, DOMAIN)
        part = rows[rows.data.isin(data.values())]
        parts.append(part.assign(factor=factor, accuracy=part.value, value=part[factor]))
    rows = pd.concat(parts)
    if rows.empty:
        raise UserError(f"{name}: no results of linear_probe in domain {DOMAIN}")
    rows["labels"] = rows.target.map(TARGETS)
    return rows[["factor", "value", "labels", "seed", "accuracy"]].reset_index(drop=True)


def draw(table: pd.DataFrame, study: Study, name: str, published: pd.DataFrame):
    """Draw one panel per factor: accuracy on labels of the images and on labels of the objects.

    Lines are means over seeds, with ``style.line``'s intervals. No value of this figure is
    published.

    Returns
    -------
    matplotlib.figure.Figure
    """
    plt = style.pyplot()
    size = (style.PAGE_INCHES * 0.8, 2.4)
    figure, axes = plt.subplots(1, len(SWEEPS), figsize=size, sharey=True, layout="constrained")
    for factor, axis in zip(SWEEPS, axes, strict=True):
        panel = table[table.factor == factor]
        for labels in TARGETS.values():
            part = panel[panel.labels == labels]
            look = style.OF_TWO[labels]
            style.line(part, "value", "accuracy", style.COLOURS[labels], axis, **look)
        style.chance(axis, 1 / CLASSES)
        axis.set(xlabel=words.LABELS[factor], ylabel=words.ACCURACY["linear_probe"])
        axis.set(xlim=(-0.03, 1.03))
        axis.set(ylim=(0, 1.02), xticks=[0, 0.2, 0.4, 0.6, 0.8, 1])
    handles = [
        style.handle(words.SERIES[name], style.COLOURS[name], **style.OF_TWO[name])
        for name in TARGETS.values()
    ]
    style.legend_above(figure, [*handles, style.chance_handle()], 3)
    return figure
