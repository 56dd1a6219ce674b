"""Weights of source pixels in target pixels, for one axis that is resized as in Pillow."""

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

STEPS = 1 << 16  # weights are multiples of 1 / STEPS


def bicubic(x: np.ndarray) -> np.ndarray:
    """Keys' cubic kernel with a = -0.5, which reaches 2 px to either side."""
    x = np.abs(x)
    near = (1.5 * x - 2.5) * x * x + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x < 1, near, np.where(x < 2, far, 0.0))


def box(x: np.ndarray) -> np.ndarray:
    """The mean of the pixels whose centres are within half a px."""
    return ((x > -0.5) & (x <= 0.5)).astype(np.float64)


REACH = {bicubic: 2.0, box: 0.5}  # px


def centred(size: int, new: int) -> tuple[slice, slice]:
    """Slices of the canvas and of ``new`` px that are visible if centred on ``size`` px."""
    margin = (size - new) // 2
    seen = slice(max(margin, 0), min(margin + new, size))
    return seen, slice(seen.start - margin, seen.stop - margin)


def band(size: int, new: int, kernel, part: slice | None = None) -> tuple[np.ndarray, np.ndarray]:
    """The nonzero weights of each of ``new`` target pixels, or of a ``part`` of them.

    Rows sum to 1. For shrinking, the kernel is stretched over all pixels that it averages.

    Returns
    -------
    first : int64 [T]
        The first source pixel of each target pixel.
    weights : float32 [T, K]
        Weights of the source pixels from ``first`` on; 0 beyond the last source pixel.
    """
    step = size / new
    stretch = max(step, 1.0)
    reach = REACH[kernel] * stretch
    targets = np.arange(new) if part is None else np.arange(part.start, part.stop)
    centre = (targets[:, None] + 0.5) * step
    first = np.maximum((centre - reach + 0.5).astype(np.int64), 0)
    last = np.minimum((centre + reach + 0.5).astype(np.int64), size)
    source = first + np.arange((last - first).max())
    weights = np.where(source < last, kernel((source - centre + 0.5) / stretch), 0.0)
    return first[:, 0], in_steps(weights / weights.sum(1, keepdims=True))


def in_steps(weights: np.ndarray, steps: int = STEPS) -> np.ndarray:
    """Weights rounded to multiples of 1/steps; rows still sum to 1; float32."""
    whole = np.rint(weights * steps)
    rows = np.arange(len(whole))
    whole[rows, np.abs(whole).argmax(1)] += steps - whole.sum(1)
    return (whole / steps).astype(np.float32)


def _matrix(size: int, first: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The full matrix of weights, float32 [T, size]."""
    taps = weights.shape[1]
    wide = np.zeros((len(first), size + taps), dtype=np.float32)
    np.put_along_axis(wide, first[:, None] + np.arange(taps), weights, axis=1)
    return wide[:, :size]


@lru_cache(maxsize=512)
def centred_weights(size: int, new: int) -> Tensor:
    """Bicubic weights for ``new`` px centred on ``size`` px, [size, size]."""
    seen, part = centred(size, new)
    canvas = np.zeros((size, size), dtype=np.float32)
    canvas[seen] = _matrix(size, *band(size, new, bicubic, part))
    return torch.from_numpy(canvas)


@lru_cache(maxsize=16)
def box_weights(size: int, new: int) -> Tensor:
    """Weights of means over boxes, [new, size]."""
    return torch.from_numpy(np.ascontiguousarray(_matrix(size, *band(size, new, box))))


def columns_first(sides, new) -> np.ndarray:
    """Whether Pillow (since 13) resizes columns first: if more than twice as many rows are lost.

    ``sides`` and ``new`` are height and width before and after, int [2, ...].
    """
    rows, columns = np.subtract(sides, new)
    return (rows > 0) & (rows > 2 * columns)
