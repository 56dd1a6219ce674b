"""Do networks that are more invariant transfer better? Rank correlations over networks."""

import pandas as pd

from invariance.analysis.contrastive.agreement import complete
from invariance.analysis.contrastive.from_table import (
    LATENTS,
    SENSITIVITY,
    WHITENED,
    invariances,
    latents,
    of_networks,
    on_axes,
    ordered_tasks,
    scores,
)
from invariance.analysis.measure_agreement import invariance
from invariance.analysis.rank_correlations import LEAST_CONDITIONS, rank_correlations
from invariance.studies.contrastive.shown import AXES

SHOWN = (SENSITIVITY, WHITENED)
KEY = ["domain", "measure", "axis", "task"]


def correlations(results: pd.DataFrame) -> pd.DataFrame:
    """Rank correlation of mean invariance on an axis with each score, over single networks.

    Returns
    -------
    DataFrame with columns domain, measure (of ``SHOWN``), axis, task (of ``outcomes``), and those
    of ``rank_correlations``. Above 0: more invariant networks score higher. q is corrected for the
    number of rows. Empty with fewer than three conditions.
    """
    told = on_axes(invariances(results))
    told = told[told.quantity.isin(SHOWN)]
    told = told.assign(value=[invariance(*one) for one in told[["quantity", "value"]].to_numpy()])
    gained, pairs = outcomes(results), {}
    for domain in told.domain.unique():
        own = complete(told[told.domain == domain], ["quantity", "axis"])
        theirs = complete(gained[gained.domain == domain], ["task"])
        for measure in SHOWN:
            for axis in AXES:
                x = own[(own.quantity == measure) & (own.axis == axis)]
                for task in ordered_tasks(theirs.task):
                    both = _matrices(x, theirs[theirs.task == task])
                    if both is not None:
                        pairs[domain, measure, axis, task] = both
    found = rank_correlations(pairs)
    columns = [*KEY, "rho", "low", "high", "p", "conditions", "seeds", "q"]
    rows = [{**dict(zip(KEY, key, strict=True)), **one} for key, one in found.items()]
    return pd.DataFrame(rows, columns=columns)


def outcomes(results: pd.DataFrame) -> pd.DataFrame:
    """What invariance may help or cost, of single networks.

    Returns
    -------
    DataFrame with columns domain, seed, condition, task and value: downstream scores, and the mean
    R2 of the latents of each axis, as the tasks ``spatial latents`` and ``appearance latents``.
    """
    axis = {name: f"{axis} latents" for axis, names in LATENTS.items() for name in names}
    rows = latents(results)
    rows = rows.assign(task=rows.change.map(axis)).dropna(subset="task")
    by = ["domain", "seed", "condition", "task"]
    means = rows.groupby(by, as_index=False, sort=False).value.mean()
    return of_networks(pd.concat([scores(results), means], ignore_index=True))


def _matrices(x: pd.DataFrame, y: pd.DataFrame):
    """Values of both, [conditions, seeds], of the same networks; None with too few conditions."""
    first, second = (one.pivot(index="condition", columns="seed", values="value") for one in (x, y))
    first, second = first.align(second, join="inner")
    if len(first) < LEAST_CONDITIONS:
        return None
    return first.to_numpy(), second.to_numpy()
