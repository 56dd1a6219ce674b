"""The arithmetic of 8-bit images in Pillow, in types that are fast on a CPU.

16-bit integers wrap modulo 65536, so they hold the product of two bytes; only right shifts need a
mask of the sign bits. Casts from float go through int16, because a direct cast to bytes is several
times slower.
"""

import numpy as np
import torch
from torch import Tensor


def to_bytes(values: Tensor) -> Tensor:
    """Truncate float values in [0, 256) to uint8."""
    return values.to(torch.int16).to(torch.uint8)


def multiply(colour: Tensor, alpha: Tensor) -> Tensor:
    """``colour * alpha / 255`` rounded to the nearest, uint8 by uint8 (broadcasting) to int16."""
    product = colour.to(torch.int16) * alpha.to(torch.int16)
    product += 128
    product += (product >> 8).bitwise_and_(255)
    return product.bitwise_right_shift_(8).bitwise_and_(255)


def straightened(values: Tensor) -> Tensor:
    """Bytes with colour divided by alpha if there is alpha, int16 [..., C, H, W]."""
    if values.shape[-3] == 3:
        return values
    return divided(values.to(torch.float32)).to(torch.int16)


def divided(values: Tensor) -> Tensor:
    """Divide colour by alpha, in place, without truncation; integers in float32 [..., C, H, W]."""
    if values.shape[-3] == 4:
        colour, alpha = values[..., :3, :, :], values[..., 3:, :, :]
        share = alpha.clamp(max=1).sub_(1).mul_(-255).add_(alpha)
        colour.mul_(share.reciprocal_().mul_(255 * (1 + 1e-6))).clamp_(max=255)
    return values


def put_rows_(images: Tensor, rows: Tensor, changed: Tensor) -> None:
    """Replace the images at ``rows``, which are distinct.

    On the CPU with numpy, which copies whole images; torch copies byte by byte.
    """
    if images.device.type == "cpu":
        images.numpy()[rows.numpy()] = changed.numpy()
    else:
        images[rows] = changed


def keep_alpha_(out: Tensor, images: Tensor) -> None:
    """Copy the alpha of images, if they have it."""
    if images.shape[1] == 4:
        out[:, 3] = images[:, 3]


def occupied_box(images: Tensor, margin: int = 0) -> tuple[slice, slice]:
    """Rows and columns outside of which RGBA images are empty.

    The box has a ``margin`` on all sides, within the image. RGB images count as full.
    """
    height, width = images.shape[2:]
    if images.shape[1] == 3 or not len(images):
        return slice(0, height), slice(0, width)
    used = images.amax((0, 1))

    def bounds(used: Tensor, extent: int) -> slice:
        at = torch.nonzero(used)[:, 0].tolist() or [0]
        return slice(max(at[0] - margin, 0), min(at[-1] + 1 + margin, extent))

    return bounds(used.amax(1), height), bounds(used.amax(0), width)


def occupied_rows(image: np.ndarray, margin: int = 0) -> slice:
    """The rows of ``occupied_box`` for one image uint8 [C, H, W]."""
    height = image.shape[1]
    if len(image) == 3:
        return slice(0, height)
    at = np.flatnonzero(image.max(axis=0).any(axis=1))
    first, last = (int(at[0]), int(at[-1])) if len(at) else (0, 0)
    return slice(max(first - margin, 0), min(last + 1 + margin, height))


def where_occupied(change, margin: int = 0, whole_rows: bool = False):
    """Apply ``change`` only to the occupied box; for transformations that keep empty pixels empty.

    It reads images and writes others, or the same ones. With ``whole_rows`` the box is as wide as
    the image: more pixels, but contiguous ones, which is faster for cheap changes.
    """

    def apply(images: Tensor, out: Tensor, parameters, protocol) -> None:
        if images.shape[1] == 3:
            change(images, out, parameters)
            return
        out.copy_(images)
        rows, columns = occupied_box(images, margin)
        box = out[:, :, rows, slice(None) if whole_rows else columns]
        change(box, box, parameters)

    return apply


def luma(rgb: Tensor) -> Tensor:
    """Gray as in Pillow's ``convert("L")``, not yet truncated; float32 [N, 3, H, W] to [N, H, W].

    Takes integers. Truncated, the result is rounded ITU-R 601 luma. Every sum is a multiple of
    2**-16 below 2**8, so float32 is exact.
    """
    red, green, blue = (weight * 2.0**-16 for weight in (19595, 38470, 7471))
    gray = rgb[:, 0] * red
    return gray.add_(rgb[:, 1], alpha=green).add_(rgb[:, 2], alpha=blue).add_(0.5)
