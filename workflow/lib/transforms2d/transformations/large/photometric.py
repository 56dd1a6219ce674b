"""Changes of colour of large images with numpy: the same bytes as in ``photometric``.

16-bit integers take half the memory of floats, and dividing them by a constant is as fast as
multiplying. The image to write may be the image to read.
"""

from collections.abc import Iterator

import numpy as np
import torch

from transforms2d.transformations.large.integer_ratio import integer_ratios
from transforms2d.transformations.pillow_arithmetic import occupied_rows

_LUMA = torch.tensor([19595, 38470, 7471], dtype=torch.float32, device="cpu") * 2.0**-16
_HALF = torch.tensor(0.5, dtype=torch.float32, device="cpu")


def posterize(pairs, parameters, protocol) -> None:
    """Keep the highest bit of each colour."""
    for image, out in pairs:
        np.bitwise_and(image[:3], np.uint8(0x80), out=out[:3])
        _keep_alpha(image, out)


def invert(pairs, parameters, protocol) -> None:
    """Replace each colour by 255 minus it."""
    for image, out in pairs:
        np.invert(image[:3], out=out[:3])
        _keep_alpha(image, out)


def brightness(pairs, parameters, protocol) -> None:
    """Multiply by ``factor``."""
    pixels = pairs[0][0][0].size
    wide, largest = np.empty((3, pixels), np.uint16), np.full(pixels, 255, np.uint16)
    ratios = integer_ratios(parameters["factor"])
    for (image, out), ratio in zip(pairs, ratios, strict=True):
        if out is not image:
            np.copyto(out, image)
        ratio.multiply_(out[:3].reshape(3, -1), wide, largest)


def grayscale(pairs, parameters, protocol) -> None:
    """Set all colours to the same gray."""
    for out, _, gray in _with_gray(pairs):
        np.copyto(out[0], gray, casting="unsafe")
        out[1:3] = out[0]


def contrast(pairs, parameters, protocol) -> None:
    """Move colours away from or towards the mean gray of the whole image."""
    factors = parameters["factor"].astype(np.float32)
    for (out, rgb, gray), factor in zip(_with_gray(pairs), factors, strict=True):
        # Sums over rows are exact in float32, their sum in float64
        rows = torch.from_numpy(gray).floor_().sum(1)
        mean = float(rows.sum(dtype=torch.float64)) / gray.size
        mean = np.float32(np.floor(mean + 0.5))
        np.subtract(rgb, mean, out=rgb)
        np.multiply(rgb, factor, out=rgb)
        np.add(rgb, mean, out=rgb)
        if not 0 <= factor <= 1:
            torch.from_numpy(rgb).clamp_(0, 255)
        np.copyto(out[:3], rgb, casting="unsafe")


def sharpen(pairs, parameters, protocol) -> None:
    """As in ``photometric``, with the mean rounded by integer division."""
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


def _with_gray(pairs) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Per pair the image to write, a copy; its colours, float32 [3, H, W]; and gray, [H, W].

    Gray is ``pillow_arithmetic.luma``: exact in any order of addition. Both arrays of floats are
    overwritten for the next pair.
    """
    if not pairs:
        return
    height, width = pairs[0][0].shape[1:]
    colours = torch.empty(3, height * width, dtype=torch.float32, device="cpu")
    gray = torch.empty_like(colours[0])
    pixels, rgb = colours.T, colours.view(3, height, width)
    arrays = rgb.numpy(), gray.view(height, width).numpy()
    for image, out in pairs:
        # A copy is faster than arithmetic on an image that is not in a cache
        if out is not image:
            np.copyto(out, image)
        rgb.copy_(torch.from_numpy(out[:3]))
        torch.addmv(_HALF, pixels, _LUMA, out=gray)
        yield out, *arrays
