"""Replications of the published study: values drawn from the published means and spreads.

A replication has ten seeds. Every cell is drawn for itself, a seed is not easy or hard as a whole.
What spread over seeds a cell has:

- table 1: as published; 0.003 where 0.00 is printed;
- tables 2 to 5: the published one is over seeds and 18 transformations together, so that of the
  mean over the transformations is its 18th part, by root;
- accuracy on Transforms-2D: ``2 * scale * sqrt(a * (1 - a))`` of the mean ``a``. A scale of 0.16
  for models that lack transformations of the target, and of 0.08 for those that lack none (0.11 in
  figures 4 and 18), gives the published 95 % intervals of figures 2, 4 and 9, or up to a third
  more;
- accuracy on CIFAR in study 1: 0.02, which is an assumption. None was published;
- accuracy on the own task: 0.01, an assumption too.
"""

import numpy as np
import pandas as pd

from invariance.analysis.cells import CELL, KEY, published_keys

SEEDS = 10
TRANSFORMATIONS = 18
PLACE = [key for key in KEY if key != "series"]
CIFAR_SPREAD, OWN_TASK_SPREAD, PRINTED_AS_ZERO = 0.02, 0.01, 0.003
LACKING, LACKING_NONE, NESTED_LACKING_NONE = 0.16, 0.08, 0.11


def spreads(published: pd.DataFrame) -> pd.DataFrame:
    """The published cells of all studies, with ``study``, ``value`` and ``sd`` over seeds.

    Parameters
    ----------
    published : DataFrame
        ``config/paper_values.csv`` read with ``keep_default_na=False``.
    """
    keyed = published_keys(published)
    plain = keyed.quantity.isin(["accuracy", "sensitivity"]) & (keyed.method != "difference")
    cells = keyed[plain].drop_duplicates(["study", *KEY]).copy()
    cells["sd"] = [_spread(row) for row in cells.itertuples()]
    return cells[["study", *KEY, "value", "sd"]].reset_index(drop=True)


def _spread(row) -> float:
    if row.study == "irrelevant_features":
        return float(row.std) or PRINTED_AS_ZERO
    if row.study == "invariance_transfer":
        return float(row.std or 0.2) / np.sqrt(TRANSFORMATIONS)
    if row.series.endswith("_training"):
        return OWN_TASK_SPREAD
    if row.domain != "t2d":
        return CIFAR_SPREAD
    if row.study == "invariance_mismatch":
        lacking = int(row.series.removeprefix("train_")) < int(row.x)
        scale = LACKING if lacking else NESTED_LACKING_NONE
    else:
        scale = LACKING if row.series == "disjoint" else LACKING_NONE
    return 2 * scale * np.sqrt(row.value * (1 - row.value))


def drawn(cells: pd.DataFrame, rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """One replication, as the tables of ``cells.measured_cells`` by study."""
    values = rng.normal(cells.value, cells.sd, size=(SEEDS, len(cells)))
    every = pd.concat([cells] * SEEDS, ignore_index=True)
    every["seed"] = np.repeat(np.arange(SEEDS), len(cells))
    every["value"] = values.ravel()
    return {study: rows[CELL] for study, rows in every.groupby("study")}


def without_effects(cells: pd.DataFrame) -> pd.DataFrame:
    """The same cells in a world where the claims are not true.

    All series at a place have their mean, so that nothing makes a difference. Where a claim is that
    two series are alike, or high, they are as far apart, or as low, as its threshold.
    """
    own = cells.series.str.endswith("_training")
    value = cells.groupby(["study", *PLACE, own]).value.transform("mean")
    value[own] = np.where(cells.series[own] == "same_training", 1.0, 0.95)
    natural = (cells.series == "image_same") & cells.x.isin(["cifar10", "cifar100"])
    return cells.assign(value=value + 0.05 * natural)
