"""Images of a source and a target, and influences of source classes on target images."""

import numpy as np
from support.small_images import small_base

from transforms2d.spec import DatasetSpec
from transforms2d.storage.shards import make_shard

SOURCES = ["leak 1", "carrier 1", "partial 1", "neutral 1", "neutral 2", "neutral 3", "neutral 4"]
LISTS = {0: ("rotate", "hue"), 1: ("rotate", "hue"), 2: ("rotate", "blur"), 3: ("blur",)}


def shards() -> dict:
    """Shards of seven source classes, each with its own list, and of a target of three."""
    base = small_base(classes=12)
    common = {"image_size": 32, "seed": 3}
    source = DatasetSpec(
        split="test", classes=tuple(range(7)), samples=35, transforms=LISTS, **common
    )
    target = DatasetSpec(
        split="val", classes=(0, 8, 9), samples=240, transforms=("rotate", "hue"), **common
    )
    return {"source": make_shard(source, base), "target": make_shard(target, base)}


def influences(shards: dict) -> np.ndarray:
    """The leak helps half of the hues of its own object, and one class harms one object."""
    target = shards["target"]
    found = np.random.default_rng(0).normal(0, 0.01, (len(SOURCES), len(target)))
    hue = target.latents["hue.hue_turns"].numpy()
    found[0] += 0.5 * ((target.labels == 0).numpy() & (hue > 0))
    found[1] += 0.1
    found[5] -= 0.2 * (target.labels == 2).numpy()
    return found
