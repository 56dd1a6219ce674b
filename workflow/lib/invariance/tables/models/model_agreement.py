"""Whether the measures of invariance put the models of each study in the same order."""

import pandas as pd

from invariance.analysis.models.agreement import KEY, agreements
from invariance.figures.contrastive import looks
from invariance.tables import cells
from invariance.tables.layout import ESCAPED, require
from invariance.tables.models.words import caption_of, study_labels

HEADS = {
    "study": "Study",
    "domain": "Domain",
    "target": "Images",
    "axis": "Invariance",
    "measure": "Measure",
}
COLUMNS = {
    "rho": "Rank correlation with sensitivity",
    "q": "q",
    "conditions": "Models",
    "contradictions": "Contradictions",
}
DIGITS = {"rho": 2, "q": 3, "conditions": 0, "contradictions": 0}


def numbers(results: pd.DataFrame, name: str, accuracy: str) -> pd.DataFrame:
    """The numbers of the table, one row per cell.

    Returns
    -------
    DataFrame with columns study, domain, target (the images), axis, measure, column (``rho``,
    ``q``, ``conditions`` or ``contradictions``), mean (its value), low and high (of ``rho``: 95 %
    bootstrap over seeds), std_seeds (empty) and n_seeds.

    Raises
    ------
    UserError
        If no three models were measured on the same images.
    """
    found = agreements(results)
    require(found, name)
    return cells.of_correlations(found, KEY, COLUMNS)


def grid(name: str, numbers: pd.DataFrame, description: dict, latex: bool):
    """Texts and boldness of the cells; see ``invariance.tables.layout``."""
    labels = {**looks.WORDS, **looks.MEASURES, **COLUMNS, **study_labels(numbers.study)}
    labels = looks.latex(labels) if latex else labels
    images = {one: one.translate(ESCAPED) if latex else one for one in numbers.target.unique()}
    return cells.grid(numbers, HEADS, numbers.column.map(DIGITS), latex, {**labels, **images})


def caption(name: str, numbers: pd.DataFrame, description: dict) -> str:
    """The table's subject, the meaning of its words, and the run."""
    subject = (
        "Spearman's rank correlation, over all models that were measured on the same images, of "
        "invariance by sensitivity and by another measure, means over the transformations of an "
        "axis; 1: the same order. Brackets: 95 % bootstrap interval over seeds. q: of a "
        "two-sided test that permutes whole models, corrected for the number of rows by Benjamini "
        "and Hochberg's method. Contradictions: pairs of models that both measures order with "
        "certainty over seeds, in opposite ways; empty below 3 seeds."
    )
    return caption_of(subject, numbers, description)
