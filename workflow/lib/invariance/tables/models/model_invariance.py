"""Invariance of every model of the studies on both axes, by three measures, and its spread."""

import pandas as pd

from invariance.analysis.contrastive.from_table import CENTRED, SENSITIVITY, WHITENED
from invariance.analysis.models import from_table
from invariance.figures.contrastive import looks
from invariance.records.tidy_checks import check_tidy
from invariance.studies.contrastive.shown import AXES
from invariance.tables import cells
from invariance.tables.layout import ESCAPED, require
from invariance.tables.models.words import caption_of, study_labels

SHOWN = (SENSITIVITY, WHITENED, CENTRED)
KEY = ["study", "domain", "target", "model", "network", "architecture", "column"]
HEADS = {
    "study": "Study",
    "domain": "Domain",
    "network": "Model",
    "architecture": "Architecture",
}
SHORT = {SENSITIVITY: "Sensitivity", WHITENED: "Whitened cosine", CENTRED: "Centred cosine"}
RANK = "effective_rank"
COLUMNS = {
    **{
        f"{axis} {measure}": f"{looks.WORDS[axis]}: {SHORT[measure].lower()}"
        for measure in SHOWN
        for axis in AXES
    },
    RANK: looks.WORDS[RANK],
}
LIMITS = {
    **{name: (-1, 1) for name in COLUMNS if "cosine" in name},
    **{f"{axis} {SENSITIVITY}": (0, float("inf")) for axis in AXES},
    RANK: (0, float("inf")),
}


def numbers(results: pd.DataFrame, name: str, accuracy: str) -> pd.DataFrame:
    """The numbers of the table, one row per cell.

    Returns
    -------
    DataFrame with columns study, domain, target (the images), model, network (its factors in
    words), architecture, column (an axis and a measure, or ``effective_rank``), mean, low, high,
    std_seeds and n_seeds.

    Raises
    ------
    UserError
        If a study's table of measures lacks a value, or all of them lack the table's measures.
    """
    for study, rows in results.groupby("study", sort=False):
        check_tidy(rows.dropna(axis="columns", how="all"), f"{name}: {study}")
    axes = from_table.on_axes(results)
    axes = axes[axes.quantity.isin(SHOWN)]
    require(axes, name)
    axes = axes.assign(column=axes.axis + " " + axes.quantity)
    spectra = from_table.spectra(results).rename(columns={"quantity": "column"})
    models = pd.concat([axes, spectra])
    order = {column: at for at, column in enumerate(COLUMNS)}
    models = models.assign(_column=models.column.map(order))
    return cells.over_seeds(models.sort_values("_column", kind="stable"), KEY)


def grid(name: str, numbers: pd.DataFrame, description: dict, latex: bool):
    """Texts and boldness of the cells; see ``invariance.tables.layout``."""
    numbers = cells.clipped(numbers, LIMITS)
    digits = numbers.column.map({RANK: 1}).fillna(2).astype(int)
    labels = {**study_labels(numbers.study), **COLUMNS}
    if latex:
        labels |= {one: one.translate(ESCAPED) for one in numbers.network.unique()}
    return cells.grid(numbers, HEADS, digits, latex, labels)


def caption(name: str, numbers: pd.DataFrame, description: dict) -> str:
    """The table's subject, the meaning of its words, and the run."""
    subject = (
        "Invariance of frozen models to spatial changes (scale, translation, horizontal flip, "
        "rotation, shear; crops where measured) and to changes of appearance (hue, brightness, "
        "grayscale, contrast, blur; saturation where measured) of whole images that they were not "
        "trained on, means over transformations. Sensitivity: distance of an image and its "
        "changed version, over that of unrelated images; lower is more invariant. Whitened "
        "cosine: of features with unit covariance, which is shrunk by 0.01 of the mean variance; "
        "centred cosine: without whitening; higher is more invariant. Effective rank: of the "
        "covariance of the features. Means over seeds, with 95 % t intervals from 3 seeds on."
    )
    return caption_of(subject, numbers, description)
