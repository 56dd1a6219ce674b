"""Numbers per design from the tidy table of the study ``influence``.

A seed of the table is a design: its own objects, lists, target and masks. All functions take the
tidy table, and most return one row per domain and seed, so that differences are paired by design.
"""

import pandas as pd

METHOD = "counterfactuals"
DESIGN = ["domain", "seed"]
ALL, NONE, WRONG, RANDOM = "all", "none", "wrong", "random"
ACCURACIES = ["val_accuracy", "test_accuracy", "wrong_accuracy"]
ESTIMATES = ["influence", "difference_of_means", "standard_error"]


def curves(results: pd.DataFrame) -> pd.DataFrame:
    """Accuracies after removing classes, means over repeats.

    Returns
    -------
    DataFrame with the columns domain, seed, arm, removed (number of classes), ``val_accuracy`` (on
    the influence half of the target's images), ``test_accuracy`` (on the evaluation half) and
    ``wrong_accuracy`` (on images that models of all classes get wrong), each in 0..1. Arm ``none``
    removes 0 classes.
    """
    rows = results[(results.method == METHOD) & results.quantity.isin(ACCURACIES)]
    removed = rows.change.str.removesuffix(" removed").astype(int)
    rows = rows.assign(arm=rows.target, removed=removed)
    return _wide(rows, [*DESIGN, "arm", "removed"])


def areas(results: pd.DataFrame) -> pd.DataFrame:
    """The mean test accuracy over all numbers of removed classes, by arm.

    Returns
    -------
    DataFrame with the columns domain, arm, seed and area, without the arms ``none`` and ``wrong``.
    """
    rows = curves(results)
    rows = rows[~rows.arm.isin([NONE, WRONG])].rename(columns={"test_accuracy": "area"})
    return rows.groupby(["domain", "arm", "seed"], as_index=False).area.mean()


def full(results: pd.DataFrame) -> pd.DataFrame:
    """Accuracies with all source classes: domain, seed and the accuracies of ``curves``."""
    rows = curves(results)
    return rows[rows.arm == NONE].drop(columns=["arm", "removed"]).reset_index(drop=True)


def best_points(results: pd.DataFrame, arm: str = "bottom") -> pd.DataFrame:
    """The best number of classes to remove, chosen on one half of the images; its
    accuracy is that on the other half.

    Returns
    -------
    DataFrame with the columns domain, seed, removed (of the highest validation accuracy, the
    smallest if equal; 0 is a candidate), test_accuracy there, and full (that with all classes).
    Empty without this arm.
    """
    rows = curves(results)
    known = [arm, NONE] if arm in set(rows.arm) else []
    rows = rows[rows.arm.isin(known)].sort_values([*DESIGN, "removed"])
    chosen = rows.loc[rows.groupby(DESIGN).val_accuracy.idxmax()]
    return _against_full(chosen, results)


def half_points(results: pd.DataFrame, arm: str = "bottom") -> pd.DataFrame:
    """The number of removed classes that is nearest to half of them.

    Returns
    -------
    DataFrame with the columns of ``best_points``.
    """
    rows = curves(results)
    classes = results[results.method == "influence"].groupby("domain").change.nunique()
    rows = rows[rows.arm == arm]
    half = rows.domain.map(classes).astype(float) / 2
    rows = rows.assign(off=(rows.removed - half).abs())
    rows = rows.sort_values([*DESIGN, "off", "removed"])
    return _against_full(rows.groupby(DESIGN).head(1), results)


def mending(results: pd.DataFrame) -> pd.DataFrame:
    """Accuracy on images that models of all classes get wrong, after few classes were removed.

    Returns
    -------
    DataFrame with the columns domain, seed, removed (the smallest number), and by arm ``wrong``
    (the most harmful classes for these images), ``random`` and ``none`` (nothing removed). Empty
    without one of these arms.
    """
    rows = curves(results)
    first = rows[rows.arm == WRONG].groupby("domain").removed.min()
    rows = rows[(rows.arm == NONE) | (rows.removed == rows.domain.map(first))]
    rows = rows[rows.arm.isin([WRONG, RANDOM, NONE])]
    by_arm = rows.pivot(index=DESIGN, columns="arm", values="wrong_accuracy")
    by_arm = by_arm.reindex(columns=[WRONG, RANDOM, NONE]).dropna().reset_index()
    by_arm.insert(2, "removed", by_arm.domain.map(first).astype(int))
    return by_arm.rename_axis(columns=None)


def influences(results: pd.DataFrame, masks: str) -> pd.DataFrame:
    """Influences under one kind of masks.

    Parameters
    ----------
    masks : str
        ``bernoulli`` or ``half``.

    Returns
    -------
    DataFrame with the columns domain, seed, target (``all`` or a class), source (a class), kind
    (the source class's, such as ``leak``), influence, difference_of_means, standard_error.
    """
    rows = results[(results.method == "influence") & (results.model == masks)]
    rows = rows[rows.quantity.isin(ESTIMATES)].rename(columns={"change": "source"})
    wide = _wide(rows, [*DESIGN, "target", "source"])
    wide.insert(4, "kind", wide.source.map(kind))
    return wide


def kind(source: str) -> str:
    """The kind of a source class, from its name: ``leak 2`` is a leak."""
    return source.rpartition(" ")[0]


def _against_full(chosen: pd.DataFrame, results: pd.DataFrame) -> pd.DataFrame:
    whole = full(results).rename(columns={"test_accuracy": "full"})[[*DESIGN, "full"]]
    return chosen[[*DESIGN, "removed", "test_accuracy"]].merge(whole, on=DESIGN)


def _wide(rows: pd.DataFrame, index: list[str]) -> pd.DataFrame:
    """A row per ``index`` and a column per quantity; means of what is there several times."""
    means = rows.groupby([*index, "quantity"]).value.mean()
    return means.unstack("quantity").rename_axis(columns=None).reset_index()
