"""Resizing batches of small images: a matrix product for each image and axis."""

import torch
from torch import Tensor

from transforms2d.transformations.pillow_arithmetic import divided

_CENTRE = 128  # less than bytes by that, numbers leave room for one more bit of the weights


def premultiplied(images: Tensor, box: tuple[slice, slice]) -> Tensor:
    """The box of uint8 [N, C, H, W] less 128 as float32 [N, R, C, T], colour times alpha, rounded.

    Products of bytes over 255 are never near a half, so that float32 rounds them right. Whole
    rows are worked on, as their pixels lie side by side.
    """
    rows, columns = box
    out = images[:, :, rows].to(torch.float32)
    if images.shape[1] == 4:
        out[:, :3].mul_(out[:, 3:] * (1 / 255)).round_()
    return out[..., columns].transpose(1, 2).contiguous().sub_(_CENTRE)


def rest_of(weights: Tensor) -> Tensor:
    """What empty pixels that were left out add to each sum of a row, and a half to round by."""
    return (weights.sum(-1) - 1) * _CENTRE + 0.5


def resized(images: Tensor, across: Tensor, down: Tensor, rest, columns_first: bool) -> Tensor:
    """Both passes: float32 [N, R, C, S] to [N, U, C, T] by weights [N, T, S] and [N, U, R].

    From and to bytes less 128. ``rest`` is that of down and across, [N, U] and [N, T]. With the
    channels inside the rows, either pass is one matrix product an image.
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
    """Matrix products of bytes less 128, rounded to such; ``rest`` as of ``rest_of``."""
    return torch.baddbmm(rest, left, right).clamp_(-_CENTRE, _CENTRE - 1).floor_()


def straight(values: Tensor) -> Tensor:
    """The way back, from bytes less 128, float32 [N, R, C, T] to whole numbers int16 [N, C, R, T].

    Colour is divided by alpha, except where nothing is left to divide by: there 0 becomes 255, by
    arithmetic, which is cheaper than a comparison. The quotient is cut to whole numbers; a
    millionth more than the reciprocal keeps those that are whole already.
    """
    values = values.transpose(1, 2).contiguous().add_(_CENTRE)
    return divided(values).to(torch.int16)
