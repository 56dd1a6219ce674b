"""Whether measures of invariance agree over models, and where they contradict each other."""

import itertools

import numpy as np
import pandas as pd

from invariance.analysis.rank_correlations import rank_correlations
from invariance.analysis.seed_statistics import interval, leave_one_out
from transforms2d.errors import UserError, quote

# Measures whose higher values mean less invariance.
DISTANCES = ("sensitivity", "mahalanobis", "whitened_sensitivity")
COSINES = ("whitened_cosine", "centred_cosine")


def invariance(quantity: str, value):
    """A value of a measure with its sign turned, where needed, so that more is more invariant.

    ``quantity`` is a name of ``PairMeasures.scores``.
    """
    kind = quantity.partition("@")[0]
    if kind not in (*DISTANCES, *COSINES):
        known = ", ".join((*DISTANCES, *COSINES))
        raise UserError(f"measures: {quote(quantity)} is none; known are {known}")
    return -value if kind in DISTANCES else value


def agreement(table: pd.DataFrame, *, seed: int = 0) -> pd.DataFrame:
    """Rank correlation of every two measures over models, for each transformation.

    Parameters
    ----------
    table : DataFrame
        Columns condition, seed, change, quantity and value: one value each, complete.

    Returns
    -------
    DataFrame with columns change, first, second (measures), and those of ``rank_correlations``.
        1 means that both put all models in the same order of invariance.
    """
    pairs = {}
    for change, values in _by_change(table).items():
        for first, second in itertools.combinations(sorted(values), 2):
            pairs[change, first, second] = values[first].to_numpy(), values[second].to_numpy()
    rows = [
        {**dict(zip(("change", "first", "second"), key, strict=True)), **found}
        for key, found in rank_correlations(pairs, seed=seed).items()
    ]
    return pd.DataFrame(rows)


def contradictions(table: pd.DataFrame) -> pd.DataFrame:
    """Pairs of conditions that two measures put in opposite orders, both with certainty.

    Certain means that the 95 % t interval of the difference over seeds, paired and corrected for
    the number of transformations and pairs of conditions, does not contain 0.

    Parameters
    ----------
    table : DataFrame
        As in ``agreement``; with fewer than three seeds nothing is certain.

    Returns
    -------
    DataFrame with columns change, more, less (conditions, as ``first`` orders them), first, second
    (measures), first_difference, second_difference (of invariances). Empty if no two contradict.
    """
    columns = ["change", "more", "less", "first", "second", "first_difference", "second_difference"]
    rows, by_change = [], _by_change(table)
    tests = sum(
        len(list(itertools.combinations(next(iter(values.values())).index, 2)))
        for values in by_change.values()
    )
    for change, values in by_change.items():
        signs, means = {}, {}
        for quantity, one in values.items():
            for pair in itertools.combinations(one.index, 2):
                found = _certain(one.loc[pair[0]] - one.loc[pair[1]], tests)
                signs[quantity, pair], means[quantity, pair] = found
        for first, second in itertools.combinations(sorted(values), 2):
            for pair in itertools.combinations(values[first].index, 2):
                sign = signs[first, pair]
                if sign * signs[second, pair] < 0:
                    more, less = pair if sign > 0 else pair[::-1]
                    differences = sign * means[first, pair], sign * means[second, pair]
                    rows.append((change, more, less, first, second, *differences))
    return pd.DataFrame(rows, columns=columns)


def _by_change(table: pd.DataFrame) -> dict[str, dict[str, pd.DataFrame]]:
    """Invariances by transformation and measure: conditions in rows, seeds in columns."""
    found: dict[str, dict[str, pd.DataFrame]] = {}
    for (change, quantity), rows in table.groupby(["change", "quantity"]):
        if rows.duplicated(["condition", "seed"]).any():
            raise UserError(f"measures: {change}, {quantity}: two values of one model; give one")
        values = rows.pivot(index="condition", columns="seed", values="value")
        found.setdefault(change, {})[quantity] = invariance(quantity, values)
    return found


def _certain(differences: pd.Series, tests: int) -> tuple[int, float]:
    """The sign of the mean of paired differences, 0 if it is not certain; the mean."""
    rows = leave_one_out(len(differences)) @ differences.to_numpy(float)
    low, high = interval(rows, tests)
    return int(low > 0) - int(high < 0), float(np.mean(differences))
