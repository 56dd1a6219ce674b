"""The rank of each kind of model by sensitivity, among all that were scored on the same set."""

import pandas as pd

SERIES = 6  # same, other and none, of models trained on images and on random data


def mean_ranks(scores: pd.DataFrame) -> pd.DataFrame:
    """Mean rank of each series, over transformations; 1 is the least sensitive of six.

    Parameters
    ----------
    scores : DataFrame
        Cells of ``cells.CELL`` per ``change``, the transformation that was scored. Only where all
        six series have a value for an architecture, set, seed and transformation, are they ranked.

    Returns
    -------
    DataFrame with the columns of ``cells.CELL`` and quantity ``mean_rank``, values in 1..6.
    """
    place = ["arch", "x", "seed", "change"]
    complete = scores[scores.groupby(place).series.transform("nunique") == SERIES]
    ranks = complete.assign(value=complete.groupby(place).value.rank(), quantity="mean_rank")
    key = ["domain", "method", "factor", "x", "series", "arch", "quantity", "seed"]
    return ranks.groupby(key, as_index=False).value.mean()
