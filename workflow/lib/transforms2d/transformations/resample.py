"""Resizing as Pillow does it, for whole batches: two passes, rounded to 8 bits after each.

Passes are matrix products in float32 with weights that are multiples of 2**-15. Every partial sum
is then a multiple of 2**-15 below 2**9, which float32 holds exactly: the result is the same in
whatever order a library adds, so it cannot depend on batch, threads or device. (Pillow's own
weights are multiples of 2**-22; the coarser ones change a value by at most 1, and rarely.)
"""

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from transforms2d.transformations.eightbit import occupied_box, put_rows_

_STEPS = 1 << 15
_SIZE_GROUPS = 3  # groups of target sizes that are worked on together


def bicubic(x: np.ndarray) -> np.ndarray:
    """Keys' cubic kernel with a = -0.5, which reaches 2 px to either side."""
    x = np.abs(x)
    near = (1.5 * x - 2.5) * x * x + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x < 1, near, np.where(x < 2, far, 0.0))


def box(x: np.ndarray) -> np.ndarray:
    """The mean of the pixels whose centres lie within half a px."""
    return ((x > -0.5) & (x <= 0.5)).astype(np.float64)


def resize_weights(size: int, new: int, kernel, reach: float) -> np.ndarray:
    """Weights of ``size`` source pixels in each of ``new`` target pixels, float64 [new, size].

    Rows sum to 1. When shrinking, the kernel is stretched over the pixels it has to average.
    """
    step = size / new
    stretch = max(step, 1.0)
    centre = (np.arange(new)[:, None] + 0.5) * step
    source = np.arange(size)[None, :]
    first = np.maximum((centre - reach * stretch + 0.5).astype(np.int64), 0)
    last = np.minimum((centre + reach * stretch + 0.5).astype(np.int64), size)
    weights = kernel((source - centre + 0.5) / stretch)
    weights = np.where((source >= first) & (source < last), weights, 0.0)
    return weights / weights.sum(1, keepdims=True)


def in_steps(weights: np.ndarray, steps: int = _STEPS) -> np.ndarray:
    """Weights rounded to multiples of 1/steps with unchanged row sums of 1, float32."""
    whole = np.rint(weights * steps)
    rows = np.arange(len(whole))
    whole[rows, np.abs(whole).argmax(1)] += steps - whole.sum(1)
    return (whole / steps).astype(np.float32)


@lru_cache(maxsize=512)
def _centred_weights(size: int, new: int) -> Tensor:
    """Bicubic weights to ``new`` px with the result centred on ``size`` px, [size, size]."""
    weights = in_steps(resize_weights(size, new, bicubic, 2.0))
    canvas = np.zeros((size, size), dtype=np.float32)
    margin = (size - new) // 2
    start, end = max(margin, 0), min(margin + new, size)
    canvas[start:end] = weights[start - margin : end - margin]
    return torch.from_numpy(canvas)


@lru_cache(maxsize=16)
def _box_weights(size: int, new: int) -> Tensor:
    return torch.from_numpy(in_steps(resize_weights(size, new, box, 0.5)))


def _product(left: Tensor, right: Tensor) -> Tensor:
    """Matrix products, rounded to 0..255."""
    return torch.baddbmm(left.new_tensor(0.5), left, right).clamp_(0, 255).floor_()


def _resized(images: Tensor, across: Tensor, down: Tensor) -> Tensor:
    """Both passes: float32 [N, R, C, S] to [N, U, C, T] by weights [N, T, S] and [N, U, R].

    With the channels inside the rows, either pass is one matrix product an image.
    """
    n, rows, channels, size = images.shape
    half = _product(images.view(n, -1, size), across.transpose(1, 2))
    whole = _product(down, half.view(n, rows, -1))
    return whole.view(n, down.shape[1], channels, -1)


def _premultiplied(images: Tensor, box: tuple[slice, slice]) -> Tensor:
    """The box of uint8 [N, C, S, S] as float32 [N, R, C, T], colour times alpha and rounded.

    Products of bytes over 255 are never near a half, so that float32 rounds them right. Whole
    rows are worked on, as their pixels lie side by side.
    """
    rows, columns = box
    out = images[:, :, rows].to(torch.float32)
    if images.shape[1] == 4:
        out[:, :3].mul_(out[:, 3:] * (1 / 255)).round_()
    return out[..., columns].transpose(1, 2).contiguous()


