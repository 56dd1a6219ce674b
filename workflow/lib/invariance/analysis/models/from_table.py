"""Invariance and spectrum of every model, from the tables of measures of all studies together."""

import pandas as pd

from invariance.analysis.contrastive.from_table import MEASURES, WAYS, axis_means, first_way
from invariance.records.results import FIRST, LAST

OF_MODEL = ["study", "domain", "target", "model", "network", "architecture"]


def on_axes(results: pd.DataFrame) -> pd.DataFrame:
    """Mean invariance to the transformations of each axis, of every model and seed.

    Parameters
    ----------
    results : DataFrame
        Tidy tables of measures, of one or several studies.

    Returns
    -------
    DataFrame with columns study, domain, target (the images), model, network (its factors in
    words), architecture, quantity (of ``MEASURES``), axis (``spatial`` or ``appearance``), seed and
    value. A model that lacks a transformation which others of its images have is left out.
    """
    rows = results[results.method.isin(WAYS) & results.quantity.isin(MEASURES)]
    rows = first_way(rows, ["study", "domain", "target", "change"])
    rows = _with_words(rows)[[*OF_MODEL, "seed", "change", "quantity", "value"]]
    means = axis_means(rows.rename(columns={"model": "condition"}))
    return _in_order(means.rename(columns={"condition": "model"}), results)


def spectra(results: pd.DataFrame) -> pd.DataFrame:
    """``effective_rank`` of the features of unchanged images; as ``on_axes``, without axis."""
    rows = results[(results.method == "spectrum") & (results.quantity == "effective_rank")]
    rows = _with_words(rows)[[*OF_MODEL, "seed", "quantity", "value"]]
    return _in_order(rows, results)


def words(factors: dict) -> str:
    """Factors of a model: ``transforms same, class relationship disjoint``."""
    return ", ".join(f"{name.replace('_', ' ')} {_value(one)}" for name, one in factors.items())


def _with_words(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with the column ``network``; a study without factors has the models' names."""
    known = {*FIRST, *LAST, "architecture"}
    factors = [name for name in rows.columns if name not in known]
    models = rows[["study", "model", *factors]].drop_duplicates(["study", "model"])
    names = {
        (one["study"], one["model"]): words(
            {name: one[name] for name in factors if pd.notna(one[name])}
        )
        for one in models.to_dict("records")
    }
    pairs = zip(rows.study, rows.model, strict=True)
    return rows.assign(network=[names[pair] or pair[1] for pair in pairs])


def _value(value) -> str:
    """A number without needless decimals: columns of several studies hold whole ones as floats."""
    if isinstance(value, str):
        return value
    return f"{int(value):,}" if float(value).is_integer() else f"{value:g}"


def _in_order(rows: pd.DataFrame, results: pd.DataFrame) -> pd.DataFrame:
    """The rows of studies, domains, models and seeds in the order of the tables."""
    names = ["study", "domain", "model"]
    models = results[names].drop_duplicates()
    ordered = rows.merge(models.assign(_at=range(len(models))), on=names)
    ordered = ordered.sort_values(["_at", "seed"], kind="stable")
    return ordered.drop(columns="_at").reset_index(drop=True)
