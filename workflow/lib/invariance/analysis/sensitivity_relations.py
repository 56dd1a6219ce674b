"""Sensitivity by how training relates to the transformation that is scored (sec. 5.1)."""

import pandas as pd

from invariance.studies.invariance_transfer import NONE

RELATIONS = ("same", "other", "none")
SETS = ("in_distribution", "mild_ood", "strong_ood", "cifar10", "cifar100")


def relations(results: pd.DataFrame, metric: str = "l2") -> pd.DataFrame:
    """One value for each relation, seed and transformation that was scored.

    ``same`` is the model trained under the transformation, ``other`` the mean of the models of the
    same architecture and data that were trained under the other transformations, and ``none`` the
    model trained under no transformation.

    Parameters
    ----------
    results : DataFrame
        The tidy table of study ``invariance_transfer``.

    Returns
    -------
    DataFrame with columns architecture, data (``image`` or ``random``), relation, target (the set
    of twins), seed, change (the transformation) and value.
    """
    rows = results[(results.method == "sensitivity") & (results.quantity == metric)]
    relation = pd.Series("other", index=rows.index)
    relation[rows.transformation == rows.change] = "same"
    relation[rows.transformation == NONE] = "none"
    cell = ["architecture", "data", "relation", "target", "seed", "change"]
    return rows.assign(relation=relation).groupby(cell, as_index=False).value.mean()
