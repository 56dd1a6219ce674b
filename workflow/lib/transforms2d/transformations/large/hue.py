"""The hue shift of large images with numpy: the same bytes as in ``photometric``.

The steps are the same, except for the order of exact ones. Sums and differences of integers are
computed in bytes where possible, because these take a quarter of the memory of floats.
"""

import numpy as np
import torch

from transforms2d.transformations.pillow_arithmetic import occupied_rows

_F = np.float32
_CENTRES = np.array([[3], [2], [4]], _F)  # of red, green and blue, in sixths of a turn
_TINY = _F(1e-20)  # a divisor in place of 0; no effect on any other number


def hue(pairs, parameters, protocol) -> None:
    """Shift the hue by ``hue_turns``."""
    shifts = np.trunc(parameters["hue_turns"] * 255) % 256
    for (image, out), shift in zip(pairs, shifts.astype(np.uint8), strict=True):
        if out is not image:
            np.copyto(out, image)
        rows = occupied_rows(image)
        turned = _turned(image[:3, rows].reshape(3, -1), shift)
        np.copyto(out[:3, rows], turned.reshape(3, -1, image.shape[2]), casting="unsafe")


def _turned(rgb: np.ndarray, shift: np.uint8) -> np.ndarray:
    """Colours uint8 [3, P] with their hue shifted, not yet truncated, float32 [3, P]."""
    red, green, blue = rgb
    whole = np.empty((6, len(red)), np.uint8)
    middle, low, spread, value, sector, over_red = whole
    np.greater(blue, green, out=sector.view(bool))
    high = np.maximum(green, blue)
    np.minimum(green, blue, out=low)
    np.greater(high, red, out=over_red.view(bool))
    np.maximum(red, high, out=value)
    np.minimum(red, high, out=middle)
    np.minimum(middle, low, out=spread)
    np.subtract(value, spread, out=spread)
    # In sixths of a turn: 0 or -6 where red is the largest, -2 or 4 elsewhere
    sector *= np.uint8(256 - 6)
    over_red *= np.uint8(256 - 2)
    sector ^= over_red

    floats = np.empty((4, len(red)), _F)
    torch.from_numpy(floats).copy_(torch.from_numpy(whole[:4]))
    hue, sixths, spread, value = floats
    floats[2:] += _TINY
    hue -= sixths
    hue /= spread
    np.copyto(sixths, sector.view(np.int8))
    hue += sixths
    np.abs(hue, out=hue)
    # Slightly larger, so that exact multiples are not truncated to the number below.
    hue *= _F(255 / 6 * (1 + 2.0**-18))
    eighth = high
    np.copyto(eighth, hue, casting="unsafe")
    eighth += shift
    np.copyto(hue, eighth)
    hue *= _F(6 / 255)

    chroma = spread
    chroma *= _F(255)
    chroma /= value
    np.trunc(chroma, out=chroma)
    chroma *= value
    chroma *= _F(1 / 255)
    value += _F(0.5)
    # Distance of each channel below the value: 0 at its own hue, 1 at the opposite ones
    below = hue - _CENTRES
    np.abs(below, out=below)
    below -= _F(1)
    torch.from_numpy(below).clamp_(0, 1)
    np.subtract(_F(1), below[0], out=below[0])
    below *= chroma
    return np.subtract(value, below, out=below)
