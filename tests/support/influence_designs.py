"""Designs of the study ``influence`` as its jobs would write them, from made-up numbers."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import torch

from invariance.records.results import tidy
from transforms2d.files.signed import write_tensors

CLASSES = (
    *("leak 1", "leak 2", "carrier 1", "carrier 2", "partial 1", "partial 2"),
    *("neutral 1", "neutral 2"),
)
TARGETS = ("class 1", "class 2", "class 3")
TARGET_LIST = ("rotate", "hue")
LISTS = (
    *([["rotate", "hue"]] * 4),
    *(["rotate", "blur"], ["hue", "blur"], ["scale", "blur"], ["translate", "blur"]),
)
MODELS, IMAGES = 64, 60
# What the study says of itself, as ``cells.measured_cells`` asks.
STUDY = SimpleNamespace(
    name="influence", published="influence", settings={"masks": {"kinds": ["bernoulli"]}}
)
HELPS = {"leak": 0.3, "carrier": 0.2, "partial": 0.1, "neutral": -0.1}
OWN = 1.0  # what a leak adds on images of its own object


def settings(**changed) -> dict:
    """Settings of ``estimate.run``."""
    return {
        "classes": list(CLASSES),
        "target_classes": list(TARGETS),
        "lists": LISTS,
        "target_list": TARGET_LIST,
        "estimator": "least_squares",
        "order_from": "val",
        "reliability": [16, 32, 64],
        "resamples": 100,
        "permutations": 60,
        "seed": 3,
        **changed,
    }


def weights() -> np.ndarray:
    """What each source class adds to the margin on each target class, float64 [K, T]."""
    table = np.repeat([[HELPS[name.split()[0]]] for name in CLASSES], len(TARGETS), axis=1)
    table[0, 0] += OWN
    table[1, 1] += OWN
    return table


def write_design(folder, masks=None, noise: float = 0.3, shards: int = 2, seed: int = 0) -> dict:
    """Write the outputs of a design's models; return the inputs of ``estimate.run``."""
    rng = np.random.default_rng(seed)
    if masks is None:
        masks = rng.integers(0, 2, (MODELS, len(CLASSES)))
    labels = np.arange(IMAGES) % len(TARGETS)
    base = {split: rng.normal(size=IMAGES) for split in ("val", "test")}

    def outputs(rows):
        margins = {
            split: base[split]
            + (rows @ weights())[:, labels]
            + noise * rng.normal(size=(len(rows), 1))
            - 1.0
            for split in base
        }
        tensors = {"masks": rows.astype(np.uint8), "seeds": np.arange(len(rows))}
        for split, one in margins.items():
            tensors[f"{split}/margin"] = one.astype(np.float32)
            tensors[f"{split}/correct"] = (one > 0).astype(np.uint8)
        tensors["source_accuracy"] = np.full(rows.shape, 0.5, np.float32)
        return tensors

    full = outputs(np.ones((2, len(CLASSES)), int))
    full["mapping"] = np.tile(weights().clip(0), (2, 1, 1)).astype(np.float32)
    full["similarity"] = full["mapping"] / 2
    files = {f"subsets{at}": outputs(part) for at, part in enumerate(np.array_split(masks, shards))}
    files |= {"full": full, "repeated": outputs(masks[:6])}
    for name, tensors in files.items():
        tensors = {key: torch.from_numpy(np.ascontiguousarray(one)) for key, one in tensors.items()}
        write_tensors(folder / f"{name}.safetensors", tensors, {"of": {"file": name}})
    shard = {"labels": torch.from_numpy(labels)}
    write_tensors(folder / "val.safetensors", shard, {"kind": "transforms2d_shard", "of": {"a": 1}})
    return {
        "subsets": [folder / f"subsets{at}.safetensors" for at in range(shards)],
        "full": folder / "full.safetensors",
        "repeated": folder / "repeated.safetensors",
        "val": folder / "val.safetensors",
    }


def cell(seed: int, model: str, domain: str = "t2d") -> dict:
    """The first columns of the tidy table."""
    names = {"study": "influence", "domain": domain, "seed": seed, "model": model}
    return {**names, "architecture": "small-cnn"}


CURVES = {  # accuracy after removing 2, 4 and 6 of 8 classes
    "bottom": (0.6, 0.7, 0.5),
    "random": (0.5, 0.45, 0.4),
    "top": (0.4, 0.3, 0.2),
}
FULL = 0.55


def removal_records(seed: int, curves=CURVES, repeats: int = 2, mended=0.3, domain="t2d") -> list:
    """Records of counterfactuals; repeats are 0.02 apart, designs 0.01 higher each."""
    found = []
    for repeat in range(repeats):
        shift = 0.01 * seed + 0.02 * (repeat - (repeats - 1) / 2)
        rows = [("none", 0, FULL, 0.1)]
        for arm, values in curves.items():
            rows += [(arm, 2 * at + 2, value, 0.2) for at, value in enumerate(values)]
        rows += [("wrong", 2, FULL, mended)]
        evaluations = [
            {
                "target": arm,
                "change": f"{removed} removed",
                "scores": {
                    "val_accuracy": value + shift + 0.05,
                    "test_accuracy": value + shift,
                    "wrong_accuracy": wrong + shift,
                },
            }
            for arm, removed, value, wrong in rows
        ]
        found.append(
            {
                "method": "counterfactuals",
                "cell": cell(seed, f"repeat{repeat}", domain),
                "evaluations": evaluations,
            }
        )
    return found


def influence_record(
    seed: int, influences, masks: str = "bernoulli", mapping=None, overlap=None, domain="t2d"
) -> dict:
    """A record of influences [K, 1 + T], on all images and on each target class."""
    influences = np.asarray(influences, float)
    mapping = influences if mapping is None else np.asarray(mapping, float)
    evaluations = []
    for at, target in enumerate(("all", *TARGETS)):
        for k, name in enumerate(CLASSES):
            scores = {"influence": influences[k, at], "difference_of_means": -influences[k, at]}
            scores |= {"standard_error": 0.1, **({"low": 0.0, "high": 1.0} if at == 0 else {})}
            evaluations.append({"target": target, "change": name, "scores": scores})
            cheap = {"mapping": mapping[k, at], "similarity": 0.5}
            if at == 0:
                share = len({*LISTS[k]} & {*TARGET_LIST}) / 2 if overlap is None else overlap[k]
                cheap |= {"source_accuracy": k / 10, "overlap": share}
            base = {"method": "influence_baselines", "target": target, "change": name}
            evaluations.append({**base, "scores": cheap})
    return {
        "method": "influence",
        "cell": cell(seed, masks, domain),
        "evaluations": evaluations,
    }


def planted() -> np.ndarray:
    """Influences [K, 1 + T] in which every plant is found."""
    return np.column_stack([weights().mean(axis=1), weights()])


def design_table(seeds: int = 5, noise: float = 0.0, **removals) -> pd.DataFrame:
    """The tidy table of designs; ``removals`` are arguments of ``removal_records``."""
    rng, records = np.random.default_rng(0), []
    for seed in range(seeds):
        values = planted() + noise * rng.normal(size=planted().shape)
        records += [influence_record(seed, values), *removal_records(seed, **removals)]
    return tidy(records)
