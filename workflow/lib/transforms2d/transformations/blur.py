"""Gaussian blur: both axes together for small kernels, one after the other for large ones."""

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import conv2d, pad

from transforms2d.transformations.core import REFERENCE_SIZE
from transforms2d.transformations.pillow_arithmetic import occupied_box
from transforms2d.transformations.resizing.bands import turned

_STEPS = 1 << 16
_LARGEST_SQUARE = 7  # px; up to this size one pass over both axes is at least as fast as two
_ROW_STEPS = 1 << 13
_HALFWAY_STEPS = 1 << 3
_LANES = 16  # adjacent rows or columns in memory, as many as a CPU's registers hold numbers
_REACHES = 4  # px


def blur_kernel_size(side: int) -> int:
    """7 px for a shorter side of 32 px, otherwise in proportion; odd, at least 3."""
    return max(2 * (7 * side // (2 * REFERENCE_SIZE)) + 1, 3)


def blur(images: Tensor, out: Tensor, sigma: Tensor) -> None:
    """Blur with a kernel of ``blur_kernel_size``; padding mirrors at the edge pixels' centres.

    All sums are exact in float32, which has 24 bits, so the result does not depend on the order of
    addition. Kernels up to 7 px (for sides up to 36 px) have weights that are multiples of 2**-16,
    over both axes together.

    Larger kernels run along rows, then along columns, with weights that are multiples of 2**-13 and
    sum to 1. Bytes minus 128 are at most 2**7 in magnitude, so the first sums are multiples of
    2**-13 up to 2**7: 20 bits and a sign. They are rounded to multiples of 2**-3, ties to even. The
    second sums are multiples of 2**-16 up to 2**7: 23 bits and a sign. Adding 128.5 keeps them
    below 2**8; then they are truncated. Compared with a blur that rounds only its result, about one
    byte in a hundred differs, by 1.

    Parameters
    ----------
    images, out : uint8 [N, C, H, W]
    sigma : float [N], greater than 0, in px
    """
    size = blur_kernel_size(min(images.shape[2:]))
    if size <= _LARGEST_SQUARE:
        _at_once(images, out, sigma, size // 2)
        return
    for image, target, kernel in zip(images, out, _gaussian(sigma, size // 2), strict=True):
        _one_after_the_other(image, target, kernel)


def _gaussian(sigma: Tensor, radius: int) -> np.ndarray:
    """The kernel along one axis, float64 [N, 2 * radius + 1]; rows sum to 1."""
    offset = np.arange(-radius, radius + 1)
    kernel = np.exp(-0.5 * (offset / sigma.double().cpu().numpy()[:, None]) ** 2)
    return kernel / kernel.sum(1, keepdims=True)


def _at_once(images: Tensor, out: Tensor, sigma: Tensor, radius: int) -> None:
    """Products with the square kernel of each image.

    If no object reaches the edge, the mirrored pixels are empty; then the occupied rows and their
    surroundings are padded with zeros instead.
    """
    n, channels, height, width = images.shape
    offset = torch.arange(-radius, radius + 1, device=images.device, dtype=torch.float64)
    kernel = (-0.5 * (offset / sigma.double()[:, None]) ** 2).exp()
    kernel /= kernel.sum(1, keepdim=True)
    kernel = (kernel[:, :, None] * kernel[:, None, :] * _STEPS).round()
    kernel[:, radius, radius] += _STEPS - kernel.sum((1, 2))
    kernel = (kernel / _STEPS).to(torch.float32)[:, None].expand(-1, channels, -1, -1)
    kernel = kernel.reshape(n * channels, 1, 2 * radius + 1, -1)
    box = occupied_box(images, radius)
    inside = box[0].start > 0 and box[0].stop < height and box[1].start > 0 and box[1].stop < width
    rows = box[0] if inside else slice(0, height)
    values = images[:, :, rows].to(torch.float32)
    if not inside:
        values = pad(values, (radius,) * 4, mode="reflect")
    values = values.view(1, n * channels, *values.shape[2:])
    blurred = conv2d(values, kernel, padding=radius if inside else 0, groups=n * channels)
    if inside:
        out.zero_()
    out[:, :, rows] = blurred.round_().to(torch.int16).view(n, channels, -1, width)


def _one_after_the_other(image: Tensor, out: Tensor, kernel: np.ndarray) -> None:
    """One image uint8 [C, H, W], along rows and then along columns."""
    (channels, height, width), lanes = image.shape, _LANES
    weights = torch.from_numpy(_whole_steps(kernel)).to(image.device)
    down, across = -height % lanes, -width % lanes  # padding to whole groups of rows and columns
    values = pad(image, (0, 0, 0, down)) if down else image
    values = turned(values.view(channels, -1, lanes, width), 0, 1, 3, 2)
    values = (values ^ 128).view(torch.int8).view(-1, width, lanes)  # bytes minus 128
    values = _along(values, weights * _HALFWAY_STEPS).round_()
    values = pad(values, (0, 0, 0, across)) if across else values
    values = turned(
        values.view(channels, -1, (width + across) // lanes, lanes, lanes), 0, 2, 1, 4, 3
    )
    values = values.view(-1, height + down, lanes)[:, :height]
    values = _along(values, weights / _HALFWAY_STEPS).view(channels, -1, height, lanes)
    values = values.transpose(1, 2).reshape(channels, height, -1)[..., :width]
    out.copy_(values.add_(128.5).to(torch.int16))


def _whole_steps(kernel: np.ndarray) -> np.ndarray:
    """The kernel as multiples of its step, float32, without most of the zeros at its ends."""
    weights = np.rint(kernel * _ROW_STEPS)
    radius = len(weights) // 2
    weights[radius] += _ROW_STEPS - weights.sum()
    reach = radius - int(np.flatnonzero(weights)[0])
    # Few lengths, since a library may prepare code for each length
    reach = min(-(-max(reach, 1) // _REACHES) * _REACHES, radius)
    return (weights[radius - reach : radius + reach + 1] / _ROW_STEPS).astype(np.float32)


def _along(values: Tensor, weights: Tensor) -> Tensor:
    """Filter integers [M, L, lanes] along their middle axis; float32 of the same shape."""
    (rows, length, lanes), reach = values.shape, len(weights) // 2
    padded = weights.new_empty(rows, length + 2 * reach, lanes)
    padded[:, reach:-reach] = values
    padded[:, :reach] = values[:, 1 : reach + 1].flip(1)
    padded[:, -reach:] = values[:, -reach - 1 : -1].flip(1)
    kernel = weights.expand(lanes, 1, 1, -1).contiguous()
    padded = padded[None].permute(0, 3, 1, 2)
    if padded.device.type != "cpu":
        padded = padded.contiguous()  # else CUDA may compute in less than float32
    made = conv2d(padded, kernel, groups=lanes)
    return made.permute(0, 2, 3, 1)[0].contiguous()
