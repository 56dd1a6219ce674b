"""Mean invariance on both axes by every measure, and the spread of the features behind it."""

import numpy as np
import pandas as pd

from invariance.analysis.contrastive import from_table
from invariance.analysis.contrastive.from_table import MEASURES, SPECTRUM
from invariance.artefacts import ARTEFACTS
from invariance.figures.contrastive import looks
from invariance.records.tidy_checks import check_tidy
from invariance.studies.contrastive.shown import AXES
from invariance.tables import cells
from invariance.tables.layout import require

CARRIED, VIEWS = "carried ", "views "  # starts of names of measures, and of columns
KEY = ["domain", "measure", "condition", "column"]
HEADS = {"domain": "Images", "measure": "Measure", "condition": "Pretraining"}


def numbers(results: pd.DataFrame, name: str, accuracy: str) -> pd.DataFrame:
    """The numbers of the table, one row per cell.

    Returns
    -------
    DataFrame with columns domain, measure, condition, column (an axis, or a quantity of the
    features), mean, low, high, std_seeds and n_seeds.

    Raises
    ------
    UserError
        If the study's table lacks rows that the table shows.
    """
    check_tidy(results, name)
    axes = from_table.on_axes(from_table.invariances(results))
    require(axes, name)
    carried = from_table.on_axes(from_table.carried(results))
    axes = pd.concat([axes, carried.assign(quantity=CARRIED + carried.target)])
    axes = axes.rename(columns={"quantity": "measure", "axis": "column"})
    views = from_table.of_views(results).rename(columns={"quantity": "measure"})
    views = views.assign(column=VIEWS + views.views)
    spectra = from_table.spectra(results).rename(columns={"quantity": "column"})
    known = [*MEASURES, *sorted(set(axes.measure) - set(MEASURES))]
    measures = [one for one in known if one in set(axes.measure)]
    beside = [spectra.assign(measure=one) for one in measures if not one.startswith(CARRIED)]
    rows = pd.concat([axes, views, *beside])[["domain", "seed", *KEY[1:], "value"]]
    columns = [*AXES, *sorted(set(views.column)), *SPECTRUM]
    rows = from_table.sort(rows).assign(
        _measure=lambda rows: rows.measure.map(measures.index),
        _column=lambda rows: rows.column.map(columns.index),
    )
    rows = rows.sort_values(["_measure", "_column"], kind="stable")
    return cells.over_seeds(cells.by_domain(rows), KEY)


def grid(name: str, numbers: pd.DataFrame, description: dict, latex: bool):
    """Texts and boldness of the cells; see ``invariance.tables.layout``."""
    numbers = _clipped(numbers)
    digits = numbers.column.map({"effective_rank": 1, "condition_number": 0}).fillna(2)
    labels = {one: looks.label(one) for one in numbers.condition.unique()}
    labels |= {
        one: f"Sensitivity, {looks.words(one.removeprefix(CARRIED))}"
        for one in numbers.measure.unique()
        if one.startswith(CARRIED)
    }
    views = [one for one in dict.fromkeys(numbers.column) if one.startswith(VIEWS)]
    labels |= {one: f"Views: {looks.words(one.removeprefix(VIEWS))}" for one in views}
    labels = {**looks.WORDS, **labels, **looks.MEASURES}
    labels = looks.latex(labels) if latex else labels
    texts, bold = cells.grid(numbers, HEADS, digits.astype(int), latex, labels)
    order = [labels[one] for one in (*AXES, *views, *SPECTRUM) if labels[one] in texts]
    return texts[order], bold[order]


def _clipped(numbers: pd.DataFrame) -> pd.DataFrame:
    """The numbers with ends of intervals within the range of each quantity."""
    of_features, cosine = numbers.column.isin(SPECTRUM), numbers.measure.str.contains("cosine")
    least = np.select([of_features, cosine], [1, -1], 0)
    most = np.where(cosine & ~of_features, 1, np.inf)
    return numbers.assign(low=numbers.low.clip(least), high=numbers.high.clip(upper=most))


def caption(name: str, numbers: pd.DataFrame, description: dict) -> str:
    """The table's subject, the meaning of its words, and the run."""
    subject = (
        "Invariance to spatial changes (scale, translation, horizontal flip, rotation, shear; "
        "crops where measured) and to changes of appearance (hue, brightness, grayscale, contrast, "
        "blur; saturation where measured) of whole images, "
        "means over transformations. Sensitivity: distance of an image and its changed version, "
        "over that of unrelated images; lower is more invariant. Whitened cosine: of features "
        "with unit covariance, which is shrunk by a share of the mean variance (0: not at all); "
        "centred cosine: without whitening; higher is more invariant. Sensitivity, Objects: to "
        "changes of the object alone; CIFAR-10: of its images. Views: photographs or renderings "
        "of the same thing. Effective rank and condition number of the covariance of the "
        "features: where the rank is low, whitening divides by what hardly varies."
    )
    return cells.caption(ARTEFACTS[name].study, subject, numbers, description)
