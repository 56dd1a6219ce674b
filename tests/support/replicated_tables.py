"""Tidy tables of a perfect replication: all four studies, drawn from what was published.

Every number of a run comes from the published mean and spread of the cells that it is part of. A
model that the paper shows in several panels has the average of these panels. Where nothing was
published (figures 14, 16 and 17), numbers follow the text.
"""

import copy

import numpy as np
import pandas as pd
from support.replications import spreads
from support.tidy_tables import tidy_tables

from invariance.analysis.cells import KEY, measured_cells
from invariance.scorecard.claims.transfer import MUTUAL, SPILLS
from invariance.studies import load_studies
from transforms2d.transformations.registry import TRANSFORMATIONS

# What part of the variance over pairs of seed and transformation belongs to the transformation,
# which is the same for all models and seeds.
OF_TRANSFORMATION = 0.9
LEFT_OUT = {"seed", "model", "quantity"}
SPILLED = 0.1  # how much lower a sensitivity is that was lowered by a related transformation


def replicated_tables(config: dict, published: pd.DataFrame, rng: np.random.Generator) -> dict:
    """The tables by study, for the studies and seeds of ``config``."""
    expected = _expected(config, published)
    names = [name for name in TRANSFORMATIONS if name != "none"]
    effects = dict(zip(names, _standardised(rng, len(names)), strict=True))
    drawn: dict = {}

    def value(row):
        code = _code(row)
        mean, sd = expected.get(code) or _by_the_text(row)
        if row["study"] == "invariance_transfer" and row["method"] == "sensitivity":
            shared, own = np.sqrt([OF_TRANSFORMATION, 1 - OF_TRANSFORMATION])
            noise = shared * effects[row["change"]] + own * rng.normal()
            lower = SPILLED * ((row["transformation"], row["change"]) in (*SPILLS, *MUTUAL))
            return max(0, mean - lower + sd * np.sqrt(len(names)) * noise)
        # Both definitions of accuracy are of one network.
        cell = (code, row["seed"])
        if cell not in drawn:
            drawn[cell] = mean + sd * rng.normal()
        return drawn[cell]

    return tidy_tables(config, value)


def _standardised(rng, n: int) -> np.ndarray:
    draws = rng.normal(size=n)
    return (draws - draws.mean()) / draws.std()


def _one_seed(config: dict) -> dict:
    config = copy.deepcopy(config)
    for study in config["studies"].values():
        study["seeds"] = 1
    return config


def _code(row: dict) -> tuple:
    """What the expectation of a row depends on."""
    if row["study"] == "invariance_transfer" and row["method"] == "sensitivity":
        same = row["transformation"] == row["change"]
        relation = "same" if same else "none" if row["transformation"] == "none" else "other"
        return row["study"], row["architecture"], row["data"], relation, row["target"]
    return tuple((key, value) for key, value in row.items() if key not in LEFT_OUT)


def _expected(config: dict, published: pd.DataFrame) -> dict[tuple, tuple[float, float]]:
    """Mean and spread over seeds by code, found by a run in which every number is its code."""
    numbers: dict[tuple, int] = {}
    config = _one_seed(config)
    tables = tidy_tables(config, lambda row: numbers.setdefault(_code(row), len(numbers)))
    theirs = spreads(published).drop_duplicates(["study", *KEY])
    found = []
    for name, study in load_studies(config).items():
        cells = measured_cells(tables[name], study, "pooled_macro")
        found.append(cells.rename(columns={"value": "number"}).assign(study=name))
    matched = pd.concat(found).merge(theirs, on=["study", *KEY])
    means = matched.groupby("number")[["value", "sd"]].mean()
    codes = list(numbers)
    return {codes[int(n)]: (row.value, row.sd) for n, row in means.iterrows()}


def _by_the_text(row: dict) -> tuple[float, float]:
    """Figure 14: with correlation, object features come, and image features leave at 1; with any
    availability, object features leave. Elsewhere nothing is compared."""
    correlation, availability = row.get("correlation", 0), row.get("availability", 0)
    if row.get("target") == "target/CO_O":
        return 0.53 + 0.45 * correlation, 0.01
    if row.get("target") == "target/CO_C" and availability:
        return (0.25 if correlation == 1 else 0.97), 0.01
    return 0.9, 0.01
