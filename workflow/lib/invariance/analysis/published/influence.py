"""Study ``influence``: one value per design for each quantity of its claims; none is published."""

import pandas as pd

from invariance.analysis.influence import from_table, predictors
from invariance.analysis.influence.predictors import CARRIER

COUNTERFACTUALS, INFLUENCE = "counterfactuals", "influence"
GAIN, MENDED = "minus all classes", "wrong minus random"


def cells(results, accuracies, study):
    """Yield one cell per quantity, see ``cells.measured_cells``.

    The influences are those of the first kind of masks, which gives the orders of removal.
    """
    masks = study.settings["masks"]["kinds"][0]
    for part in (*_removals(results), *_influences(results, masks)):
        if len(part):
            yield part.assign(factor="", arch="", quantity="value")


def _removals(results):
    areas = from_table.areas(results).rename(columns={"arm": "series", "area": "value"})
    yield areas.assign(method=COUNTERFACTUALS, x="area")
    for x, points in (("half", from_table.half_points), ("best", from_table.best_points)):
        found = points(results)
        gain = found.assign(series=GAIN, x=x, value=found.test_accuracy - found.full)
        yield gain.assign(method=COUNTERFACTUALS)
    mended = from_table.mending(results)
    mended = mended.assign(series=MENDED, x="wrong images", value=mended.wrong - mended.random)
    yield mended.assign(method=COUNTERFACTUALS)


def _influences(results, masks: str):
    found = predictors.leaks(results, masks)
    first = predictors.leaks_first(results, masks).rename(columns={"share": "value"})
    means = found.groupby(["domain", "seed", "quantity"], as_index=False)[["above", "lead"]].mean()
    groups = predictors.carriers_minus_neutral(results, masks)
    groups = groups.rename(columns={"difference": "value"})
    related = predictors.rank_correlations(results, masks)
    told = predictors.aurocs(results, masks)
    for part in (
        *(
            _of_influence(means).rename(columns={x: "value"}).assign(series="leak", x=x)
            for x in ("above", "lead")
        ),
        _of_influence(first).assign(series="leak", x="first"),
        groups.assign(series=CARRIER, x="minus neutral"),
        related.assign(series=related.quantity, x="correlation", value=related.without_leaks),
        told.assign(series=told.quantity, x="AUROC of " + told.kind, value=told.auroc),
    ):
        yield part.assign(method=INFLUENCE)


def _of_influence(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows.quantity == INFLUENCE]
