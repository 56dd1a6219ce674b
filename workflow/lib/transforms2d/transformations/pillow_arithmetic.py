"""Arithmetic of 8-bit images as Pillow does it, in types that are cheap on a CPU.

16-bit integers wrap modulo 65536, so they hold the products of two bytes; only right shifts need
the sign bits masked away. Casts from float go through int16, because a direct one to bytes is
several times slower.
"""

import numpy as np
import torch
from torch import Tensor


def to_bytes(values: Tensor) -> Tensor:
    """Float values in [0, 256) to uint8, dropping the fraction."""
    return values.to(torch.int16).to(torch.uint8)


def multiply(colour: Tensor, alpha: Tensor) -> Tensor:
    """``colour * alpha / 255`` rounded to the nearest, uint8 by uint8 (broadcasting) to int16."""
    product = colour.to(torch.int16) * alpha.to(torch.int16)
    product += 128
    product += (product >> 8).bitwise_and_(255)
    return product.bitwise_right_shift_(8).bitwise_and_(255)


def straightened(values: Tensor) -> Tensor:
    """Bytes with colour over alpha where there is alpha, int16 [..., C, H, W]."""
    if values.shape[-3] == 3:
        return values
    return divided(values.to(torch.float32)).to(torch.int16)


def divided(values: Tensor) -> Tensor:
    """Colour over alpha, in place; whole numbers in float32 [..., C, H, W], fractions not cut."""
    if values.shape[-3] == 4:
        colour, alpha = values[..., :3, :, :], values[..., 3:, :, :]
        share = alpha.clamp(max=1).sub_(1).mul_(-255).add_(alpha)
        colour.mul_(share.reciprocal_().mul_(255 * (1 + 1e-6))).clamp_(max=255)
    return values


def put_rows_(images: Tensor, rows: Tensor, changed: Tensor) -> None:
    """Other images in place of those at ``rows``, each named once.

    On the CPU by numpy, which copies an image at a time; torch copies byte by byte.
    """
    if images.device.type == "cpu":
        images.numpy()[rows.numpy()] = changed.numpy()
    else:
        images[rows] = changed


def keep_alpha_(out: Tensor, images: Tensor) -> None:
    """The alpha of images where they have any."""
    if images.shape[1] == 4:
        out[:, 3] = images[:, 3]


def occupied_box(images: Tensor, margin: int = 0) -> tuple[slice, slice]:
    """Rows and columns outside of which RGBA images are empty; for objects mostly a part.

    The box is larger by ``margin`` on all sides, within the image. RGB images count as full.
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
    """``change`` on the occupied box alone, for transformations that leave empty pixels empty.

    It reads images and writes others, or the same ones. With ``whole_rows`` the box is as wide as
    the image: more pixels, but they lie side by side, which pays where little is done to each.
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
    """Gray as Pillow's ``convert("L")``, with a fraction to cut; float32 [N, 3, H, W] to [N, H, W].

    Takes whole numbers. Rounded ITU-R 601 luma is what is left without the fraction. Every sum is
    a multiple of 2**-16 below 2**8, so float32 is exact.
    """
    red, green, blue = (weight * 2.0**-16 for weight in (19595, 38470, 7471))
    gray = rgb[:, 0] * red
    return gray.add_(rgb[:, 1], alpha=green).add_(rgb[:, 2], alpha=blue).add_(0.5)
