"""Whether the measures of invariance agree on this study's networks."""

import pandas as pd

from invariance.analysis import measure_agreement
from invariance.analysis.contrastive.from_table import MEASURES, SENSITIVITY, invariances
from invariance.analysis.rank_correlations import LEAST_CONDITIONS

OTHERS = tuple(measure for measure in MEASURES if measure != SENSITIVITY)


def complete(rows: pd.DataFrame, of: list[str]) -> pd.DataFrame:
    """The rows of conditions that have every seed, and of what all of these networks have.

    Parameters
    ----------
    rows : DataFrame
        With columns condition, seed and those in ``of``, of one domain.
    of : list of str
        The columns that say what a value is.
    """
    seeds = rows.groupby("condition").seed.transform("nunique")
    rows = rows[seeds == rows.seed.nunique()]
    networks = len(rows[["condition", "seed"]].drop_duplicates())
    return rows[rows.groupby(of).value.transform("count") == networks]


def agreements(results: pd.DataFrame) -> pd.DataFrame:
    """Rank correlation of every measure with sensitivity over networks, per transformation.

    Returns
    -------
    DataFrame with columns domain, change, measure, and those of ``rank_correlations``. Empty with
    fewer than three conditions.
    """
    parts = []
    for domain, rows in _by_domain(results):
        for measure in OTHERS:
            pair = rows[rows.quantity.isin([SENSITIVITY, measure])]
            both = pair.groupby("change").quantity.transform("nunique") == 2
            if both.any() and pair.condition.nunique() >= LEAST_CONDITIONS:
                found = measure_agreement.agreement(pair[both])
                parts.append(found.assign(domain=domain, measure=measure))
    columns = ["domain", "change", "measure", "rho", "low", "high", "p", "q"]
    columns += ["conditions", "seeds"]
    return pd.concat(parts)[columns] if parts else pd.DataFrame(columns=columns)


def contradictions(results: pd.DataFrame) -> pd.DataFrame:
    """Where another measure puts two conditions in the opposite order of sensitivity's.

    Returns
    -------
    DataFrame with columns domain, change, more, less (conditions, as sensitivity orders them),
    measure, and the differences of invariance ``by_sensitivity`` and ``by_measure``. Both are
    certain: see ``measure_agreement.contradictions``.
    """
    parts = []
    for domain, rows in _by_domain(results):
        found = measure_agreement.contradictions(rows)
        # Pairs of measures are in alphabetic order.
        swapped = found.second == SENSITIVITY
        turned = found[swapped].rename(columns={"more": "less", "less": "more"})
        turned = turned.assign(
            measure=turned["first"],
            by_sensitivity=-turned.second_difference,
            by_measure=-turned.first_difference,
        )
        straight = found[found["first"] == SENSITIVITY]
        straight = straight.assign(
            measure=straight.second,
            by_sensitivity=straight.first_difference,
            by_measure=straight.second_difference,
        )
        parts.append(pd.concat([turned, straight]).assign(domain=domain))
    columns = ["domain", "change", "more", "less", "measure", "by_sensitivity", "by_measure"]
    return pd.concat(parts)[columns] if parts else pd.DataFrame(columns=columns)


def by_seed(results: pd.DataFrame) -> pd.DataFrame:
    """Rank correlation of each measure with sensitivity over the conditions of each seed.

    Returns
    -------
    DataFrame with columns domain, seed, measure, and ``value``: the mean over transformations.
    Without what is undefined: a measure that is the same for all conditions.
    """
    parts = []
    for domain, rows in _by_domain(results):
        if rows.condition.nunique() < LEAST_CONDITIONS:
            continue
        wide = rows.pivot(index=["seed", "change", "condition"], columns="quantity", values="value")
        wide = wide.apply(lambda one: measure_agreement.invariance(one.name, one))
        for measure in [one for one in OTHERS if one in wide and SENSITIVITY in wide]:
            ranks = wide[[SENSITIVITY, measure]].dropna().groupby(["seed", "change"]).rank()
            rho = ranks.groupby(["seed", "change"]).apply(lambda r: r.iloc[:, 0].corr(r.iloc[:, 1]))
            value = rho.groupby("seed").mean().dropna().rename("value").reset_index()
            parts.append(value.assign(domain=domain, measure=measure))
    columns = ["domain", "seed", "measure", "value"]
    return pd.concat(parts)[columns] if parts else pd.DataFrame(columns=columns)


def _by_domain(results: pd.DataFrame):
    for domain, rows in invariances(results).groupby("domain", sort=False):
        yield domain, complete(rows, ["change", "quantity"])
