"""Transformations of colour: hue, brightness, contrast, grayscale, posterize, invert, sharpen.

They keep alpha. The arithmetic is that of Pillow's 8-bit enhancers, truncation included.
"""

import torch
from torch import Tensor

from transforms2d.transformations.core import Draws, Transformation, scalar
from transforms2d.transformations.eightbit import luma, to_bytes

_SHARPNESS = 7
_SECTOR = torch.tensor([3.0, 2.0, 4.0])  # where each of red, green, blue is centred, in sixths


def _with_alpha(rgb: Tensor, images: Tensor) -> Tensor:
    if images.shape[1] == 3:
        return rgb
    return torch.cat([rgb, images[:, 3:]], 1)


def _per_row(values: Tensor) -> Tensor:
    return values.to(torch.float32)[:, None, None, None]


def _brightness(images: Tensor, parameters, protocol) -> Tensor:
    rgb = images[:, :3].to(torch.float32).mul_(_per_row(parameters["factor"])).clamp_(0, 255)
    return _with_alpha(to_bytes(rgb), images)


def _contrast(images: Tensor, parameters, protocol) -> Tensor:
    gray = luma(images[:, :3])
    if images.shape[1] == 4:
        gray.mul_(images[:, 3:] > 0)
    # Sums over rows of pixels are exact in float32, sums over images in float64.
    mean = gray.sum(3).sum(2, dtype=torch.float64) / gray[0].numel()
    mean = (mean + 0.5).floor().to(torch.float32)[..., None, None]
    rgb = images[:, :3].to(torch.float32).sub_(mean).mul_(_per_row(parameters["factor"]))
    return _with_alpha(to_bytes(rgb.add_(mean).clamp_(0, 255)), images)


def _grayscale(images: Tensor, parameters, protocol) -> Tensor:
    gray = to_bytes(luma(images[:, :3]))
    return _with_alpha(gray.expand(-1, 3, -1, -1), images)


def _posterize(images: Tensor, parameters, protocol) -> Tensor:
    return _with_alpha(images[:, :3] & 0x80, images)


def _invert(images: Tensor, parameters, protocol) -> Tensor:
    return _with_alpha(images[:, :3] ^ 0xFF, images)


def _sharpen(images: Tensor, parameters, protocol) -> Tensor:
    """Away from the 3x3 mean with a centre of weight 5; the outermost pixels stay as they are."""
    rgb = images[:, :3].to(torch.int16)
    rows = rgb[:, :, :-2] + rgb[:, :, 1:-1]
    rows += rgb[:, :, 2:]
    total = rows[..., :-2] + rows[..., 1:-1]
    total += rows[..., 2:]
    inner = rgb[:, :, 1:-1, 1:-1]
    total += inner * 4
    smooth = total.to(torch.float32).mul_(1 / 13).add_(0.5).to(torch.int32).to(torch.int16)
    sharp = (inner * _SHARPNESS).sub_(smooth.mul_(_SHARPNESS - 1)).clamp_(0, 255)
    out = images.clone()
    out[:, :3, 1:-1, 1:-1] = sharp.to(torch.uint8)
    return out


def _hue(images: Tensor, parameters, protocol) -> Tensor:
    """Through 8-bit hue and saturation, as Pillow's HSV images hold them.

    Hue counts 0..255 once around when read and wraps modulo 256 when shifted; a shift is the
    truncated 255th part of a turn, as torchvision passes it to Pillow.
    """
    red, green, blue = images[:, :3].to(torch.float32).unbind(1)
    value = torch.maximum(torch.maximum(red, green), blue)
    spread = value - torch.minimum(torch.minimum(red, green), blue)
    per_spread = 1 / spread.clamp(min=1)
    is_red = value == red
    is_green = (value == green) & ~is_red
    hue = torch.where(is_red, green - blue, torch.where(is_green, blue - red, red - green))
    hue = hue * per_spread + torch.where(is_red, 6.0, torch.where(is_green, 2.0, 4.0))
    # A hair above: exact multiples must not be truncated to the number below them.
    hue = (hue * (255 / 6) + 1e-3).floor_()
    hue = hue - 255 * (hue >= 255)
    shift = (parameters["hue_turns"].double() * 255).trunc().to(torch.float32)
    hue = torch.remainder(hue + shift[:, None, None], 256) * (6 / 255)
    saturation = (spread * 255 / value.clamp(min=1)).floor_()
    chroma = saturation * value * (1 / 255)
    offset = _SECTOR.to(images.device)[:, None, None]
    away = (hue[:, None] - offset).abs_()
    away[:, 0].sub_(2).neg_()
    away[:, 1:].sub_(1)
    rgb = value[:, None] - away.clamp_(0, 1) * chroma[:, None]
    return _with_alpha(to_bytes(rgb.add_(0.5)), images)


def _draw_hue(draws: Draws) -> dict[str, Tensor]:
    return {"hue_turns": draws.between(-0.5, 0.5)}


def _draw_factor(draws: Draws) -> dict[str, Tensor]:
    return {"factor": draws.between(0, 2)}


PHOTOMETRIC = (
    Transformation("hue", _hue, _draw_hue, {"hue_turns": scalar}, colour=True),
    Transformation("brightness", _brightness, _draw_factor, {"factor": scalar}, colour=True),
    Transformation("grayscale", _grayscale, coin=0.5, colour=True),
    Transformation("posterize", _posterize, coin=0.5, colour=True),
    Transformation("invert", _invert, coin=0.5, colour=True),
    Transformation("sharpen", _sharpen, coin=0.5),
    Transformation("contrast", _contrast, _draw_factor, {"factor": scalar}, colour=True),
)
