"""Resizing of batches of small images: a matrix product per image and axis."""

import torch
from torch import Tensor

from transforms2d.transformations.pillow_arithmetic import divided

_CENTRE = 128  # bytes minus this leave room for one more bit of the weights


def premultiplied(images: Tensor, box: tuple[slice, slice]) -> Tensor:
    """A box of uint8 [N, C, H, W] minus 128, colour times alpha rounded, float32 [N, R, C, T].

    A product of bytes divided by 255 is never near a half, so float32 rounds it correctly. Whole
    rows are processed, since their pixels are contiguous.
    """
    rows, columns = box
    out = images[:, :, rows].to(torch.float32)
    if images.shape[1] == 4:
        out[:, :3].mul_(out[:, 3:] * (1 / 255)).round_()
    return out[..., columns].transpose(1, 2).contiguous().sub_(_CENTRE)


def rest_of(weights: Tensor) -> Tensor:
    """The contribution of skipped empty pixels to each sum of a row, plus a half for rounding."""
    return (weights.sum(-1) - 1) * _CENTRE + 0.5


def resized(images: Tensor, across: Tensor, down: Tensor, rest, columns_first: bool) -> Tensor:
    """Both passes: float32 [N, R, C, S] to [N, U, C, T] by weights [N, T, S] and [N, U, R].

    Source and result are bytes minus 128. ``rest`` is for down and across, [N, U] and [N, T]. With
    the channels inside the rows, each pass is one matrix product per image.
    """
    n, rows, channels, size = images.shape
    rest_down, rest_across = rest[0][:, :, None], rest[1][:, None, :]
    if columns_first:
        half = _product(rest_down, down, images.view(n, rows, -1))
        whole = _product(rest_across, half.view(n, -1, size), across.transpose(1, 2))
    else:
        half = _product(rest_across, images.view(n, -1, size), across.transpose(1, 2))
        whole = _product(rest_down, down, half.view(n, rows, -1))
    return whole.view(n, down.shape[1], channels, -1)


def _product(rest: Tensor, left: Tensor, right: Tensor) -> Tensor:
    """Matrix products of bytes minus 128, rounded to the same; ``rest`` as from ``rest_of``."""
    return torch.baddbmm(rest, left, right).clamp_(-_CENTRE, _CENTRE - 1).floor_()


def straight(values: Tensor) -> Tensor:
    """The inverse: bytes minus 128, float32 [N, R, C, T], to integers int16 [N, C, R, T].

    Colour is divided by alpha. An alpha of 0 becomes 255 for this, by arithmetic, which is cheaper
    than a comparison. The quotient is truncated; the reciprocal is larger by a millionth, so that
    exact integers are kept.
    """
    values = values.transpose(1, 2).contiguous().add_(_CENTRE)
    return divided(values).to(torch.int16)
