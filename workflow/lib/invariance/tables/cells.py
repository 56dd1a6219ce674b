"""Cells of tables of further studies: means over seeds, intervals, and their texts."""

from collections.abc import Iterable

import pandas as pd

from invariance.analysis.seed_statistics import LEAST_FOR_INTERVAL, interval_of
from invariance.config.run_description import protocol_text, scale_text
from invariance.studies.labels import LABELS as DOMAINS
from invariance.tables.layout import labelled

LABELS = {**DOMAINS, "bernoulli": "Probability 1/2", "half": "Half"}
MINUS = {True: "$-$", False: "\u2212"}  # in LaTeX, and elsewhere


def over_seeds(values: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """Means over seeds, one row per cell, in the order of the values.

    Parameters
    ----------
    values : DataFrame
        With the columns of ``key``, ``seed`` and ``value``.

    Returns
    -------
    DataFrame with the columns of ``key``, mean, low and high (ends of the 95 % t interval, empty
    below 3 seeds), std_seeds and n_seeds.
    """
    rows = []
    for cell, part in values.groupby(key, sort=False):
        of_seeds = part.value.to_numpy(float)
        low, high = interval_of(of_seeds)
        spread = part.value.std() if len(part) > 1 else float("nan")
        rows.append([*cell, of_seeds.mean(), low, high, spread, len(of_seeds)])
    return pd.DataFrame(rows, columns=[*key, "mean", "low", "high", "std_seeds", "n_seeds"])


def of_correlations(
    found: pd.DataFrame, key: Iterable[str], columns: Iterable[str]
) -> pd.DataFrame:
    """Rank correlations as cells, one row per value that there is.

    Parameters
    ----------
    found : DataFrame
        With the columns of ``key``, those of ``columns``, low, high and seeds.
    columns : iterable of str
        The columns that are cells; ``rho`` has the interval.

    Returns
    -------
    DataFrame as of ``over_seeds``, with ``column``, and without deviations over seeds.
    """
    nothing = float("nan")
    rows = [
        {
            **{key: getattr(row, key) for key in key},
            "column": column,
            "mean": getattr(row, column),
            "low": row.low if column == "rho" else nothing,
            "high": row.high if column == "rho" else nothing,
            "std_seeds": nothing,
            "n_seeds": row.seeds,
        }
        for row in found.itertuples()
        for column in columns
    ]
    return pd.DataFrame(rows).dropna(subset="mean").reset_index(drop=True)


def by_domain(rows: pd.DataFrame, column: str = "domain") -> pd.DataFrame:
    """The rows with those of Transforms-2D first; otherwise in their order."""
    return rows.sort_values(column, key=lambda names: names != "t2d", kind="stable")


def clipped(
    numbers: pd.DataFrame, limits: dict[str, tuple[float, float]], by: str = "column"
) -> pd.DataFrame:
    """The numbers with ends of intervals within the range of each quantity, named in ``by``."""
    low, high = (
        numbers[by].map({name: ends[at] for name, ends in limits.items()}) for at in (0, 1)
    )
    return numbers.assign(
        low=numbers.low.clip(lower=low.fillna(float("-inf"))),
        high=numbers.high.clip(upper=high.fillna(float("inf"))),
    )


def grid(
    numbers: pd.DataFrame, index: dict[str, str], digits, latex: bool, labels: dict
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Texts of a table's cells, such as ``0.12 [0.08, 0.16]``, of which none is bold.

    Parameters
    ----------
    index : dict of str to str
        The columns of ``numbers`` whose values are rows, and their heads.
    digits : int or Series of int
        Decimals, of all cells or of each.
    """
    decimals = pd.Series(digits, index=numbers.index)
    ends = numbers[["mean", "low", "high"]].to_numpy()
    texts = [_text(*one, places, latex) for one, places in zip(ends, decimals, strict=True)]
    shown = numbers.assign(text=texts, **{key: numbers[key].astype(str) for key in index})
    rows = list(dict.fromkeys(map(tuple, shown[list(index)].to_numpy())))
    columns = list(dict.fromkeys(shown.column))
    wide = shown.pivot(index=list(index), columns="column", values="text")
    wide = wide.reindex(pd.MultiIndex.from_tuples(rows) if len(index) > 1 else [r[0] for r in rows])
    wide = wide[columns].fillna("")
    wide.index = labelled(wide.index, {**LABELS, **labels}).set_names(list(index.values()))
    wide.columns = labelled(wide.columns, {**LABELS, **labels}).set_names([None])
    return wide, wide.map(lambda _: False)


def caption(study: str, subject: str, numbers: pd.DataFrame, description: dict) -> str:
    """What a table shows, its seeds, and the run."""
    seeds = int(numbers.n_seeds.max())
    over = "one seed" if seeds == 1 else f"{seeds} seeds"
    shown = f"Mean over {over}" if seeds > 1 else "One seed"
    if seeds >= LEAST_FOR_INTERVAL:
        shown += " and its 95 % t interval"
    return f"{subject} {shown}; {of_run(study, description)}"


def of_run(study: str, description: dict) -> str:
    """The end of a caption: protocol, scale, and the folder of the results."""
    return run_text([study], description, "No value of this study is published.")


def run_text(studies, description: dict, remark: str) -> str:
    """Protocol, scale of these studies, folder of the results, and a remark."""
    scale = scale_text(
        {**description, "scale": {one: description["scale"][one] for one in studies}}
    )
    made_with = f" {description['made_with']}" if description.get("made_with") else ""
    return f"{protocol_text(description)}; {scale}; {description['run']}. {remark}{made_with}"


def _text(mean: float, low: float, high: float, digits: int, latex: bool) -> str:
    text = f"{mean:.{digits}f}"
    if low == low:
        text += f" [{low:.{digits}f}, {high:.{digits}f}]"
    return text.replace("-", MINUS[latex])
