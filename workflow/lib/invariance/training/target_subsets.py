"""Subsets of target data: a number of images, or a share of each class."""

import torch
from torch import Tensor

from invariance.jobs.setting_rules import Rule
from transforms2d import seeds
from transforms2d.errors import UserError

AMOUNT = Rule(
    lambda v: (type(v) is int and v >= 1) or (type(v) is float and 0 < v <= 1),
    "a whole number of images >= 1 or a share of each class in (0, 1]",
)
AMOUNTS = Rule(
    lambda v: isinstance(v, list) and all(map(AMOUNT.test, v)), f"a list, each {AMOUNT.expected}"
)


def subset(labels: Tensor, samples: int | float, seed: int) -> Tensor:
    """Rows of the images to train on, int64, ascending; larger subsets contain smaller ones.

    Parameters
    ----------
    labels : int64 [N]
    samples : int or float
        An int selects that many images at random, from all classes; a float selects that share of
        each class, rounded half up, and at least one image.

    Raises
    ------
    UserError
        If ``samples`` exceeds the number of images.
    """
    order = torch.from_numpy(
        seeds.generator(seed, "fine_tuning/samples").permutation(len(labels)).astype("int64")
    )
    if isinstance(samples, float):
        shuffled = labels[order]
        parts = [order[shuffled == kind] for kind in labels.unique()]
        rows = torch.cat([part[: max(1, int(samples * len(part) + 0.5))] for part in parts])
        return rows.sort().values
    if samples > len(labels):
        raise UserError(f"samples: {samples} is more than the {len(labels)} training images")
    return order[:samples].sort().values
