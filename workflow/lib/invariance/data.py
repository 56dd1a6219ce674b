"""The prepared images that datasets are rendered from, and shards drawn anew each epoch."""

from collections.abc import Callable

from torch import Tensor

from transforms2d.base_images import BaseImages
from transforms2d.natural_images import NaturalImages
from transforms2d.render import Renderer
from transforms2d.shards import Shard


def load_images(paths: dict, split: str) -> dict:
    """Images for one split, as ``base`` and ``natural`` of the renderer.

    Parameters
    ----------
    paths : mapping
        ``base``, or ``natural_train`` and ``natural_test``; other keys are left alone. Training
        and validation split the training images between them.
    """
    part = "natural_test" if split == "test" else "natural_train"
    return {
        "base": BaseImages.load(paths["base"]) if "base" in paths else None,
        "natural": NaturalImages.load(paths[part]) if part in paths else None,
    }


def fresh_draws(shard: Shard, images: dict, device: str) -> Callable[[int], Tensor]:
    """Give, for an epoch, a shard's images under new draws of their transformations (fork 4).

    Epoch 0 shows the shard itself.

    Parameters
    ----------
    images : mapping
        As ``load_images`` gives them.
    """
    renderer = Renderer(shard.spec, images["base"], images["natural"], device)
    return lambda epoch: renderer.render(range(len(shard)), draw=epoch).images
