"""Weighted sums of rows, for images too large for whole matrices of weights.

A target pixel is made from a few source pixels, so most of a matrix of weights would be empty, and
it grows with the square of the side. Here each target row has the few rows it is made from and
their weights; columns are turned into rows for it. One image is worked on at a time, which is as
much as a CPU's cache holds. Sums must be exact in float32; then no order of adding matters.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from transforms2d.transformations.pillow_arithmetic import multiply


@dataclass(frozen=True)
class Bands:
    """What T target rows are made from: K source rows each, one target row after another.

    Attributes
    ----------
    rows : int32 [T * K]
        Source rows.
    weights : float32 [T * K]
    starts : int32 [T]
        Where those of each target row start.
    """

    rows: Tensor
    weights: Tensor
    starts: Tensor

    @classmethod
    def of(cls, rows: np.ndarray, weights: np.ndarray) -> "Bands":
        """Of ``rows`` and ``weights`` that are [T, K]."""
        starts = torch.arange(0, rows.size, rows.shape[1], dtype=torch.int32, device="cpu")
        flat = torch.from_numpy(rows.astype(np.int32).reshape(-1))
        return cls(flat, torch.from_numpy(weights.astype(np.float32).reshape(-1)), starts)


def following(size: int, first: np.ndarray, weights: np.ndarray) -> Bands:
    """Of source rows that follow each other, from ``first``; beyond ``size`` the weights are 0."""
    return Bands.of(np.minimum(first[:, None] + np.arange(weights.shape[1]), size - 1), weights)


def summed(values: Tensor, bands: Bands) -> Tensor:
    """Float32 [R, A, B] to [T, A, B]."""
    each = [part.to(values.device) for part in (bands.rows, bands.starts, bands.weights)]
    flat = values.view(len(values), -1)
    made, *_ = torch.embedding_bag(flat, each[0], each[1], per_sample_weights=each[2])
    return made.view(-1, *values.shape[1:])


def turned(values: Tensor, *axes: int) -> Tensor:
    """Axes in another order, laid out anew: on the CPU by numpy, which is faster at it."""
    if values.device.type == "cpu":
        return torch.from_numpy(np.ascontiguousarray(values.numpy().transpose(axes)))
    return values.permute(axes).contiguous()


def centred(values: Tensor) -> Tensor:
    """Bytes to bytes less 128, float32."""
    return (values ^ 128).view(torch.int8).to(torch.float32)


def _bytes(values: Tensor) -> Tensor:
    """From bytes less 128 and a fraction, rounded; int16."""
    return values.add_(128.5).to(torch.int16).clamp_(0, 255)


def resized(image: Tensor, across: Bands, down: Bands, columns_first: bool) -> Tensor:
    """One image, uint8 [C, H, W] to int16 [U, C, T].

    Rounded to bytes after each pass; ``columns_first`` resizes columns first, else rows. Colour
    comes out multiplied by alpha.
    """
    if image.shape[0] == 4:
        colour = multiply(image[:3], image[3:]).to(torch.uint8)
        image = torch.cat([colour, image[3:]])
    first, second = (down, across) if columns_first else (across, down)
    turns = ((1, 0, 2), (2, 1, 0)) if columns_first else ((2, 0, 1), (2, 1, 0))
    half = _bytes(summed(centred(turned(image, *turns[0])), first)).to(torch.uint8)
    whole = _bytes(summed(centred(turned(half, *turns[1])), second))
    return turned(whole, 2, 1, 0) if columns_first else whole
