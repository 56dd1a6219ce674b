"""Networks on subsets, small enough for tests: settings, masks, images."""

import numpy as np
import torch
from support.small_training import make_shard

from invariance.subsets import data as datasets
from invariance.subsets import settings as rules

CLASSES = 4
SETTINGS = {
    "architecture": "small-cnn",
    "width": 4,
    "blocks_per_stage": None,
    "image_size": 16,
    "num_classes": CLASSES,
    "steps": 6,
    "fixed": "steps",
    "batch_size": 8,
    "learning_rate": 5e-3,
    "precision": "fp32",
    "channels_last": False,
    "mean": [0.5, 0.5, 0.5],
    "std": [0.25, 0.25, 0.25],
    "device": "cpu",
    "stack": {"models": 8, "backend": "groups"},
}
# Every class is in some and out of some; two networks differ in their seed alone.
MASKS = np.array(
    [
        *([1, 1, 0, 0], [1, 0, 1, 1], [0, 1, 1, 0], [1, 1, 1, 1]),
        *([0, 0, 1, 1], [1, 0, 1, 0], [0, 1, 1, 1], [1, 0, 1, 0]),
    ],
    dtype=np.uint8,
)
SEEDS = np.arange(11, 19)


def settings(**change) -> dict:
    """Checked settings; ``models`` and ``backend`` are those of the stack."""
    stack = {key: change.pop(key) for key in ("models", "backend") if key in change}
    return rules.checked({**SETTINGS, **change, "stack": {**SETTINGS["stack"], **stack}})


def make_shards(size: int = 16) -> dict:
    """Shards of a source of four classes and a target of three, as ``data.load`` takes them."""
    options = {"classes": CLASSES, "size": size}
    target = {"classes": 3, "size": size}
    return {
        "source_train": make_shard(80, **options),
        "source_test": make_shard(30, seed=1, **options),
        "target_train": make_shard(40, seed=2, **target),
        "target_val": make_shard(30, seed=3, **target),
        "target_test": make_shard(25, seed=4, **target),
    }


def make_data(settings: dict) -> datasets.Data:
    shards = make_shards(settings["image_size"])
    return datasets.load(shards, settings, torch.device("cpu"))
