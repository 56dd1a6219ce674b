"""Transformations of colour: hue, brightness, contrast, grayscale, posterize, invert, sharpen.

They keep alpha. The arithmetic is that of Pillow's 8-bit enhancers, including truncation.
"""

import torch
from torch import Tensor

from transforms2d.transformations.core import Draws, Transformation, scalar
from transforms2d.transformations.large import hue
from transforms2d.transformations.large import photometric as large
from transforms2d.transformations.pillow_arithmetic import (
    keep_alpha_,
    luma,
    occupied_box,
    to_bytes,
    where_occupied,
)

_SHARPNESS = 7


def _per_row(values: Tensor) -> Tensor:
    return values.to(torch.float32)[:, None, None, None]


def _brightness(images: Tensor, out: Tensor, parameters) -> None:
    rgb = images[:, :3].to(torch.float32).mul_(_per_row(parameters["factor"])).clamp_(0, 255)
    out[:, :3] = rgb.to(torch.int16)


def _contrast(images: Tensor, out: Tensor, parameters, protocol) -> None:
    """Move colours away from or towards the mean gray of the canvas, including its black border."""
    rows, _ = occupied_box(images)
    rgb = images[:, :3, rows].to(torch.float32)
    # Sums over rows of pixels are exact in float32, sums over images in float64.
    mean = luma(rgb).floor_().sum(2).sum(1, dtype=torch.float64) / images.shape[2:].numel()
    mean = _per_row((mean + 0.5).floor())
    factor = _per_row(parameters["factor"])

    def moved(values: Tensor) -> Tensor:
        return values.sub_(mean).mul_(factor).add_(mean).clamp_(0, 255).to(torch.int16)

    keep_alpha_(out, images)
    if rgb.shape[2] < images.shape[2]:
        out[:, :3] = moved(torch.zeros_like(mean)).to(torch.uint8)  # result for empty pixels
    out[:, :3, rows] = moved(rgb)


def _grayscale(images: Tensor, out: Tensor, parameters, protocol) -> None:
    out[:, :3] = to_bytes(luma(images[:, :3].to(torch.float32)))[:, None]
    keep_alpha_(out, images)


def _mask(images: Tensor, applied: Tensor, on: int, off: int) -> Tensor:
    """A byte per row and channel, [N, C, 1, 1]: ``on`` for colour where applied, else 0."""
    mask = images.new_full((*images.shape[:2], 1, 1), off)
    mask[applied, :3] = on
    return mask


def _posterize(images: Tensor, out: Tensor, parameters, protocol) -> None:
    torch.bitwise_and(images, _mask(images, parameters["applied"], 0x80, 0xFF), out=out)


def _invert(images: Tensor, out: Tensor, parameters, protocol) -> None:
    torch.bitwise_xor(images, _mask(images, parameters["applied"], 0xFF, 0), out=out)


def _sharpen(images: Tensor, out: Tensor, parameters) -> None:
    """Move away from the 3x3 mean with a centre weight of 5; edge pixels do not change.

    Rows of pixels are joined end to end, so the values of the edge columns are meaningless and are
    dropped.
    """
    n, _, height, width = images.shape
    rgb = images[:, :3].to(torch.int16).view(n, 3, -1)
    rows = rgb[..., : -2 * width] + rgb[..., width:-width]
    rows += rgb[..., 2 * width :]
    inner = rgb[..., width + 1 : -width - 1]
    total = (rows[..., :-2] + rows[..., 1:-1]).add_(rows[..., 2:]).add_(inner, alpha=4)
    smooth = total.to(torch.float32).mul_(1 / 13).add_(0.5).to(torch.int16)
    smooth.mul_(1 - _SHARPNESS).add_(inner, alpha=_SHARPNESS).clamp_(0, 255)
    inner.copy_(smooth)
    if out is not images:
        out.copy_(images)
    out[:, :3, 1:-1, 1:-1] = rgb.view(n, 3, height, width)[:, :, 1:-1, 1:-1]


def _hue(images: Tensor, out: Tensor, parameters) -> None:
    """Shift the hue in 8-bit hue and saturation, as in Pillow's HSV images.

    One turn of hue is 0..254 when read, but a shift wraps modulo 256. The shift is truncated to
    255ths of a turn, as torchvision passes it to Pillow. Values are integers, so a difference
    clamped to 0..1 says which one is larger, as cheaply as arithmetic. Small values are held in 16
    bits, which take half the memory.
    """
    red, green, blue = images[:, :3].to(torch.int16).unbind(1)
    high, low = torch.maximum(green, blue), torch.minimum(green, blue)
    value, middle = torch.maximum(red, high), torch.minimum(red, high)
    spread = value - torch.minimum(middle, low)
    blue_over_green = (blue - green).clamp_(0, 1)
    over_red = high.sub_(red).clamp_(0, 1)
    # In sixths of a turn: 0 or -6 at first, replaced by -2 or 4 where red is not the largest.
    sector = (blue_over_green * 12).sub_(2).mul_(over_red).sub_(blue_over_green, alpha=6)
    hue = middle.sub_(low).add_(sector.mul_(spread)).abs_().to(torch.float32)
    spread, value = spread.to(torch.float32), value.to(torch.float32)
    # Slightly larger, so that exact multiples are not truncated to the number below.
    hue = hue.div_(spread.clamp(min=1)).mul_(255 / 6).add_(1e-3).to(torch.int16)
    shift = (parameters["hue_turns"].double() * 255).trunc().remainder(256).to(torch.int16)
    hue = hue.add_(shift[:, None, None]).bitwise_and_(255).to(torch.float32).mul_(6 / 255)
    chroma = spread.mul_(255).div_(value.clamp(min=1)).floor_().mul_(value).mul_(1 / 255)
    value.add_(0.5)
    for channel, (centre, sign) in enumerate(((3, -1), (2, 1), (4, 1))):
        # Distance of the channel below the value: 0 at its own hue, 1 at the opposite ones.
        below = (hue - centre).abs_()
        below = (below.sub_(1) if sign > 0 else below.neg_().add_(2)).clamp_(0, 1)
        out[:, channel] = below.mul_(chroma).neg_().add_(value).to(torch.int16)


def _draw_hue(draws: Draws) -> dict[str, Tensor]:
    return {"hue_turns": draws.between(-0.5, 0.5)}


def _draw_factor(draws: Draws) -> dict[str, Tensor]:
    return {"factor": draws.between(0, 2)}


PHOTOMETRIC = (
    Transformation(
        "hue",
        where_occupied(_hue),
        _draw_hue,
        {"hue_turns": scalar},
        apply_large=hue.hue,
        colour=True,
    ),
    Transformation(
        "brightness",
        where_occupied(_brightness, whole_rows=True),
        _draw_factor,
        {"factor": scalar},
        apply_large=large.brightness,
        colour=True,
    ),
    Transformation("grayscale", _grayscale, coin=0.5, apply_large=large.grayscale, colour=True),
    Transformation(
        "posterize",
        _posterize,
        coin=0.5,
        takes_all=True,
        apply_large=large.posterize,
        colour=True,
    ),
    Transformation(
        "invert", _invert, coin=0.5, takes_all=True, apply_large=large.invert, colour=True
    ),
    Transformation(
        "sharpen",
        where_occupied(_sharpen, margin=1, whole_rows=True),
        coin=0.5,
        apply_large=large.sharpen,
    ),
    Transformation(
        "contrast",
        _contrast,
        _draw_factor,
        {"factor": scalar},
        apply_large=large.contrast,
        colour=True,
    ),
)
