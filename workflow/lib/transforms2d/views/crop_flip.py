"""Resized crops, mirrored or not: boxes as torchvision draws them, resizing as in Pillow."""

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from transforms2d.transformations.core import Draws, Transformation, scalar
from transforms2d.transformations.resizing import matrices
from transforms2d.transformations.resizing.weights import STEPS

LEAST_RATIO, LARGEST_RATIO = 3 / 4, 4 / 3  # of width to height, as torchvision's
ATTEMPTS = 10  # boxes that are drawn, of which the first that fits is used, as torchvision's


def _apply(images: Tensor, out: Tensor, parameters, protocol) -> None:
    """The boxes resized to the whole image, bilinear; both passes are rounded to bytes.

    A box that is the whole image stays as it is.
    """
    height, width = images.shape[2:]
    down = _weights(parameters["top"], parameters["height"], height)
    across = _weights(parameters["left"], parameters["width"], width, parameters["flipped"])
    source = matrices.premultiplied(images, (slice(None), slice(None)))
    rest = [matrices.rest_of(each) for each in (down, across)]
    out.copy_(matrices.straight(matrices.resized(source, across, down, rest, columns_first=False)))


def _weights(start: Tensor, length: Tensor, side: int, flipped: Tensor | None = None) -> Tensor:
    """The weights of source pixels in target pixels along one axis, float32 [N, side, side].

    Target pixels read between two source pixels of the box ``start`` .. ``start + length``. Weights
    are multiples of 1 / STEPS and sum to 1, so sums of bytes are exact.
    """
    start, length = start.double()[:, None], length.double()[:, None]
    pixels = torch.arange(side, device=start.device, dtype=torch.float64)
    targets = pixels.expand(len(start), -1)
    if flipped is not None:
        targets = torch.where(flipped.to(torch.bool)[:, None], side - 1 - targets, targets)
    place = (targets + 0.5) * (length / side) - 0.5
    place = torch.minimum(place.clamp_(min=0), length - 1) + start
    place = place.mul_(STEPS).round_().div_(STEPS).to(torch.float32)
    return (pixels.to(torch.float32) - place[:, :, None]).abs_().neg_().add_(1).clamp_(min=0)


CROP_FLIP = Transformation(
    "crop_flip",
    _apply,
    parameters=dict.fromkeys(("top", "left", "height", "width", "flipped"), scalar),
)


def crop_flip(area: tuple[float, float]) -> Transformation:
    """Crops of uniform area between two shares of the image's, half of them mirrored.

    The ratio of width to height is log-uniform from 3/4 to 4/3, the place uniform over whole
    pixels. Parameters are ``top``, ``left``, ``height`` and ``width`` of the box in px, int64, and
    ``flipped``, bool.
    """
    return replace(CROP_FLIP, draw=lambda draws: _draw(draws, *area))


def _draw(draws: Draws, least: float, largest: float) -> dict[str, Tensor]:
    u = draws.uniform(2 * ATTEMPTS + 3)
    share = least + (largest - least) * u[:, :ATTEMPTS]
    ratio = LEAST_RATIO * (LARGEST_RATIO / LEAST_RATIO) ** u[:, ATTEMPTS : 2 * ATTEMPTS]
    sides = np.array([draws.height, draws.width])
    area = share * sides.prod()
    sizes = np.rint(np.sqrt(np.stack([area / ratio, area * ratio], axis=-1)))
    fits = ((sizes > 0) & (sizes <= sides)).all(-1)
    size = sizes[np.arange(len(u)), fits.argmax(1)]
    corner = np.floor(u[:, -3:-1] * (sides - size + 1))
    none = ~fits.any(1)
    size[none] = _central(draws.height, draws.width)
    corner[none] = (sides - size[none]) // 2
    top, left = torch.from_numpy(corner.astype(np.int64)).unbind(1)
    height, width = torch.from_numpy(size.astype(np.int64)).unbind(1)
    box = {"top": top, "left": left, "height": height, "width": width}
    return box | {"flipped": torch.from_numpy(u[:, -1] < 0.5)}


def _central(height: int, width: int) -> tuple[int, int]:
    """The box in place of those that do not fit: the largest one with a permitted ratio."""
    return min(height, round(width / LEAST_RATIO)), min(width, round(height * LARGEST_RATIO))
