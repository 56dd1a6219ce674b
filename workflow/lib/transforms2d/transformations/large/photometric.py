"""Changes of colour of large images, one after another, by numpy: the bytes of ``photometric``.

Whole numbers of 16 bits take half the memory of floats, and dividing them by one number is as fast
as multiplying. The image that is written may be the one that is read.
"""

import numpy as np
import torch

from transforms2d.transformations.large.integer_lines import integer_lines
from transforms2d.transformations.pillow_arithmetic import occupied_rows

_BYTES = np.arange(256, dtype=np.float32)
# The weights 19595, 38470 and 7471 of 2**16, in two bytes
_LUMA_HIGH = np.array([[76], [150], [29]], np.uint16)
_LUMA_LOW = np.array([[139], [70], [47]], np.uint16)
_SUMMED_ROWS = 256  # 16 bits hold the sum of as many bytes


def posterize(pairs, parameters, protocol) -> None:
    """To the highest bit of each colour."""
    for image, out in pairs:
        np.bitwise_and(image[:3], np.uint8(0x80), out=out[:3])
        _keep_alpha(image, out)


def invert(pairs, parameters, protocol) -> None:
    """To 255 less each colour."""
    for image, out in pairs:
        np.invert(image[:3], out=out[:3])
        _keep_alpha(image, out)


def brightness(pairs, parameters, protocol) -> None:
    """Times ``factor``."""
    _along_lines(pairs, parameters["factor"], np.zeros(len(pairs)))


def contrast(pairs, parameters, protocol) -> None:
    """Away from or towards the mean gray of the whole image."""
    means = [_sum(_gray(image)) / image[0].size for image, _ in pairs]
    _along_lines(pairs, parameters["factor"], np.floor(np.array(means) + 0.5))


def _along_lines(pairs, factor: np.ndarray, fixed: np.ndarray) -> None:
    """Each value ``factor`` times as far from the ``fixed`` one, both float [N], in float32."""
    factor, fixed = (each.astype(np.float32)[:, None] for each in (factor, fixed))
    tables = np.trunc((_BYTES - fixed) * factor + fixed).clip(0, 255).astype(np.uint8)
    for (image, out), line in zip(pairs, integer_lines(tables, factor[:, 0]), strict=True):
        if out is not image:
            np.copyto(out, image)
        line.apply_(out[:3])


def grayscale(pairs, parameters, protocol) -> None:
    """All colours the same gray."""
    for image, out in pairs:
        np.copyto(out[0], _gray(image), casting="unsafe")
        out[1:3] = out[0]
        _keep_alpha(image, out)


def _gray(image: np.ndarray) -> np.ndarray:
    """``pillow_arithmetic.luma`` without its fraction, uint16 [H, W].

    The sum of what is below 256 times the low bytes of weights has nothing to say but its own
    higher byte, which is added to the products with the high ones.
    """
    low = image[:3].reshape(3, -1).astype(np.uint16)
    high = low * _LUMA_HIGH
    low *= _LUMA_LOW
    gray, rest = high[0], low[0]
    gray += high[1]
    gray += high[2]
    rest += low[1]
    rest += low[2]
    rest >>= 8
    gray += rest
    gray += 128
    gray >>= 8
    return gray.reshape(image.shape[1:])


def _sum(values: np.ndarray) -> int:
    """Of bytes in uint16 [H, W]; columns first, as far as 16 bits hold their sums."""
    total = 0
    for first in range(0, len(values), _SUMMED_ROWS):
        columns = np.add.reduce(values[first : first + _SUMMED_ROWS], dtype=np.uint16)
        total += int(columns.sum(dtype=np.int64))
    return total


def sharpen(pairs, parameters, protocol) -> None:
    """As ``photometric`` does it; the mean rounded by a division of whole numbers."""
    for image, out in pairs:
        width = image.shape[2]
        rows = occupied_rows(image, 1)
        rgb = image[:3, rows].astype(np.int16).reshape(3, -1)
        sides = image[:3, :, :: width - 1].copy()
        if out is not image:
            out[:, : rows.start + 1] = image[:, : rows.start + 1]
            out[:, rows.stop - 1 :] = image[:, rows.stop - 1 :]
            _keep_alpha(image, out)
        total = rgb[:, : -2 * width] + rgb[:, width:-width]
        total += rgb[:, 2 * width :]
        inner = rgb[:, width + 1 : -width - 1]
        smooth = total[:, :-2] + total[:, 1:-1]
        smooth += total[:, 2:]
        smooth += np.left_shift(inner, 2, out=total[:, 1:-1])
        smooth += 6
        whole = smooth.view(np.uint16)
        np.floor_divide(whole, 13, out=whole)
        np.subtract(inner, smooth, out=smooth)
        smooth *= 6
        smooth += inner
        torch.from_numpy(smooth).clamp_(0, 255)
        flat = out[:3].reshape(3, -1)[:, rows.start * width : rows.stop * width]
        np.copyto(flat[:, width + 1 : -width - 1], smooth, casting="unsafe")
        out[:3, :, :: width - 1] = sides


def _keep_alpha(image: np.ndarray, out: np.ndarray) -> None:
    if len(image) == 4 and out is not image:
        np.copyto(out[3], image[3])
