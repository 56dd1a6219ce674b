"""Pixelation to half the side with numpy: each block of 2x2 pixels becomes its mean."""

import numpy as np
import torch

from transforms2d.transformations.pillow_arithmetic import straightened


def pixelate_by_two(images: np.ndarray, out: np.ndarray, columns_first: bool) -> None:
    """Images uint8 [..., C, H, W] to half the side and back; source and result may be the same.

    Rows are read and written as 16-bit integers, each a pair of bytes. Means are rounded up.
    """
    if images.shape[-3] == 4:
        images = _multiplied(images)
    if columns_first:
        # The rounded mean of bytes, without a ninth bit
        even, odd = images[..., ::2, :], images[..., 1::2, :]
        images = np.bitwise_xor(even, odd)
        images >>= 1
        images = np.subtract(even | odd, images, out=images)
    pairs = images.view(np.uint16)
    small = _mean(pairs & 255, pairs >> 8)
    if not columns_first:
        small = _mean(small[..., ::2, :], small[..., 1::2, :])
    if small.shape[-3] == 4:
        small = straightened(torch.from_numpy(small.view(np.int16))).numpy().view(np.uint16)
    small *= 257
    pairs = out.view(np.uint16)
    pairs[..., ::2, :] = small
    pairs[..., 1::2, :] = small


def _multiplied(images: np.ndarray) -> np.ndarray:
    """Colour times alpha over 255, rounded to the nearest, and alpha: uint8 [..., 4, H, W]."""
    product = images[..., :3, :, :].astype(np.uint16)
    product *= images[..., 3:, :, :]
    product += 128
    product += product >> 8
    product >>= 8
    made = images.copy()
    np.copyto(made[..., :3, :, :], product, casting="unsafe")
    return made


def _mean(values: np.ndarray, others: np.ndarray) -> np.ndarray:
    """The mean of bytes in uint16, rounded up."""
    total = values + others
    total += 1
    total >>= 1
    return total
