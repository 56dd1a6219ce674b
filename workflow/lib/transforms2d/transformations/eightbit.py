"""Arithmetic of 8-bit images as Pillow does it, in types that are cheap on a CPU.

16-bit integers wrap modulo 65536, so they hold the products of two bytes; only right shifts need
the sign bits masked away. Casts from float go through int16, because a direct one to bytes is
several times slower.
"""

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


def put_rows_(images: Tensor, rows: Tensor, changed: Tensor) -> None:
    """Other images in place of those at ``rows``, each named once.

    On the CPU by numpy, which copies an image at a time; torch copies byte by byte.
    """
    if images.device.type == "cpu":
        images.numpy()[rows.numpy()] = changed.numpy()
    else:
        images[rows] = changed


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


def where_occupied(change_, margin: int = 0, whole_rows: bool = False):
    """``change_`` on the occupied box alone, for transformations that leave empty pixels empty.

    It changes its images in place. With ``whole_rows`` the box is as wide as the image: more
    pixels, but they lie side by side, which pays where little is done to each.
    """

    def apply(images: Tensor, parameters, protocol) -> Tensor:
        rows, columns = occupied_box(images, margin)
        out = images.clone(memory_format=torch.contiguous_format)
        change_(out[:, :, rows, slice(None) if whole_rows else columns], parameters)
        return out

    return apply


def luma(rgb: Tensor) -> Tensor:
    """Gray as Pillow's ``convert("L")``: rounded ITU-R 601 luma of float32 [N, 3, H, W].

    Takes and returns whole numbers; [N, 1, H, W]. Every sum is a whole number below 2**24, so
    float32 is exact.
    """
    gray = rgb[:, 0:1] * 19595
    gray.add_(rgb[:, 1:2], alpha=38470).add_(rgb[:, 2:3], alpha=7471)
    return gray.add_(32768).mul_(2.0**-16).floor_()
