"""Weighted sums of rows, for images that are too large for full weight matrices.

A target pixel depends on a few source pixels, so most of a weight matrix would be 0, and the matrix
grows with the square of the side. Here each target row has only its few source rows and their
weights; columns are transposed to rows first. Images are processed one by one, since one fits a
CPU's cache. Sums must be exact in float32, so that the order of addition does not matter.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from transforms2d.transformations.pillow_arithmetic import multiply


@dataclass(frozen=True)
class Bands:
    """The source rows of T target rows: K source rows each, ordered by target row.

    Attributes
    ----------
    rows : int32 [T * K]
        Source rows.
    weights : float32 [T * K]
    starts : int32 [T]
        Start of each target row in ``rows``.
    """

    rows: Tensor
    weights: Tensor
    starts: Tensor

    @classmethod
    def of(cls, rows: np.ndarray, weights: np.ndarray) -> "Bands":
        """From ``rows`` and ``weights`` [T, K]."""
        starts = torch.arange(0, rows.size, rows.shape[1], dtype=torch.int32, device="cpu")
        flat = torch.from_numpy(rows.astype(np.int32).reshape(-1))
        return cls(flat, torch.from_numpy(weights.astype(np.float32).reshape(-1)), starts)


def following(size: int, first: np.ndarray, weights: np.ndarray) -> Bands:
    """From consecutive source rows that start at ``first``; beyond ``size`` weights are 0."""
    return Bands.of(np.minimum(first[:, None] + np.arange(weights.shape[1]), size - 1), weights)


def summed(values: Tensor, bands: Bands) -> Tensor:
    """Weighted sums of rows, float32 [R, A, B] to [T, A, B]."""
    each = [part.to(values.device) for part in (bands.rows, bands.starts, bands.weights)]
    flat = values.view(len(values), -1)
    made, *_ = torch.embedding_bag(flat, each[0], each[1], per_sample_weights=each[2])
    return made.view(-1, *values.shape[1:])


def turned(values: Tensor, *axes: int) -> Tensor:
    """A contiguous copy with permuted axes; on the CPU with numpy, which is faster."""
    if values.device.type == "cpu":
        return torch.from_numpy(np.ascontiguousarray(values.numpy().transpose(axes)))
    return values.permute(axes).contiguous()


def centred(values: Tensor) -> Tensor:
    """Bytes minus 128, float32."""
    return (values ^ 128).view(torch.int8).to(torch.float32)


def _bytes(values: Tensor) -> Tensor:
    """From bytes minus 128 with a fraction to rounded bytes, int16."""
    return values.add_(128.5).to(torch.int16).clamp_(0, 255)


def resized(image: Tensor, across: Bands, down: Bands, columns_first: bool) -> Tensor:
    """Resize one image, uint8 [C, H, W] to int16 [U, C, T].

    Values are rounded to bytes after each pass. ``columns_first`` resizes columns first, else
    rows. The resulting colour is multiplied by alpha.
    """
    if image.shape[0] == 4:
        colour = multiply(image[:3], image[3:]).to(torch.uint8)
        image = torch.cat([colour, image[3:]])
    first, second = (down, across) if columns_first else (across, down)
    turns = ((1, 0, 2), (2, 1, 0)) if columns_first else ((2, 0, 1), (2, 1, 0))
    half = _bytes(summed(centred(turned(image, *turns[0])), first)).to(torch.uint8)
    whole = _bytes(summed(centred(turned(half, *turns[1])), second))
    return turned(whole, 2, 1, 0) if columns_first else whole
