"""What finds the useful source classes: influence, and cheaper quantities."""

import pandas as pd

from invariance.analysis.influence.predictors import aurocs, leaks_first, rank_correlations
from invariance.artefacts import ARTEFACTS
from invariance.records.tidy_checks import check_tidy
from invariance.tables import cells
from invariance.tables.layout import require

COLUMNS = {
    "correlation": "Rank correlation",
    "without_leaks": "without leaks",
    "carrier": "AUROC of carriers",
    "leak": "AUROC of leaks",
    "first": "Leaks that are first",
}
QUANTITIES = {
    "influence": "Influence (least squares)",
    "difference_of_means": "Influence (difference of means)",
    "overlap": "Overlap of transformations",
    "similarity": "Similarity of objects",
    "mapping": "Label mapping",
    "source_accuracy": "Source accuracy",
}
# Overlap is what carriers are planted by, so it finds them by construction.
BY_CONSTRUCTION = ("overlap", "carrier")
RANGES = {
    **dict.fromkeys(("correlation", "without_leaks"), (-1, 1)),
    **dict.fromkeys(("carrier", "leak", "first"), (0, 1)),
}
KEY = ["domain", "masks", "row", "column"]
HEADS = {"domain": "Source and target", "masks": "Classes of a subset", "row": "Quantity"}


def numbers(results: pd.DataFrame, name: str, accuracy: str) -> pd.DataFrame:
    """The numbers of the table, one row per cell.

    Returns
    -------
    DataFrame with columns domain, masks (their kind), row (the quantity), column (the measure),
    mean, low, high, std_seeds and n_seeds.

    Raises
    ------
    UserError
        If the study's table lacks rows that the table shows.
    """
    check_tidy(results, name)
    kinds = results[results.method == "influence_baselines"].model.unique()
    parts = [part for masks in kinds for part in _measures(results, masks)]
    rows = pd.concat(parts) if parts else pd.DataFrame()
    require(rows, name)
    rows = rows[rows.value.notna() & rows.row.isin(QUANTITIES)]
    rows = rows[(rows.row != BY_CONSTRUCTION[0]) | (rows.column != BY_CONSTRUCTION[1])]
    rows = rows.assign(
        row_place=rows.row.map(list(QUANTITIES).index),
        column_place=rows.column.map(list(COLUMNS).index),
    )
    by = ["domain", "masks", "row_place", "column_place"]
    return cells.over_seeds(cells.by_domain(rows.sort_values(by, kind="stable")), KEY)


def _measures(results: pd.DataFrame, masks: str):
    areas = aurocs(results, masks)
    correlations = rank_correlations(results, masks)
    planted = correlations.domain.isin(areas.domain)  # elsewhere there are no leaks
    for column, rows in (("correlation", correlations), ("without_leaks", correlations[planted])):
        yield rows.assign(masks=masks, column=column, value=rows[column], row=rows.quantity)
    yield areas.assign(masks=masks, column=areas.kind, value=areas.auroc, row=areas.quantity)
    first = leaks_first(results, masks)
    yield first.assign(masks=masks, column="first", value=first.share, row=first.quantity)


def grid(name: str, numbers: pd.DataFrame, description: dict, latex: bool):
    """Texts and boldness of the cells; see ``invariance.tables.layout``."""
    texts, bold = cells.grid(
        cells.clipped(numbers, RANGES), HEADS, 2, latex, {**QUANTITIES, **COLUMNS}
    )
    order = [words for words in COLUMNS.values() if words in texts]
    return texts[order], bold[order]


def caption(name: str, numbers: pd.DataFrame, description: dict) -> str:
    """The table's subject, the meaning of its words, and the run."""
    subject = (
        "Quantities that may find the useful source classes. Rank correlation: Spearman's, with "
        "influence by least squares, over classes. AUROC: area under the ROC curve, of carriers "
        "against partial and neutral classes, and of leaks against all others; overlap finds "
        "carriers by construction. Leaks that are first: the share of leaks with the highest value "
        "of all source classes for the target class that they show."
    )
    return cells.caption(ARTEFACTS[name].study, subject, numbers, description)
