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
from torch.nn.functional import pad

from transforms2d.transformations.eightbit import multiply, occupied_rows, to_bytes

_STEPS = 1 << 15
_SIZE_GROUPS = 4  # groups of target sizes that are worked on together


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


def _rounded(values: Tensor) -> Tensor:
    return values.add_(0.5).clamp_(0, 255).floor_()


def _resized(images: Tensor, across: Tensor, down: Tensor) -> Tensor:
    """Both passes: float32 [N, C, R, S] by ``across`` [N, T, S] and ``down`` [N, T, R]."""
    n, channels, rows, size = images.shape
    half = _rounded(torch.bmm(images.view(n, -1, size), across.transpose(1, 2)))
    half = half.view(n * channels, rows, -1)
    down = down[:, None].expand(n, channels, -1, -1).reshape(n * channels, -1, rows)
    return _rounded(torch.bmm(down, half)).view(n, channels, down.shape[1], -1)


def _premultiplied(images: Tensor) -> Tensor:
    """uint8 [N, C, R, S] as float32, colour multiplied by alpha and rounded."""
    if images.shape[1] == 3:
        return images.to(torch.float32)
    out = torch.empty(images.shape, dtype=torch.float32, device=images.device)
    out[:, :3] = multiply(images[:, :3], images[:, 3:])
    out[:, 3:] = images[:, 3:]
    return out


def _straight(images: Tensor) -> Tensor:
    """The way back, to uint8; changes its argument.

    Colour is divided by alpha, except where nothing is left to divide by: there 0 becomes 255, by
    arithmetic, which is cheaper than a comparison.
    """
    if images.shape[1] == 4:
        alpha = images[:, 3:]
        share = alpha.clamp(max=1).sub_(1).mul_(-255).add_(alpha)
        images[:, :3].mul_(255).div_(share).clamp_(max=255)
    return to_bytes(images)


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
    known, which = np.unique(new, return_inverse=True)
    table = torch.stack([_centred_weights(size, each) for each in known.tolist()])
    occupied = occupied_rows(images)
    source = _premultiplied(images[:, :, occupied])
    step = -(-size // _SIZE_GROUPS)
    group = np.where(new == size, 0, -(-np.minimum(new, size) // step))
    order, parts = [], []
    for number in np.unique(group).tolist():
        at = np.flatnonzero(group == number)
        rows = torch.from_numpy(at).to(images.device)
        order.append(rows)
        if number == 0:  # neither resized nor multiplied by alpha and back
            parts.append(images.index_select(0, rows))
            continue
        canvas = min(number * step, size)
        margin = (size - canvas) // 2
        rest = size - canvas - margin
        weights = table[:, margin : margin + canvas].index_select(0, torch.from_numpy(which[at]))
        weights = weights.to(images.device)
        small = _resized(source.index_select(0, rows), weights, weights[:, :, occupied])
        parts.append(pad(_straight(small), (margin, rest, margin, rest)))
    return torch.cat(parts).index_select(0, torch.cat(order).argsort())


def pixelate(images: Tensor, share: float) -> Tensor:
    """Images shrunk to ``int(S * share)`` px (box) and enlarged again (nearest)."""
    n, channels, size = images.shape[:3]
    small = int(size * share)
    weights = _box_weights(size, small).to(images.device).expand(n, -1, -1)
    occupied = occupied_rows(images)
    source = _premultiplied(images[:, :, occupied])
    tiny = _straight(_resized(source, weights, weights[:, :, occupied]))
    source = ((torch.arange(size, device=images.device) + 0.5) * small / size).to(torch.int64)
    index = (source[:, None] * small + source).view(1, 1, -1).expand(n, channels, -1)
    return torch.gather(tiny.view(n, channels, -1), 2, index).view(images.shape)
