"""Scaling about the centre of the canvas, bicubic."""

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from transforms2d.transformations.core import LARGEST_TOGETHER
from transforms2d.transformations.pillow_arithmetic import occupied_box, put_rows_, straightened
from transforms2d.transformations.resizing import matrices
from transforms2d.transformations.resizing.bands import Bands, following, resized
from transforms2d.transformations.resizing.weights import (
    band,
    bicubic,
    centred,
    centred_weights,
    columns_first,
)

_SIZE_GROUPS = 3  # groups of target sizes that are processed together


def _table(size: int, new: np.ndarray) -> tuple[Tensor, Tensor]:
    """Weights of all sizes in ``new``, float32 [K, size, size], and the index of each image."""
    known, which = np.unique(new, return_inverse=True)
    weights = torch.stack([centred_weights(size, each) for each in known.tolist()])
    return weights, torch.from_numpy(which)


def _batches(sides: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Group number of each image, int64 [N]; 0 for images that keep their size.

    Similar sizes share a group; groups that resize columns first have odd numbers.
    """
    longer = int(sides.argmax())
    step = -(-int(sides[longer, 0]) // _SIZE_GROUPS)
    similar = np.minimum(new[longer], sides[longer]) // step + 1
    return np.where((new == sides).all(0), 0, 2 * similar + columns_first(sides, new))


def scale_about_centre(images: Tensor, result: Tensor, factor: Tensor) -> None:
    """Images resized to ``round(side * factor)`` px (bicubic) and centred on an empty canvas.

    Images that keep their size are not multiplied by alpha and divided again.

    Parameters
    ----------
    images : uint8 [N, 4 or 3, H, W]
    result : uint8 [N, 4 or 3, H, W]
        The images to write.
    factor : float [N], greater than 0; the part outside the canvas is cropped
    """
    sides = np.array(images.shape[2:])[:, None]
    new = np.maximum(np.rint(factor.double().cpu().numpy() * sides), 1).astype(np.int64)
    if sides.max() > LARGEST_TOGETHER:
        for image, out, size in zip(images, result, new.T.tolist(), strict=True):
            _scale_alone(image, out, size)
    else:
        _scale_together(images, result, sides, new)


@lru_cache(maxsize=512)
def _scaling(size: int, new: int) -> Bands:
    """Bicubic bands for the visible part of ``new`` px centred on ``size`` px."""
    return following(size, *band(size, new, bicubic, centred(size, new)[1]))


def _scale_alone(image: Tensor, out: Tensor, new: list[int]) -> None:
    """Scale one image uint8 [C, H, W] to ``new`` height and width in px."""
    sides = list(image.shape[1:])
    if new == sides:
        out.copy_(image)
        return
    down, across = (_scaling(*each) for each in zip(sides, new, strict=True))
    seen = [centred(*each)[0] for each in zip(sides, new, strict=True)]
    small = resized(image, across, down, bool(columns_first(sides, new))).transpose(0, 1)
    out.zero_()
    out[:, *seen] = straightened(small)


def _scale_together(images: Tensor, result: Tensor, sides: np.ndarray, new: np.ndarray) -> None:
    """Scale images of similar sizes together, on the smallest canvas that holds them."""
    batch = _batches(sides, new)
    order = np.argsort(batch, kind="stable")
    batch, new = batch[order], new[:, order]
    rows = torch.from_numpy(order).to(images.device)
    out = images.index_select(0, rows)
    box = occupied_box(images)
    source = matrices.premultiplied(out, box)
    axes = 1 if sides[0] == sides[1] else 2  # squares use the same weights in both passes
    tables = [_table(int(sides[axis, 0]), new[axis]) for axis in range(axes)]
    rests = [
        matrices.rest_of(table[..., part]).index_select(0, which).to(images.device)
        for (table, which), part in zip(tables * (3 - axes), box, strict=True)
    ]
    start = int(np.searchsorted(batch, 1))
    out[start:] = 0
    for number in np.unique(batch[start:]).tolist():
        stop = int(np.searchsorted(batch, number, side="right"))
        largest = new[:, start:stop].max(1, keepdims=True)
        canvas = np.minimum(-(-largest // 4) * 4, sides)  # products are fastest for multiples of 4
        first = (sides - canvas) // 2
        middle = [slice(*each) for each in np.hstack([first, first + canvas]).tolist()]
        weights = [
            table[:, part].index_select(0, which[start:stop]).to(images.device)
            for (table, which), part in zip(tables, middle, strict=False)
        ]
        rest = [each[start:stop, part] for each, part in zip(rests, middle, strict=True)]
        down, across = weights[0][:, :, box[0]], weights[-1][:, :, box[1]]
        small = matrices.resized(source[start:stop], across, down, rest, number % 2 == 1)
        out[start:stop, :, middle[0], middle[1]] = matrices.straight(small)
        start = stop
    put_rows_(result, rows, out)
