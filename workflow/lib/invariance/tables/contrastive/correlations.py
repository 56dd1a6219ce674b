"""Rank correlations, over networks, of invariance on each axis and downstream scores."""

import pandas as pd

from invariance.analysis.contrastive.relations import KEY, correlations
from invariance.artefacts import ARTEFACTS
from invariance.figures.contrastive import looks
from invariance.records.tidy_checks import check_tidy
from invariance.tables import cells
from invariance.tables.layout import require

HEADS = {"domain": "Pretrained on", "measure": "Measure", "axis": "Invariance", "task": "Task"}
COLUMNS = {"rho": "Rank correlation", "p": "p", "q": "q", "conditions": "Conditions"}
DIGITS = {"rho": 2, "p": 3, "q": 3, "conditions": 0}


def numbers(results: pd.DataFrame, name: str, accuracy: str) -> pd.DataFrame:
    """The numbers of the table, one row per cell.

    Returns
    -------
    DataFrame with columns domain, measure, axis, task, column (``rho``, ``p``, ``q`` or
    ``conditions``), mean (its value), low and high (of ``rho``: 95 % bootstrap over seeds),
    std_seeds (empty) and n_seeds.

    Raises
    ------
    UserError
        If the study's table lacks rows that the table shows, or has fewer than three conditions.
    """
    check_tidy(results, name)
    found = correlations(results)
    require(found, name)
    return cells.of_correlations(found, KEY, COLUMNS)


def grid(name: str, numbers: pd.DataFrame, description: dict, latex: bool):
    """Texts and boldness of the cells; see ``invariance.tables.layout``."""
    labels = {**looks.WORDS, **looks.MEASURES, **COLUMNS}
    labels = looks.latex(labels) if latex else labels
    return cells.grid(numbers, HEADS, numbers.column.map(DIGITS), latex, labels)


def caption(name: str, numbers: pd.DataFrame, description: dict) -> str:
    """The table's subject, the meaning of its words, and the run."""
    subject = (
        "Spearman's rank correlation, over all single networks, of mean invariance on an axis with "
        "a score; above 0: more invariant networks score higher. Latents: mean R2 of place and "
        "scale (spatial), of hue, brightness and contrast (appearance). Brackets: 95 % bootstrap "
        "interval over seeds, too narrow with few of them. p: two-sided, from permutations of "
        "whole conditions, which are few: "
        "with three it is at least 1/3, with four 1/12. q: corrected for the number of rows by "
        "Benjamini and Hochberg's method."
    )
    seeds, study = int(numbers.n_seeds.max()), ARTEFACTS[name].study
    over = "One seed" if seeds == 1 else f"{seeds} seeds"
    return f"{subject} {over}; {cells.of_run(study, description)}"
