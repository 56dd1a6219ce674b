"""Published values that are compared together, and the one verdict on them.

Many published values say the same thing twice: the ends of an interval come from the runs of its
mean, and the order of two series is the same order seen from either. A **comparison** is all values
that are judged together: the series at one place of an artefact with the ends of their intervals,
or the bars of one factor with the ends of their ranges. Verdicts are counted by comparison.
"""

import pandas as pd

from invariance.analysis.cells import KEY

MATCH, MISMATCH, NOT_RUN = "match", "mismatch", "not run"
SAME, OTHER, UNKNOWN = "same direction", "other direction", "not comparable"
VERDICTS = (MATCH, SAME, OTHER, MISMATCH, UNKNOWN, NOT_RUN)
# The verdict on a comparison is the first of these that one of its values has.
FIRST = (MISMATCH, OTHER, SAME, MATCH, UNKNOWN, NOT_RUN)

PLACE = ["artefact", "study", *(key for key in KEY if key not in ("series", "quantity"))]


def group(series: str) -> str:
    """What a series may be compared with: own tasks, or a block of tables 2 to 5."""
    head, _, tail = series.partition("_")
    if tail == "training":
        return tail
    return head if head in ("image", "random") else ""


def numbers(keyed: pd.DataFrame) -> pd.Series:
    """The number of the comparison of each published value, from 1 in the published order.

    Parameters
    ----------
    keyed : DataFrame
        The result of ``cells.published_keys``.
    """
    bar = keyed.method == "difference"
    place = keyed[PLACE].assign(x=keyed.x.where(~bar, ""), group=keyed.series.map(group))
    return place.groupby(list(place), sort=False).ngroup() + 1


def comparisons(values: pd.DataFrame) -> pd.DataFrame:
    """One row per comparison: ``artefact``, ``study``, ``verdict`` and its number of ``values``.

    Parameters
    ----------
    values : DataFrame
        The result of ``values.compare``.
    """
    rank = values.verdict.map(FIRST.index)
    grouped = values.assign(rank=rank).groupby("comparison", sort=False)
    result = grouped.agg(
        artefact=("artefact", "first"),
        study=("study", "first"),
        verdict=("rank", lambda ranks: FIRST[ranks.min()]),
        values=("rank", "size"),
    )
    return result.reset_index()
