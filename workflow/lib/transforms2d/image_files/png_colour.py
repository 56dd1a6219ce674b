"""The colours of a PNG from its chunks: cICP first, then iCCP, sRGB, and gAMA with cHRM."""

import struct

import numpy as np

from transforms2d.image_files import Unfit, colour, png
from transforms2d.image_files.made_profile import BT709, SRGB, make_profile, power

# White and the three primaries, x and y of each.
D65 = (0.3127, 0.3290)
SRGB_PRIMARIES = (*D65, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
NEAR = 0.005  # largest difference of primaries that count as sRGB's
# Largest relative difference of a gamma that counts as 1/2.2: libpng's threshold for equal gammas.
SAME_GAMMA = 0.05
STEEPEST = 10.0  # largest plausible exponent
CODED_PRIMARIES = {  # ITU-T H.273
    1: SRGB_PRIMARIES,
    4: (0.310, 0.316, 0.67, 0.33, 0.21, 0.71, 0.14, 0.08),
    5: (*D65, 0.64, 0.33, 0.29, 0.60, 0.15, 0.06),
    6: (*D65, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070),
    7: (*D65, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070),
    9: (*D65, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046),
    11: (0.314, 0.351, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
    12: (*D65, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
    22: (*D65, 0.630, 0.340, 0.295, 0.605, 0.155, 0.077),
}
CODED_CURVES = {
    **dict.fromkeys((1, 6, 14, 15), BT709),
    **{4: power(2.2), 5: power(2.8), 8: power(1.0), 13: SRGB},
}
HIGH_RANGE = {16: "PQ", 18: "HLG"}


def profile(chunks: dict[bytes, bytes], gray: bool) -> bytes | None:
    """The ICC profile of a PNG's colours; None for sRGB.

    A damaged or implausible chunk is skipped.

    Parameters
    ----------
    chunks : dict
        Content of the chunks before the pixels, by name.
    gray : bool
        Whether the pixels are gray.

    Raises
    ------
    Unfit
        If the colours have a range that sRGB does not have.
    """
    if coded := _coded(chunks.get(b"cICP", b"")):
        return make_profile(*coded, gray)
    packed = chunks.get(b"iCCP", b"").partition(b"\0")[2][1:]
    if packed and colour.is_fit(whole := png.inflate(packed), "L" if gray else "RGB"):
        return whole
    if len(chunks.get(b"sRGB", b"")) == 1:
        return None
    return _from_gamma(chunks.get(b"gAMA", b""), chunks.get(b"cHRM", b""), gray)


def _coded(content: bytes):
    """Primaries and curve of the chunk cICP; None for unknown ones."""
    if len(content) != 4:
        return None
    primaries, curve, matrix, full = content
    if primaries not in CODED_PRIMARIES or matrix != 0 or full > 1:
        return None
    if curve in HIGH_RANGE or (curve in CODED_CURVES and not full):
        name = HIGH_RANGE.get(curve, "narrow range")
        raise Unfit(f"its colours have another range ({name}) than sRGB; save it as sRGB")
    return (CODED_PRIMARIES[primaries], CODED_CURVES[curve]) if curve in CODED_CURVES else None


def _from_gamma(gamma: bytes, places: bytes, gray: bool) -> bytes | None:
    curve, primaries = SRGB, SRGB_PRIMARIES
    if len(places) == 32:
        values = tuple(value / 100_000 for value in struct.unpack(">8I", places))
        if not np.allclose(values, SRGB_PRIMARIES, atol=NEAR):
            primaries = values
    gamma = int.from_bytes(gamma) / 100_000 if len(gamma) == 4 else 0
    exponent = 1 / gamma if gamma else 0
    is_srgb = abs(gamma * 2.2 - 1) <= SAME_GAMMA and (gray or primaries == SRGB_PRIMARIES)
    if 1 / STEEPEST <= exponent <= STEEPEST and not is_srgb:
        curve = power(exponent)
    return make_profile(primaries, curve, gray)