def _straight(values: Tensor) -> Tensor:
    """The way back, from float32 [N, R, C, T] to whole numbers int16 [N, C, R, T].

    Colour is divided by alpha, except where nothing is left to divide by: there 0 becomes 255, by
    arithmetic, which is cheaper than a comparison. The quotient is cut to whole numbers; a
    millionth more than the reciprocal keeps those that are whole already.
    """
    values = values.transpose(1, 2).contiguous()
    if values.shape[1] == 4:
        alpha = values[:, 3:]
        share = alpha.clamp(max=1).sub_(1).mul_(-255).add_(alpha)
        values[:, :3].mul_(share.reciprocal_().mul_(255 * (1 + 1e-6))).clamp_(max=255)
    return values.to(torch.int16)


def scale_about_centre(images: Tensor, factor: Tensor) -> Tensor:
    """Images resized to ``round(S * factor)`` px (bicubic) and centred on an empty canvas.

    Similar sizes are worked on together, on a canvas that is just large enough for them.

    Parameters
    ----------
    images : uint8 [N, 4 or 3, S, S]
    factor : float [N], greater than 0; what exceeds the canvas is cut
    """
    size = images.shape[-1]
    new = np.maximum(np.rint(factor.double().cpu().numpy() * size), 1).astype(np.int64)
    new = np.where(new == size, 0, new)  # neither resized nor multiplied by alpha and back
    order = np.argsort(new, kind="stable")
    known, which = np.unique(new[order], return_inverse=True)
    table = torch.stack([_centred_weights(size, max(each, 1)) for each in known.tolist()])
    rows = torch.from_numpy(order).to(images.device)
    out = images.index_select(0, rows)
    box = occupied_box(images)
    source = _premultiplied(out, box)
    step = -(-size // (4 * _SIZE_GROUPS)) * 4  # products of multiples of 4 are the fastest
    group = -(-np.minimum(new[order], size) // step)
    start = int(np.searchsorted(group, 1))
    out[start:] = 0
    for number in np.unique(group[start:]).tolist():
        stop = int(np.searchsorted(group, number, side="right"))
        canvas = min(number * step, size)
        middle = slice((size - canvas) // 2, (size - canvas) // 2 + canvas)
        weights = table[:, middle].index_select(0, torch.from_numpy(which[start:stop]))
        down, across = (weights.to(images.device)[:, :, part] for part in box)
        small = _straight(_resized(source[start:stop], across, down))
        out[start:stop, :, middle, middle] = small
        start = stop
    result = torch.empty_like(out)
    put_rows_(result, rows, out)
    return result


@lru_cache(maxsize=16)
def _nearest(size: int, small: int) -> np.ndarray:
    """Source pixel of each of ``size`` pixels enlarged from ``small``.

    Steps are added up one by one as Pillow does, which tells on which side of a tie they end.
    """
    steps = np.full(size, small / size)
    steps[0] /= 2
    return np.add.accumulate(steps).astype(np.int64)


def pixelate(images: Tensor, share: float) -> Tensor:
    """Images shrunk to ``int(S * share)`` px (box) and enlarged again (nearest)."""
    n, channels, size = images.shape[:3]
    small = int(size * share)
    box_weights = _box_weights(size, small)
    source = _nearest(size, small)
    occupied = occupied_box(images)
    index, target, weights = [], [], []
    for part in occupied:
        of_part = box_weights[:, part]
        seen = np.flatnonzero(of_part.numpy().any(axis=1)[source])  # enlarged pixels it reaches
        target.append(slice(seen[0], seen[-1] + 1))
        index.append(source[target[-1]])
        weights.append(of_part.to(images.device).expand(n, -1, -1))
    tiny = _straight(_resized(_premultiplied(images, occupied), weights[1], weights[0]))
    index = torch.from_numpy(index[0][:, None] * small + index[1]).to(images.device)
    index = index.view(1, 1, -1).expand(n, channels, -1)
    out = torch.zeros_like(images)
    seen = out[:, :, *target]
    seen.copy_(torch.gather(tiny.view(n, channels, -1), 2, index).view(seen.shape))
    return out
