"""Tidy tables of the measures of all studies' models, with an order of models that is planted."""

import itertools

import pandas as pd

from invariance.analysis.contrastive.from_table import MEASURES
from invariance.studies.contrastive.shown import AXES

MODELS = {
    "invariance_mismatch": {
        f"nested{size}/resnet-18": {"transformations": size} for size in (1, 2, 3, 4)
    },
    "irrelevant_features": {
        f"{data}/resnet-18": {"data": data, "correlation": 0.0, "availability": share}
        for data, share in (("C_C", 0.0), ("CO_C", 1.0), ("CO_C_availability0.4", 0.4))
    },
}
IMAGES = {
    "invariance_mismatch": ("t2d", "target/nested1"),
    "irrelevant_features": ("cifar10_corner", "target/CO_C"),
}


def table(seeds: int = 3, value=None) -> pd.DataFrame:
    """The tables of both studies together; ``value`` gives a row's value from its columns."""
    value = value or planted
    parts = [
        pd.DataFrame([{**row, "value": value(row)} for row in rows(study, seeds)])
        for study in MODELS
    ]
    return pd.concat(parts, ignore_index=True)


def rows(study: str, seeds: int):
    """Every row of a study's table, without its value; ``place`` is the planted order."""
    domain, images = IMAGES[study]
    for seed, (place, model) in itertools.product(range(seeds), enumerate(MODELS[study])):
        cell = {"study": study, "domain": domain, "seed": seed, "model": model}
        own = {**cell, **MODELS[study][model], "architecture": "resnet-18", "target": images}
        own["place"] = place
        yield {**own, "method": "spectrum", "quantity": "effective_rank"}
        for changes in AXES.values():
            for change, quantity in itertools.product(changes, MEASURES):
                yield {**own, "method": "invariance", "change": change, "quantity": quantity}


def planted(row: dict) -> float:
    """Each model is more invariant than the one before, by every measure; seeds differ little."""
    noise = 0.001 * ((7 * row["seed"] + 3 * row["place"]) % 5)
    if row["quantity"] == "effective_rank":
        return 5 + row["place"] + noise
    if row["quantity"] == "sensitivity":
        return 0.9 - 0.1 * row["place"] + noise
    return 0.1 + 0.1 * row["place"] + noise
