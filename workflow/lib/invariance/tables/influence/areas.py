"""Accuracy by order of removal, differences, the best point, and mended predictions."""

import pandas as pd

from invariance.analysis.influence import from_table
from invariance.artefacts import ARTEFACTS
from invariance.records.tidy_checks import check_tidy
from invariance.tables import cells
from invariance.tables.layout import require

# Blocks of rows. Differences are from the first arm to the second.
ARMS = ("bottom", "planted", "mapping", "random", "top")
DIFFERENCES = (
    ("bottom", "random"),
    ("random", "top"),
    ("planted", "random"),
    ("mapping", "random"),
    ("bottom", "mapping"),
)
LABELS = {
    "area": "Area: mean accuracy over all removals",
    "difference": "Difference of areas",
    "best": "Best point",
    "half": "Half of the classes",
    "wrong": "Wrong predictions",
    "bottom": "most harmful first",
    "top": "most useful first",
    "random": "random order",
    "planted": "least overlap first",
    "mapping": "least mapped to first",
    "full": "accuracy with all classes",
    "removed": "most harmful classes removed",
    "accuracy": "accuracy without them",
    "gain": "accuracy gained",
    "none": "accuracy with all classes",
    "without_random": "accuracy without random ones",
    "without_wrong": "accuracy without harmful ones",
    "mended": "harmful minus random ones",
}
KEY = ["block", "row", "column"]
COUNTS = "removed"  # the only row that is no accuracy
RANGES = {
    **dict.fromkeys((*ARMS, "full", "accuracy", "none", "without_random", "without_wrong"), (0, 1)),
    COUNTS: (0, float("inf")),
}


def numbers(results: pd.DataFrame, name: str, accuracy: str) -> pd.DataFrame:
    """The numbers of the table, one row per cell: a row of a block, for a domain.

    Returns
    -------
    DataFrame with columns block, row, column, mean, low, high, std_seeds and n_seeds.

    Raises
    ------
    UserError
        If the study's table lacks rows that the table shows.
    """
    check_tidy(results, name)
    require(from_table.curves(results), name)
    areas = from_table.areas(results).pivot(index=["domain", "seed"], columns="arm", values="area")
    values = {("area", arm): areas[arm] for arm in ARMS if arm in areas}
    values |= {
        ("difference", f"{one} - {other}"): areas[one] - areas[other]
        for one, other in DIFFERENCES
        if {one, other} <= set(areas)
    }
    for block, points in (
        ("best", from_table.best_points(results)),
        ("half", from_table.half_points(results)),
    ):
        points = points.set_index(["domain", "seed"])
        values |= {(block, "full"): points.full, (block, "removed"): points.removed}
        values[block, "accuracy"] = points.test_accuracy
        values[block, "gain"] = points.test_accuracy - points.full
    mending = from_table.mending(results).set_index(["domain", "seed"])
    values |= {("wrong", "none"): mending.none, ("wrong", "without_random"): mending.random}
    values |= {("wrong", "without_wrong"): mending.wrong}
    values[("wrong", "mended")] = mending.wrong - mending.random
    parts = [
        cells.by_domain(one.rename("value").reset_index()).assign(block=block, row=row)
        for (block, row), one in values.items()
    ]
    rows = pd.concat(parts).rename(columns={"domain": "column"}).dropna(subset="value")
    return cells.over_seeds(rows, KEY)


def grid(name: str, numbers: pd.DataFrame, description: dict, latex: bool):
    """Texts and boldness of the cells; see ``invariance.tables.layout``."""
    numbers = cells.clipped(numbers, RANGES, "row")
    digits = numbers.row.map(lambda row: 1 if row == COUNTS else 3)
    differences = {f"{a} - {b}": f"{LABELS[a]} minus {LABELS[b]}" for a, b in DIFFERENCES}
    heads = {"block": "On the target", "row": "Classes are removed"}
    return cells.grid(numbers, heads, digits, latex, {**LABELS, **differences})


def caption(name: str, numbers: pd.DataFrame, description: dict) -> str:
    """The table's subject, the meaning of its words, and the run."""
    subject = (
        "Accuracy on the evaluation half of the target after source classes were removed, by order "
        "of removal. Best point: the number of classes whose removal is best on the influence "
        "half. Wrong predictions: images of the influence half that most networks of all classes "
        "get wrong; the smallest number of classes is removed."
    )
    return cells.caption(ARTEFACTS[name].study, subject, numbers, description)
