"""Transformations that damage images: blur, noise, pixelate, elastic, erasing.

(Contrast, the sixth of the published category, is with the other changes of colour.)
"""

from functools import lru_cache
from statistics import NormalDist

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import grid_sample

from transforms2d.transformations.blur import blur
from transforms2d.transformations.core import REFERENCE_SIZE, Draws, Transformation, scalar
from transforms2d.transformations.pillow_arithmetic import keep_alpha_
from transforms2d.transformations.resizing.pixelate import pixelate
from transforms2d.transformations.resizing.weights import in_steps

_ELASTIC_STRENGTH = 150.0  # of the blurred field, in px
_ELASTIC_SIGMA = 5.0  # px
_ERASED = 14  # px
_NOISE_BITS = 12


def erased_side(side: int) -> int:
    """14 px for a shorter side of 32 px, otherwise in proportion."""
    return round(_ERASED * side / REFERENCE_SIZE)


def _blur(images: Tensor, out: Tensor, parameters, protocol) -> None:
    blur(images, out, parameters["sigma_px"])


def _noise(images: Tensor, out: Tensor, parameters, protocol) -> None:
    noisy = images[:, :3].to(torch.float32).div_(255).add_(parameters["noise"])
    if protocol.noise_overflow == "clamp":
        noisy.clamp_(0, 1)
    out[:, :3] = noisy.mul_(255).to(torch.int16)  # the cast to bytes wraps modulo 256
    keep_alpha_(out, images)


@lru_cache(maxsize=1)
def _clipped_normal() -> Tensor:
    """Equally likely values of the normal distribution clipped to 0..1, float32 [4096].

    The table is finer than 8-bit images can show and fits a CPU's innermost cache.
    """
    normal = NormalDist()
    count = 1 << _NOISE_BITS
    values = np.array([normal.inv_cdf((i + 0.5) / count) for i in range(count)])
    return torch.from_numpy(values.clip(0, 1).astype(np.float32))


def _draw_noise(draws: Draws) -> dict[str, Tensor]:
    height, width = draws.height, draws.width
    bits = draws.small_bits(3 * height * width, np.uint16) >> (16 - _NOISE_BITS)
    index = torch.from_numpy(bits.astype(np.int32).reshape(-1))
    noise = torch.index_select(_clipped_normal(), 0, index)
    return {"noise": noise.view(len(bits), 3, height, width)}


