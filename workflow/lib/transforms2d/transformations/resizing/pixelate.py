"""Pixelation: images are shrunk by means over boxes and enlarged again."""

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from transforms2d.transformations.core import LARGEST_TOGETHER
from transforms2d.transformations.pillow_arithmetic import occupied_box, straightened
from transforms2d.transformations.resizing import matrices
from transforms2d.transformations.resizing.bands import Bands, following, resized
from transforms2d.transformations.resizing.halving import pixelate_by_two
from transforms2d.transformations.resizing.weights import band, box, box_weights, columns_first


def pixelate(images: Tensor, out: Tensor, share: float) -> None:
    """Images shrunk to ``int(side * share)`` px (box) and enlarged again (nearest)."""
    sides = list(images.shape[2:])
    small = [int(size * share) for size in sides]
    if images.device.type == "cpu" and [2 * size for size in small] == sides:
        pixelate_by_two(images.numpy(), out.numpy(), bool(columns_first(sides, small)))
    elif max(sides) > LARGEST_TOGETHER:
        for image, target in zip(images, out, strict=True):
            _pixelate_alone(image, target, small)
    else:
        _pixelate_together(images, out, small)


@lru_cache(maxsize=16)
def _nearest(size: int, small: int) -> np.ndarray:
    """The source pixel, of ``small``, for each of ``size`` enlarged pixels.

    Steps are added one by one as in Pillow, because rounding decides ties.
    """
    steps = np.full(size, small / size)
    steps[0] /= 2
    return np.add.accumulate(steps).astype(np.int64)


@lru_cache(maxsize=16)
def _means(size: int, new: int) -> Bands:
    return following(size, *band(size, new, box))


def _pixelate_alone(image: Tensor, out: Tensor, small: list[int]) -> None:
    """One image uint8 [C, H, W]."""
    sides = list(image.shape[1:])
    down, across = (_means(*each) for each in zip(sides, small, strict=True))
    rows, columns = (
        torch.from_numpy(_nearest(*each)).to(image.device)
        for each in zip(sides, small, strict=True)
    )
    tiny = resized(image, across, down, bool(columns_first(sides, small))).transpose(0, 1)
    tiny = straightened(tiny).to(torch.uint8)
    wide = torch.gather(tiny, 2, columns.expand(*tiny.shape[:2], -1))
    torch.index_select(wide, 1, rows, out=out)


def _pixelate_together(images: Tensor, out: Tensor, small: list[int]) -> None:
    n, channels, *sides = images.shape
    occupied = occupied_box(images)
    index, target, weights = [], [], []
    for size, new, part in zip(sides, small, occupied, strict=True):
        source = _nearest(size, new)
        of_part = box_weights(size, new)[:, part]
        seen = np.flatnonzero(of_part.numpy().any(axis=1)[source])  # enlarged pixels of the part
        target.append(slice(seen[0], seen[-1] + 1))
        index.append(source[target[-1]])
        weights.append(of_part.to(images.device).expand(n, -1, -1))
    source = matrices.premultiplied(images, occupied)
    rest = [matrices.rest_of(each) for each in weights]
    order = bool(columns_first(sides, small))
    tiny = matrices.straight(matrices.resized(source, weights[1], weights[0], rest, order))
    index = torch.from_numpy(index[0][:, None] * small[1] + index[1]).to(images.device)
    index = index.view(1, 1, -1).expand(n, channels, -1)
    out.zero_()
    seen = out[:, :, *target]
    seen.copy_(torch.gather(tiny.view(n, channels, -1), 2, index).view(seen.shape))
