"""Published values and a run's results under the same keys, one row per cell and seed.

A cell is one point of a line in a figure, or one entry of a table. Its key is ``KEY``, with the
names of ``config/paper_values.csv``, except for four differences. The domain is never empty. Full
fine-tuning is ``fine_tuning_low`` or ``fine_tuning_high`` by its amount of target data (the first
and last of the study's ``fine_tuning_samples``), or ``fine_tuning`` if that amount is the factor.
Numbers are written in one way (``1``, not ``1.0``). The architecture is empty in study 1, where it
is a factor.
"""

from importlib import import_module

import pandas as pd

from invariance.records.tidy_checks import check_tidy
from invariance.studies.vs_factors.models import NAME as VS_FACTORS

KEY = ["domain", "method", "factor", "x", "series", "arch", "quantity"]
CELL = [*KEY, "seed", "value"]

# Domains of published keys that name none.
DOMAINS = {
    ("irrelevant_features", "table1"): "cifar10_random",
    ("irrelevant_features", "extra"): "cifar10_corner",
}
METHODS = {
    "full_finetune_200": "fine_tuning_low",
    "full_finetune_1pct": "fine_tuning_low",
    "full_finetune_2000": "fine_tuning_high",
    "full_finetune_10pct": "fine_tuning_high",
    "sensitivity_l2": "sensitivity",
}
AMOUNT = "finetuning_samples"  # the factor of target samples, as published


def published_keys(published: pd.DataFrame) -> pd.DataFrame:
    """The published values, with the columns of ``KEY`` in the names of this module.

    Parameters
    ----------
    published : DataFrame
        ``config/paper_values.csv`` read with ``keep_default_na=False``.
    """
    keyed = published.copy()
    place = list(zip(published.study, published.artefact, strict=True))
    default = pd.Series([DOMAINS.get(pair, "t2d") for pair in place], index=published.index)
    keyed["domain"] = published.domain.where(published.domain != "", default)
    keyed["method"] = published.method.map(METHODS).fillna(published.method)
    tuned = keyed.method.str.startswith("fine_tuning") & (keyed.factor == AMOUNT)
    keyed.loc[tuned, "method"] = "fine_tuning"
    # Correlations of both domains are among the extra values; those at random places say so.
    keyed.loc[keyed.x.str.startswith("translate_"), "domain"] = "cifar10_random"
    keyed["x"] = published.x.map(plain)
    keyed.loc[keyed.study == VS_FACTORS, "arch"] = ""
    return keyed


def published_cells(published: pd.DataFrame, study: str) -> pd.DataFrame:
    """The published cells of a study, as seed 0, without values that are derived from others."""
    keyed = published_keys(published[published.study == study])
    plain = keyed.quantity.isin(["accuracy", "sensitivity"]) & (keyed.method != "difference")
    return keyed[plain].assign(seed=0)[CELL].drop_duplicates(KEY)


def measured_cells(results: pd.DataFrame, study, accuracy: str) -> pd.DataFrame:
    """The cells of a run.

    Parameters
    ----------
    results : DataFrame
        The study's tidy table.
    study : Study
        Its ``published`` names a module of ``analysis.published``. The module's ``cells`` takes the
        tidy table, its rows of accuracies, and the study, and yields tables with the
        columns of ``CELL``, in which ``x`` may be a number.
    accuracy : str
        ``test`` or ``pooled_macro``, for target tasks and models' own tasks.

    Returns
    -------
    DataFrame with the columns of ``CELL``; accuracies in 0..1. Empty for a study without published
    values.
    """
    check_tidy(results, f"scorecard: {study.name}")
    if not study.published:
        return pd.DataFrame(columns=CELL)
    accuracies = results[results.quantity == f"{accuracy}_accuracy"]
    module = import_module(f"invariance.analysis.published.{study.published}")
    cells = pd.concat(list(module.cells(results, accuracies, study)), ignore_index=True)
    cells["x"] = cells.x.map(plain)
    return cells[CELL].drop_duplicates([*KEY, "seed"]).reset_index(drop=True)


def plain(value) -> str:
    """A value as text; whole numbers without a point."""
    try:
        number = float(value)
    except ValueError:
        return str(value)
    return str(int(number)) if number.is_integer() else str(number)
