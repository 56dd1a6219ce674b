"""Whether measures of invariance put the models of a study in the same order."""

import pandas as pd

from invariance.analysis import measure_agreement
from invariance.analysis.contrastive.agreement import OTHERS, complete
from invariance.analysis.contrastive.from_table import SENSITIVITY
from invariance.analysis.models.from_table import on_axes
from invariance.analysis.rank_correlations import LEAST_CONDITIONS, rank_correlations
from invariance.analysis.seed_statistics import LEAST_FOR_INTERVAL
from invariance.studies.contrastive.shown import AXES

IMAGES = ["study", "domain", "target"]
KEY = [*IMAGES, "axis", "measure"]


def agreements(results: pd.DataFrame) -> pd.DataFrame:
    """Rank correlation of each measure with sensitivity over the models of the same images.

    Parameters
    ----------
    results : DataFrame
        As of ``from_table.on_axes``.

    Returns
    -------
    DataFrame with columns study, domain, target, axis, measure, those of ``rank_correlations``
    (``q`` is corrected for the number of rows), and ``contradictions``: pairs of models that both
    measures order with certainty, in opposite ways; NaN below three seeds. Mean invariances on an
    axis are compared. Empty without three models of the same images.
    """
    pairs, against = {}, {}
    for images, rows in on_axes(results).groupby(IMAGES, sort=False):
        rows = rows.rename(columns={"axis": "change", "model": "condition"})
        rows = complete(rows, ["change", "quantity"])
        if rows.condition.nunique() < LEAST_CONDITIONS:
            continue
        opposed = _contradictions(rows)
        for axis in AXES:
            values = _matrices(rows[rows.change == axis])
            for measure in [one for one in OTHERS if one in values and SENSITIVITY in values]:
                key = (*images, axis, measure)
                pairs[key] = values[SENSITIVITY], values[measure]
                against[key] = opposed.get((axis, measure), 0)
    found = rank_correlations(pairs)
    columns = [*KEY, "rho", "low", "high", "p", "conditions", "seeds", "q", "contradictions"]
    certain = [one["seeds"] >= LEAST_FOR_INTERVAL for one in found.values()]
    counts = [
        float(against[key]) if sure else float("nan")
        for key, sure in zip(found, certain, strict=True)
    ]
    rows = [
        {**dict(zip(KEY, key, strict=True)), **one, "contradictions": count}
        for (key, one), count in zip(found.items(), counts, strict=True)
    ]
    return pd.DataFrame(rows, columns=columns)


def _matrices(rows: pd.DataFrame) -> dict:
    """Invariances [models, seeds] by measure, all with the same models."""
    return {
        quantity: measure_agreement.invariance(
            quantity, one.pivot(index="condition", columns="seed", values="value").to_numpy()
        )
        for quantity, one in rows.groupby("quantity")
    }


def _contradictions(rows: pd.DataFrame) -> dict[tuple, int]:
    """Number of contradictions of each measure with sensitivity, by axis and measure."""
    found = measure_agreement.contradictions(rows)
    of = found[(found["first"] == SENSITIVITY) | (found.second == SENSITIVITY)]
    measure = of.second.where(of["first"] == SENSITIVITY, of["first"])
    return of.groupby([of.change, measure]).size().to_dict()
