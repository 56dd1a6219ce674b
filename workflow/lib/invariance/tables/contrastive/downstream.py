"""Downstream scores of networks, of fusions and of their controls, and mean ranks over tasks."""

import pandas as pd

from invariance.analysis.contrastive import conditions, from_table
from invariance.analysis.contrastive.gains import ENSEMBLE, PART, gains
from invariance.artefacts import ARTEFACTS
from invariance.figures.contrastive import looks
from invariance.records.tidy_checks import check_tidy
from invariance.tables import cells
from invariance.tables.layout import require

KEY = ["domain", "block", "row", "column"]
HEADS = {"domain": "Pretrained on", "block": "Features", "row": "Pretraining"}
NETWORK, FUSION = "network", "fusion"
BLOCKS = {
    NETWORK: "One network",
    FUSION: "Fusion",
    ENSEMBLE: "Ensemble of one condition",
    f"minus {PART}": "Fusion minus its better part",
    f"minus {ENSEMBLE}": "Fusion minus the better ensemble of its size",
}
RANK = "rank"
LIMITS = {RANK: (1, float("inf"))}


def numbers(results: pd.DataFrame, name: str, accuracy: str) -> pd.DataFrame:
    """The numbers of the table, one row per cell.

    Returns
    -------
    DataFrame with columns domain, block, row (a condition), column (a task, or ``rank``), mean,
    low, high, std_seeds and n_seeds. What is better is what has the higher mean over seeds.

    Raises
    ------
    UserError
        If the study's table lacks rows that the table shows.
    """
    check_tidy(results, name)
    scores = from_table.scores(results)
    require(scores, name)
    scores = scores.assign(block=scores.condition.map(_block))
    ranks = _ranks(scores[scores.block == NETWORK])
    values = pd.concat([scores.rename(columns={"task": "column"}), ranks, _gains(results)])
    values = from_table.sort(values).rename(columns={"condition": "row"})
    order = [*from_table.ordered_tasks(scores.task), RANK]
    values = values.assign(
        _block=values.block.map(list(BLOCKS).index), _column=values.column.map(order.index)
    )
    values = values.sort_values(["_block", "_column"], kind="stable")
    return cells.over_seeds(cells.by_domain(values), KEY)


def _block(condition: str) -> str:
    if not conditions.is_fusion(condition):
        return NETWORK
    return ENSEMBLE if conditions.is_ensemble(condition) else FUSION


def _ranks(scores: pd.DataFrame) -> pd.DataFrame:
    """Mean rank of each network over the tasks of its seed; 1 is best."""
    ranks = scores.groupby(["domain", "seed", "task"]).value.rank(ascending=False)
    by = ["domain", "seed", "condition", "block"]
    means = scores.assign(value=ranks).groupby(by, as_index=False).value.mean()
    return means.assign(column=RANK)


def _gains(results: pd.DataFrame) -> pd.DataFrame:
    """Differences of each fusion from what is best, of its kind, on average over seeds."""
    rows = gains(results)
    by = ["domain", "task", "fusion", "kind"]
    means = rows.groupby([*by, "against"], as_index=False).value.mean()
    hardest = means.loc[means.groupby(by).value.idxmin()].drop(columns="value")
    rows = rows.merge(hardest, on=[*by, "against"])
    rows = rows.assign(block="minus " + rows.kind)
    rows = rows.rename(columns={"fusion": "condition", "task": "column"})
    return rows[["domain", "seed", "condition", "column", "block", "value"]]


def grid(name: str, numbers: pd.DataFrame, description: dict, latex: bool):
    """Texts and boldness of the cells; see ``invariance.tables.layout``."""
    digits = numbers.column.map(lambda column: 1 if column == RANK else 3)
    labels = {one: looks.label(one) for one in numbers.row.unique()}
    labels |= {**looks.WORDS, RANK: "Mean rank", "place": "Place (R\u00b2)", **BLOCKS}
    labels = looks.latex(labels) if latex else labels
    return cells.grid(cells.clipped(numbers, LIMITS), HEADS, digits, latex, labels)


def caption(name: str, numbers: pd.DataFrame, description: dict) -> str:
    """The table's subject, the meaning of its words, and the run."""
    subject = (
        "Scores on downstream tasks from frozen features: accuracy of logistic regression, and R2 "
        "of ridge regression for the place of the object, on test images. Fusion: the features of "
        "networks of several conditions side by side, each standardised; ensemble: as many "
        "networks of one condition, with other seeds. Differences are taken within each seed, "
        "from the part or ensemble with the highest mean. Mean rank over tasks among single "
        "networks; 1 is best."
    )
    return cells.caption(ARTEFACTS[name].study, subject, numbers, description)
