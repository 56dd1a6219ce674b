"""How influence, and cheaper predictors of it, order the source classes by their planted kind.

All functions take the tidy table and the kind of masks, and return rows per domain, design (seed)
and quantity: ``influence``, ``difference_of_means``, or a baseline.
"""

import numpy as np
import pandas as pd

from invariance.analysis.influence.from_table import ALL, DESIGN, influences, kind
from invariance.analysis.influence.reliability import rank_correlation

BASELINES = ["overlap", "similarity", "mapping", "source_accuracy"]
BY_CLASS = ["similarity", "mapping"]  # baselines that know of single classes of the target
ESTIMATES = ["influence", "difference_of_means"]
LEAK, CARRIER, NEUTRAL = "leak", "carrier", "neutral"


def scores(results: pd.DataFrame, masks: str) -> pd.DataFrame:
    """Estimates and baselines in one table.

    Returns
    -------
    DataFrame with the columns domain, seed, target, source, kind, quantity and value.
    """
    estimates = influences(results, masks)[[*DESIGN, "target", "source", *ESTIMATES]]
    estimates = estimates.melt([*DESIGN, "target", "source"], ESTIMATES, "quantity")
    chosen = (results.method == "influence_baselines") & (results.model == masks)
    baselines = results[chosen].rename(columns={"change": "source"})[estimates.columns]
    rows = pd.concat([estimates, baselines], ignore_index=True)
    return rows.assign(kind=rows.source.map(kind))


def rank_correlations(results: pd.DataFrame, masks: str) -> pd.DataFrame:
    """Spearman's correlation of influence on the whole task with each baseline, over classes.

    Returns
    -------
    DataFrame with the columns domain, seed, quantity, correlation and without_leaks (the
    correlation over the other classes).
    """
    rows = []
    for design, values in _designs(results, masks):
        others = values[[kind(source) != LEAK for source in values.index]]
        for quantity in values.columns.drop("influence"):
            both = (rank_correlation(part.influence, part[quantity]) for part in (values, others))
            rows.append((*design, quantity, *both))
    return pd.DataFrame(rows, columns=[*DESIGN, "quantity", "correlation", "without_leaks"])


def aurocs(results: pd.DataFrame, masks: str) -> pd.DataFrame:
    """How well each quantity on the whole task tells planted classes from others.

    Returns
    -------
    DataFrame with the columns domain, seed, quantity, kind (``carrier``: against partial and
    neutral classes; ``leak``: against all others) and auroc in 0..1. Without rows for domains
    without planted classes.
    """
    rows = []
    for design, values in _designs(results, masks):
        kinds = values.index.map(kind).to_numpy()
        for one, beside in ((CARRIER, kinds != LEAK), (LEAK, kinds != "")):
            planted = kinds == one
            is_told = planted.any() and (beside & ~planted).any()
            for quantity in values.columns if is_told else ():
                scored = values[quantity].to_numpy()
                rows.append((*design, quantity, one, auroc(scored[beside], planted[beside])))
    return pd.DataFrame(rows, columns=[*DESIGN, "quantity", "kind", "auroc"])


def auroc(values, positive) -> float:
    """The probability that a positive has a larger value than another; half for equal ones."""
    from scipy.stats import rankdata

    positive = np.asarray(positive, bool)
    count, others = positive.sum(), (~positive).sum()
    above = rankdata(values)[positive].sum() - count * (count + 1) / 2
    return float(above / (count * others))


def leaks(results: pd.DataFrame, masks: str) -> pd.DataFrame:
    """Where each leak stands among all source classes for the target class that it shows.

    Returns
    -------
    DataFrame with the columns domain, seed, source, quantity (of those that know of single target
    classes), rank (1 for the largest; equal ones rank behind), above (the share of the other source
    classes that have a smaller value) and lead (the leak's value minus the others' mean).
    """
    rows = scores(results, masks)
    rows = rows[rows.quantity.isin([*ESTIMATES, *BY_CLASS])]
    found = []
    for (*design, quantity, target), part in rows.groupby([*DESIGN, "quantity", "target"]):
        own = part.source == f"leak {target.removeprefix('class ')}"
        if own.any():
            value, others = part[own].value.iloc[0], part[~own].value
            rank, above = 1 + int((others >= value).sum()), float((others < value).mean())
            name = part[own].source.iloc[0]
            found.append((*design, name, quantity, rank, above, value - others.mean()))
    columns = [*DESIGN, "source", "quantity", "rank", "above", "lead"]
    return pd.DataFrame(found, columns=columns)


def leaks_first(results: pd.DataFrame, masks: str) -> pd.DataFrame:
    """The share of leaks with rank 1: domain, seed, quantity and share in 0..1."""
    ranked = leaks(results, masks)
    ranked = ranked.assign(share=(ranked["rank"] == 1).astype(float))
    return ranked.groupby([*DESIGN, "quantity"], as_index=False).share.mean()


def carriers_minus_neutral(results: pd.DataFrame, masks: str) -> pd.DataFrame:
    """Mean influence of carriers minus that of neutral classes: domain, seed and difference."""
    rows = influences(results, masks)
    means = rows[rows.target == ALL].groupby([*DESIGN, "kind"]).influence.mean().unstack()
    means = means.reindex(columns=[CARRIER, NEUTRAL]).dropna()
    return (means[CARRIER] - means[NEUTRAL]).rename("difference").reset_index()


def _designs(results: pd.DataFrame, masks: str):
    """Domain and seed, and a table of sources x quantities of the whole task, of each design."""
    rows = scores(results, masks)
    for design, part in rows[rows.target == ALL].groupby(DESIGN):
        values = part.pivot(index="source", columns="quantity", values="value")
        order = [name for name in (*ESTIMATES, *BASELINES) if name in values]
        yield design, values[order]
