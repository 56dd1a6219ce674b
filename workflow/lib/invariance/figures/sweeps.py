"""Accuracy and sensitivity against the correlation of objects with classes and their availability
(figure 14)."""

import pandas as pd

from invariance.analysis.seed_statistics import interval_of
from invariance.figures import intervals, style
from invariance.records.accuracy import QUANTITIES
from invariance.records.tidy_checks import check_tidy
from invariance.studies import labels as words
from invariance.studies.irrelevant_features import CLASSES, SWEEPS, Study
from transforms2d.errors import UserError

DOMAIN = "cifar10_corner"
# A feature: the part of an image that a probe classifies, and that differs between twins.
FEATURES = {"image": ("target/CO_C", "background"), "object": ("target/CO_O", "object")}
# The panels of a feature's row.
PANELS = (("accuracy", "correlation"), ("accuracy", "availability"), ("sensitivity", "correlation"))
REFERENCE = "reference"
# Models with fixed data: their colours are Okabe and Ito's, and the dashes of each fill gaps of the
# others, and all are on top of the swept line, so that all are visible where they coincide.
REFERENCES = {
    "C_C": {"color": "#000000", "dashes": (0, (3, 6))},
    "CO_O": {"color": "#E69F00", "dashes": (3, (3, 6))},
    "O_O": {"color": "#56B4E9", "dashes": (6, (3, 6))},
}
SWEPT = {"linewidth": 2.3, "markersize": 5}
COLUMNS = ["factor", "value", "data", "feature", "quantity", "seed", "score"]


def table(results: pd.DataFrame, study: Study, name: str) -> pd.DataFrame:
    """The rows of a study's tidy table in figure 14: one per model in a panel, feature and seed.

    Returns
    -------
    DataFrame with columns factor (``correlation``, ``availability``, or ``reference`` for models
    with fixed data), value (0..1, empty for reference models), data (of pretraining), feature
    (``image`` or ``object``), quantity (``accuracy`` or ``sensitivity``), seed and score: the
    accuracy in 0..1 of a probe for the feature's labels, or the sensitivity (L2, equation 1) to a
    change of the feature. Models pretrained on images that all have an uncorrelated object are in
    both sweeps.
    """
    check_tidy(results, name)
    scores = _scores(results[results.domain == DOMAIN], QUANTITIES[study.switches["accuracy"]])
    for method, quantity in (("linear_probe", "accuracy"), ("sensitivity", "sensitivity")):
        if not (scores.quantity == quantity).any():
            raise UserError(f"{name}: no results of {method} in domain {DOMAIN}")
    parts = []
    for factor in SWEEPS:
        part = scores[scores.data.isin(study.sweep(factor, DOMAIN).values())]
        parts.append(part.assign(factor=factor, value=part[factor]))
    references = scores[scores.data.isin(REFERENCES)]
    parts.append(references.assign(factor=REFERENCE, value=float("nan")))
    return pd.concat(parts)[COLUMNS].reset_index(drop=True)


def _scores(rows: pd.DataFrame, accuracy: str) -> pd.DataFrame:
    """Accuracies and sensitivities of all models, with the columns feature, quantity and score."""
    feature_of = {key: feature for feature, keys in FEATURES.items() for key in keys}
    probed = rows[(rows.method == "linear_probe") & (rows.quantity == accuracy)]
    probed = probed.assign(feature=probed.target.map(feature_of), quantity="accuracy")
    scored = rows[(rows.method == "sensitivity") & (rows.quantity == "l2")]
    scored = scored.assign(feature=scored.change.map(feature_of), quantity="sensitivity")
    both = pd.concat([probed, scored])
    return both[both.feature.notna()].assign(score=lambda rows: rows.value)


def draw(table: pd.DataFrame, study: Study, name: str, published: pd.DataFrame):
    """Draw a row of panels per feature: accuracy over both factors, sensitivity over correlation.

    Lines are means over seeds, with ``style.line``'s intervals. No value of this figure is
    published.

    Returns
    -------
    matplotlib.figure.Figure
    """
    plt = style.pyplot()
    figure, axes = plt.subplots(
        len(FEATURES),
        len(PANELS),
        figsize=(style.PAGE_INCHES, 3.9),
        sharex="col",
        sharey="col",
        layout="constrained",
    )
    for feature, row in zip(FEATURES, axes, strict=True):
        for (quantity, factor), axis in zip(PANELS, row, strict=True):
            rows = table[(table.feature == feature) & (table.quantity == quantity)]
            for data in REFERENCES:
                _reference(rows[(rows.factor == REFERENCE) & (rows.data == data)], data, axis)
            style.line(rows[rows.factor == factor], "value", "score", style.SWEEP, axis, **SWEPT)
            axis.set(xlabel="", ylabel="")
            if quantity == "accuracy":
                style.chance(axis, 1 / CLASSES)
        row[0].set_ylabel(words.FEATURES[feature]["accuracy"])
        row[2].set_ylabel(words.FEATURES[feature]["sensitivity"])
    for (quantity, factor), axis in zip(PANELS, axes[-1], strict=True):
        top = 1.02 if quantity == "accuracy" else max(1.05, axis.get_ylim()[1])
        axis.set(xlabel=words.LABELS[factor], xlim=(-0.03, 1.03), xticks=[0, 0.2, 0.4, 0.6, 0.8, 1])
        axis.set_ylim(0, top)
    figure.align_labels()
    style.legend_above(figure, _legend(), 3, "Pretraining")
    return figure


def _reference(rows: pd.DataFrame, data: str, axis) -> None:
    """A dashed line at the mean of a model with fixed data, with its interval as a band."""
    look = REFERENCES[data]
    line = {"color": look["color"], "linestyle": look["dashes"], "linewidth": 1.1, "zorder": 2.5}
    axis.axhline(rows.score.mean(), **line)
    if intervals.drawn(rows.seed.nunique()):
        ends = interval_of(rows.score)
        axis.axhspan(*ends, color=look["color"], alpha=0.12, linewidth=0, zorder=0.8)


def _legend() -> list:
    from matplotlib.lines import Line2D

    swept = style.handle(words.DATA["CO_C"], style.SWEEP, **SWEPT)
    dashed = [
        Line2D([], [], color=look["color"], linestyle=(0, (3, 2)), label=words.DATA[data])
        for data, look in REFERENCES.items()
    ]
    return [swept, *dashed, style.chance_handle()]
