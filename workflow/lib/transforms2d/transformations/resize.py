"""Resizing as Pillow does it: two passes, rounded to 8 bits after each.

Small images are resized in batches, by matrix products; large ones one at a time, by sums of the
few rows that have a weight (``bands``). Both are sums in float32 of bytes less 128, with weights
that are multiples of 2**-16. Every partial sum is then a multiple of 2**-16 below 2**8, which
float32 holds exactly: the result is the same in whatever order a library adds, so it cannot depend
on batch, threads or device. (Pillow's own weights are multiples of 2**-22; the coarser ones change
a value by at most 1, and rarely.)
"""

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from transforms2d.transformations.bands import Bands, following, resized
from transforms2d.transformations.core import LARGEST_TOGETHER
from transforms2d.transformations.halves import by_two
from transforms2d.transformations.pillow_arithmetic import (
    divided,
    occupied_box,
    put_rows_,
    straightened,
)
from transforms2d.transformations.weights import (
    band,
    bicubic,
    box,
    box_weights,
    centred,
    centred_weights,
)

_CENTRE = 128  # less than bytes by that, numbers leave room for one more bit of the weights
_SIZE_GROUPS = 3  # groups of target sizes that are worked on together


def _product(rest: Tensor, left: Tensor, right: Tensor) -> Tensor:
    """Matrix products of bytes less 128, rounded to such; ``rest`` as of ``_rest``."""
    return torch.baddbmm(rest, left, right).clamp_(-_CENTRE, _CENTRE - 1).floor_()


def _rest(weights: Tensor) -> Tensor:
    """What empty pixels that were left out add to each sum of a row, and a half to round by."""
    return (weights.sum(-1) - 1) * _CENTRE + 0.5


def _resized(images: Tensor, across: Tensor, down: Tensor, rest, upright: bool) -> Tensor:
    """Both passes: float32 [N, R, C, S] to [N, U, C, T] by weights [N, T, S] and [N, U, R].

    From and to bytes less 128. ``rest`` is that of down and across, [N, U] and [N, T]; ``upright``
    has columns resized first, else rows. With the channels inside the rows, either pass is one
    matrix product an image.
    """
    n, rows, channels, size = images.shape
    rest_down, rest_across = rest[0][:, :, None], rest[1][:, None, :]
    if upright:
        half = _product(rest_down, down, images.view(n, rows, -1))
        whole = _product(rest_across, half.view(n, -1, size), across.transpose(1, 2))
    else:
        half = _product(rest_across, images.view(n, -1, size), across.transpose(1, 2))
        whole = _product(rest_down, down, half.view(n, rows, -1))
    return whole.view(n, down.shape[1], channels, -1)


def _upright(sides, new) -> np.ndarray:
    """Whether Pillow (since 13) resizes columns first: where more than twice as many rows go.

    ``sides`` and ``new`` are height and width before and after, int [2, ...].
    """
    rows, columns = np.subtract(sides, new)
    return (rows > 0) & (rows > 2 * columns)


def _premultiplied(images: Tensor, box: tuple[slice, slice]) -> Tensor:
    """The box of uint8 [N, C, H, W] less 128 as float32 [N, R, C, T], colour times alpha, rounded.

    Products of bytes over 255 are never near a half, so that float32 rounds them right. Whole
    rows are worked on, as their pixels lie side by side.
    """
    rows, columns = box
    out = images[:, :, rows].to(torch.float32)
    if images.shape[1] == 4:
        out[:, :3].mul_(out[:, 3:] * (1 / 255)).round_()
    return out[..., columns].transpose(1, 2).contiguous().sub_(_CENTRE)


def _straight(values: Tensor) -> Tensor:
    """The way back, from bytes less 128, float32 [N, R, C, T] to whole numbers int16 [N, C, R, T].

    Colour is divided by alpha, except where nothing is left to divide by: there 0 becomes 255, by
    arithmetic, which is cheaper than a comparison. The quotient is cut to whole numbers; a
    millionth more than the reciprocal keeps those that are whole already.
    """
    values = values.transpose(1, 2).contiguous().add_(_CENTRE)
    return divided(values).to(torch.int16)


def _table(size: int, new: np.ndarray) -> tuple[Tensor, Tensor]:
    """Weights of all sizes in ``new``, float32 [K, size, size], and which of them each has."""
    known, which = np.unique(new, return_inverse=True)
    weights = torch.stack([centred_weights(size, each) for each in known.tolist()])
    return weights, torch.from_numpy(which)