def _elastic(images: Tensor, out: Tensor, parameters, protocol) -> None:
    height, width = images.shape[2:]

    def centres(extent):
        return (
            torch.arange(extent, device=images.device, dtype=torch.float32) * 2 + 1
        ) / extent - 1

    own_place = torch.stack(torch.meshgrid(centres(width), centres(height), indexing="xy"), -1)
    # As large as an image: contiguous factors are multiplied faster
    pixel = own_place.new_tensor([2 / width, 2 / height]).expand_as(own_place)
    grid = parameters["displacement"].to(torch.float32) * pixel.contiguous() + own_place
    source = images.to(torch.float32)
    if protocol.elastic_border == "weighted_twice":
        source = torch.cat([source, torch.ones_like(source[:, :1])], 1)
    moved = grid_sample(source, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    if protocol.elastic_border == "weighted_twice":
        moved = moved[:, :-1] * moved[:, -1:]
    out.copy_(moved.round_().to(torch.int16))


@lru_cache(maxsize=8)
def _elastic_filter(size: int, sigma: float) -> Tensor:
    """The Gaussian along one axis as a matrix, float32 [size, size], in multiples of 2**-14."""
    radius = int(8 * sigma + 1) // 2
    offset = np.arange(-radius, radius + 1)
    kernel = np.exp(-0.5 * (offset / sigma) ** 2)
    # Mirrored at the edge pixels' centres
    source = np.abs(np.arange(size)[:, None] + offset)
    source = np.where(source >= size, 2 * (size - 1) - source, source)
    matrix = np.zeros((size, size))
    np.add.at(matrix, (np.arange(size)[:, None], source), kernel / kernel.sum())
    return torch.from_numpy(in_steps(matrix, 1 << 14))


def _draw_elastic(draws: Draws) -> dict[str, Tensor]:
    """A field of uniform numbers in -1..1, blurred and scaled by half the strength.

    Half, because the published field is in units of half the image's side. Sums are exact in
    float32: the numbers have 8 bits, and 10 bits between the passes.
    """
    height, width = draws.height, draws.width
    strength = _ELASTIC_STRENGTH / 2 * (draws.side / REFERENCE_SIZE) ** 2
    sigma = _ELASTIC_SIGMA * draws.side / REFERENCE_SIZE
    bits = torch.from_numpy(draws.small_bits(2 * height * width, np.uint8))
    field = bits.reshape(-1, 2, height, width).to(torch.float32)
    # From bytes to -255..255, after the sums, since a filter's weights sum to 1
    across = torch.matmul(field, 8 * _elastic_filter(width, sigma).T).sub_(4 * 255).round_()
    field = torch.matmul(_elastic_filter(height, sigma), across).mul_(strength / 1024)
    # The fastest way to interleave dx and dy
    return {"displacement": torch.view_as_real(torch.complex(field[:, 0], field[:, 1]))}


def _draw_erasing(draws: Draws) -> dict[str, Tensor]:
    room = np.array([draws.width, draws.height]) - erased_side(draws.side)
    corner = torch.from_numpy(np.floor(draws.uniform(2) * room).astype(np.int64))
    return {"x": corner[:, 0].clone(), "y": corner[:, 1].clone()}


def _erasing(images: Tensor, out: Tensor, parameters, protocol) -> None:
    height, width = images.shape[2:]
    last = erased_side(min(height, width)) - 1

    def outside(corner, extent):
        at = torch.arange(extent, device=images.device)
        beyond = at - corner.round().to(torch.int64)[:, None]
        return ((beyond < 0) | (beyond > last)).to(torch.uint8).neg_()  # 255 where kept

    across, down = outside(parameters["x"], width), outside(parameters["y"], height)
    torch.bitwise_and(images, (across[:, None, :] | down[:, :, None])[:, None], out=out)


def _erasing_large(pairs, parameters, protocol) -> None:
    corners = [np.rint(parameters[key]).tolist() for key in ("y", "x")]
    for (image, out), *corner in zip(pairs, *corners, strict=True):
        side = erased_side(min(image.shape[1:]))
        if out is not image:
            np.copyto(out, image)
        out[:, *(slice(max(int(at), 0), max(int(at) + side, 0)) for at in corner)] = 0


def _pixelate_large(pairs, parameters, protocol) -> None:
    for pair in pairs:
        pixelate(*(torch.from_numpy(each)[None] for each in pair), protocol.pixelate)


def _draw_blur(draws: Draws) -> dict[str, Tensor]:
    share = draws.side / REFERENCE_SIZE
    return {"sigma_px": draws.between(0.1 * share, 1.5 * share)}


CORRUPTION = (
    Transformation("blur", _blur, _draw_blur, {"sigma_px": scalar}),
    Transformation(
        "noise",
        _noise,
        _draw_noise,
        {"noise": lambda height, width: (3, height, width)},
        coin=0.5,
        colour=True,
    ),
    Transformation(
        "pixelate",
        lambda images, out, parameters, protocol: pixelate(images, out, protocol.pixelate),
        coin=0.5,
        apply_large=_pixelate_large,
    ),
    Transformation(
        "elastic",
        _elastic,
        _draw_elastic,
        {"displacement": lambda height, width: (height, width, 2)},
        coin=0.5,
    ),
    Transformation(
        "erasing",
        _erasing,
        _draw_erasing,
        {"x": scalar, "y": scalar},
        coin=0.5,
        apply_large=_erasing_large,
    ),
)
