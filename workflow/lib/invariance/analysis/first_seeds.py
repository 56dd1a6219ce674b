"""Sensitivities of seeds 0 to 4 alone, which an earlier published output has."""

import pandas as pd

FIRST = range(5)
SUFFIX = "_seeds0-4"  # of x, as published


def first_seeds(cells: pd.DataFrame) -> pd.DataFrame:
    """The cells of sensitivity in the first five seeds, with ``SUFFIX`` after x.

    Parameters
    ----------
    cells : DataFrame
        Of ``cells.measured_cells``. The result has the same columns, and is empty if one of the
        five seeds was not run.
    """
    few = cells[(cells.quantity == "sensitivity") & cells.seed.isin(FIRST)]
    if few.seed.nunique() < len(FIRST):
        return few[:0]
    return few.assign(x=few.x.astype(str) + SUFFIX)
