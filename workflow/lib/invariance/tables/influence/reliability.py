"""The reliability of influences, by kind of masks and number of models."""

import pandas as pd

from invariance.artefacts import ARTEFACTS
from invariance.records.tidy_checks import check_tidy
from invariance.tables import cells
from invariance.tables.layout import require

QUANTITIES = {
    "lds": "LDS",
    "lds_difference_of_means": "LDS, difference of means",
    "ceiling": "Ceiling of LDS",
    "split_half": "Split half",
    "r2": "R\u00b2",
    "null_band": "Largest without effect",
}
CORRELATIONS = ("lds", "lds_difference_of_means", "ceiling", "split_half")
RANGES = {**dict.fromkeys(CORRELATIONS, (-1, 1)), "r2": (float("-inf"), 1)}
KEY = ["domain", "masks", "models", "column"]
HEADS = {"domain": "Source and target", "masks": "Classes of a subset", "models": "Models"}


def numbers(results: pd.DataFrame, name: str, accuracy: str) -> pd.DataFrame:
    """The numbers of the table, one row per cell.

    Returns
    -------
    DataFrame with columns domain, masks (their kind), models (how many), column (the quantity),
    mean, low, high, std_seeds and n_seeds.

    Raises
    ------
    UserError
        If the study's table lacks rows that the table shows.
    """
    check_tidy(results, name)
    rows = results[results.method == "influence_reliability"]
    rows = rows[rows.quantity.isin(QUANTITIES)]
    require(rows, name)
    order = {quantity: at for at, quantity in enumerate(QUANTITIES)}
    rows = rows.assign(
        masks=rows.model,
        models=rows.change.str.split().str[0].astype(int),
        column=rows.quantity,
        order=rows.quantity.map(order),
    )
    rows = rows.sort_values(["domain", "masks", "order", "models"], kind="stable")
    return cells.over_seeds(cells.by_domain(rows), KEY)


def grid(name: str, numbers: pd.DataFrame, description: dict, latex: bool):
    """Texts and boldness of the cells; see ``invariance.tables.layout``."""
    digits = numbers.column.map(lambda quantity: 4 if quantity == "null_band" else 2)
    labels = {**QUANTITIES, "r2": "R$^2$" if latex else QUANTITIES["r2"]}
    return cells.grid(cells.clipped(numbers, RANGES), HEADS, digits, latex, labels)


def caption(name: str, numbers: pd.DataFrame, description: dict) -> str:
    """The table's subject, the meaning of its words, and the run."""
    subject = (
        "Reliability of influences on the target task. LDS: rank correlation of predicted and "
        "measured margins, each fifth of the models from the others, by least squares and by the "
        "difference of means; its ceiling is that between models of the same classes and other "
        "seeds. Split half: rank correlation of the influences from two halves of the models. "
        "R\u00b2: share of the variance of margins that is predicted. Largest without effect: 95 % "
        "of the largest absolute influences are below it if no class has any effect."
    )
    return cells.caption(ARTEFACTS[name].study, subject, numbers, description)