def _batches(sides: np.ndarray, new: np.ndarray) -> np.ndarray:
    """A number for images that are resized together, int64 [N]; 0 for those that keep their size.

    Similar sizes have one in common; upright ones have odd ones.
    """
    longer = int(sides.argmax())
    step = -(-int(sides[longer, 0]) // _SIZE_GROUPS)
    similar = np.minimum(new[longer], sides[longer]) // step + 1
    return np.where((new == sides).all(0), 0, 2 * similar + _upright(sides, new))


def scale_about_centre(images: Tensor, result: Tensor, factor: Tensor) -> None:
    """Images resized to ``round(side * factor)`` px (bicubic) and centred on an empty canvas.

    Images that keep their size are not multiplied by alpha and back.

    Parameters
    ----------
    images : uint8 [N, 4 or 3, H, W]
    result : uint8 [N, 4 or 3, H, W]
        What is written.
    factor : float [N], greater than 0; what exceeds the canvas is cut
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
    """Bicubic, to as much of ``new`` px as is seen where they are centred on ``size`` px."""
    return following(size, *band(size, new, bicubic, centred(size, new)[1]))


def _scale_alone(image: Tensor, out: Tensor, new: list[int]) -> None:
    """One image uint8 [C, H, W] to ``new`` height and width in px."""
    sides = list(image.shape[1:])
    if new == sides:
        out.copy_(image)
        return
    down, across = (_scaling(*each) for each in zip(sides, new, strict=True))
    seen = [centred(*each)[0] for each in zip(sides, new, strict=True)]
    small = resized(image, across, down, bool(_upright(sides, new))).transpose(0, 1)
    out.zero_()
    out[:, *seen] = straightened(small)


def _scale_together(images: Tensor, result: Tensor, sides: np.ndarray, new: np.ndarray) -> None:
    """Similar sizes are worked on together, on a canvas that is just large enough for them."""
    batch = _batches(sides, new)
    order = np.argsort(batch, kind="stable")
    batch, new = batch[order], new[:, order]
    rows = torch.from_numpy(order).to(images.device)
    out = images.index_select(0, rows)
    box = occupied_box(images)
    source = _premultiplied(out, box)
    axes = 1 if sides[0] == sides[1] else 2  # of squares, the same weights serve both passes
    tables = [_table(int(sides[axis, 0]), new[axis]) for axis in range(axes)]
    rests = [
        _rest(table[..., part]).index_select(0, which).to(images.device)
        for (table, which), part in zip(tables * (3 - axes), box, strict=True)
    ]
    start = int(np.searchsorted(batch, 1))
    out[start:] = 0
    for number in np.unique(batch[start:]).tolist():
        stop = int(np.searchsorted(batch, number, side="right"))
        largest = new[:, start:stop].max(1, keepdims=True)
        canvas = np.minimum(-(-largest // 4) * 4, sides)  # multiples of 4 are multiplied fastest
        first = (sides - canvas) // 2
        middle = [slice(*each) for each in np.hstack([first, first + canvas]).tolist()]
        weights = [
            table[:, part].index_select(0, which[start:stop]).to(images.device)
            for (table, which), part in zip(tables, middle, strict=False)
        ]
        rest = [each[start:stop, part] for each, part in zip(rests, middle, strict=True)]
        down, across = weights[0][:, :, box[0]], weights[-1][:, :, box[1]]
        small = _resized(source[start:stop], across, down, rest, upright=number % 2 == 1)
        out[start:stop, :, middle[0], middle[1]] = _straight(small)
        start = stop
    put_rows_(result, rows, out)


@lru_cache(maxsize=16)
def _nearest(size: int, small: int) -> np.ndarray:
    """Source pixel of each of ``size`` pixels enlarged from ``small``.

    Steps are added up one by one as Pillow does, which tells on which side of a tie they end.
    """
    steps = np.full(size, small / size)
    steps[0] /= 2
    return np.add.accumulate(steps).astype(np.int64)


def pixelate(images: Tensor, out: Tensor, share: float) -> None:
    """Images shrunk to ``int(side * share)`` px (box) and enlarged again (nearest)."""
    sides = list(images.shape[2:])
    small = [int(size * share) for size in sides]
    if images.device.type == "cpu" and [2 * size for size in small] == sides:
        by_two(images.numpy(), out.numpy(), bool(_upright(sides, small)))
    elif max(sides) > LARGEST_TOGETHER:
        for image, target in zip(images, out, strict=True):
            _pixelate_alone(image, target, small)
    else:
        _pixelate_together(images, out, small)


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
    tiny = resized(image, across, down, bool(_upright(sides, small))).transpose(0, 1)
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
        seen = np.flatnonzero(of_part.numpy().any(axis=1)[source])  # enlarged pixels it reaches
        target.append(slice(seen[0], seen[-1] + 1))
        index.append(source[target[-1]])
        weights.append(of_part.to(images.device).expand(n, -1, -1))
    source = _premultiplied(images, occupied)
    upright = bool(_upright(sides, small))
    rest = [_rest(each) for each in weights]
    tiny = _straight(_resized(source, weights[1], weights[0], rest, upright))
    index = torch.from_numpy(index[0][:, None] * small[1] + index[1]).to(images.device)
    index = index.view(1, 1, -1).expand(n, channels, -1)
    out.zero_()
    seen = out[:, :, *target]
    seen.copy_(torch.gather(tiny.view(n, channels, -1), 2, index).view(seen.shape))
