"""The numbers of each table, tidy: mean, spread over seeds, spread over cells, and their counts."""

import pandas as pd

from invariance.analysis.published.features import SENSITIVITIES
from invariance.analysis.sensitivity_relations import RELATIONS, SETS, relations
from invariance.artefacts import ARTEFACTS
from invariance.records.tidy_checks import check_tidy
from invariance.studies.invariance_transfer import KINDS
from invariance.studies.irrelevant_features import TASKS
from invariance.tables.layout import require


def numbers(results: pd.DataFrame, name: str, accuracy: str) -> pd.DataFrame:
    """The numbers of a table, one row per cell, in the paper's order.

    Parameters
    ----------
    results : DataFrame
        The tidy table of the table's study.
    name : str
        ``tab1`` to ``tab5``.
    accuracy : str
        The protocol's switch: ``test`` or ``pooled_macro``.

    Returns
    -------
    DataFrame with columns block, row, column, mean, std_seeds (over seeds, of each seed's mean over
    transformations), std_cells (over all pairs of seed and transformation), n_seeds and n_cells.
    Table 1 has one cell per seed, so that its spreads are equal. A spread of one value is empty.

    Raises
    ------
    UserError
        If the study's table lacks rows that the table shows.
    """
    check_tidy(results, name)
    cells = _features(results, name, accuracy) if name == "tab1" else _sensitivities(results, name)
    require(cells, name)
    key = ["block", "row", "column"]
    seeds = cells.groupby([*key, "seed"], observed=True).value.mean().groupby(key, observed=True)
    grouped = cells.groupby(key, observed=True).value
    columns = {
        "mean": seeds.mean(),
        "std_seeds": seeds.std(),
        "std_cells": grouped.std(),
        "n_seeds": seeds.count(),
        "n_cells": grouped.count(),
    }
    return pd.DataFrame(columns).reset_index()


def _features(results: pd.DataFrame, name: str, accuracy: str) -> pd.DataFrame:
    table = ARTEFACTS[name]
    rows = results[
        results.domain.isin(table.domains) & results.architecture.isin(table.architectures)
    ]
    rows = rows[rows.data.isin(TASKS)]
    probes = rows[(rows.method == "linear_probe") & (rows.quantity == f"{accuracy}_accuracy")]
    probes = probes.assign(block="accuracy", column=probes.target.str.removeprefix("target/"))
    scored = rows[(rows.method == "sensitivity") & (rows.quantity == "l2")]
    scored = scored.assign(block="sensitivity", column=scored.change.map(SENSITIVITIES))
    cells = pd.concat([probes, scored]).rename(columns={"data": "row"})
    orders = {
        "block": ("accuracy", "sensitivity"),
        "row": TASKS,
        "column": (*TASKS, *SENSITIVITIES.values()),
    }
    return _ordered(cells, orders)


def _sensitivities(results: pd.DataFrame, name: str) -> pd.DataFrame:
    rows = results[results.architecture == ARTEFACTS[name].architectures[0]]
    cells = relations(rows).rename(columns={"data": "block", "relation": "row", "target": "column"})
    cells = cells[cells.column.isin(SETS)]  # further sets are not in the tables
    return _ordered(cells, {"block": KINDS, "row": RELATIONS, "column": SETS})


def _ordered(cells: pd.DataFrame, orders: dict) -> pd.DataFrame:
    return cells.assign(
        **{key: pd.Categorical(cells[key], values, ordered=True) for key, values in orders.items()}
    )
