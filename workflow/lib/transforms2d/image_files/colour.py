"""Conversion of a file's colours to sRGB, the colour space of the library."""

import io
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

SPACES = {"L": "GRAY", "RGB": "RGB", "CMYK": "CMYK"}
SAME = 2  # steps of 255; a profile that changes colours by no more counts as sRGB
# Smallest differences of a plausible profile, in steps of 255: between white and black, and between
# each of them and the middle of its half of the range.
CONTRAST, HALF = 64, 16


def to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """An image in the colours of sRGB.

    The pixels do not change if the profile equals sRGB up to two steps of 255, or if it is damaged,
    implausible, or for another kind of pixels.

    Parameters
    ----------
    image : PIL.Image.Image
        Of mode ``L``, ``LA``, ``RGB``, ``RGBA`` or ``CMYK``.
    profile : bytes
        ICC profile of its colours.

    Returns
    -------
    PIL.Image.Image
        Of mode ``RGB``, or ``RGBA`` with alpha; or the image itself.
    """
    alpha = image.getchannel("A") if image.mode in ("LA", "RGBA") else None
    plain = image if alpha is None else image.convert(image.mode[:-1])
    fit, transform = _transform(profile, plain.mode)
    if not fit or transform is None:
        return image
    converted = ImageCms.applyTransform(plain, transform)
    if alpha is not None:
        converted.putalpha(alpha)
    return converted


def is_fit(profile: bytes, mode: str) -> bool:
    """Whether a profile is readable, plausible and for this kind of pixels (``L``, ``RGB``)."""
    return _transform(profile, mode)[0]


@lru_cache(maxsize=16)
def _transform(profile: bytes, mode: str):
    """(whether the profile is fit, the transform to sRGB or None if nothing would change)."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if source.profile.xcolor_space.strip() != SPACES.get(mode):
            return False, None
        # The optimised transform for gray is wrong by ten steps in dark colours.
        flags = ImageCms.Flags.NOOPTIMIZE if mode == "L" else ImageCms.Flags.NONE
        target = ImageCms.createProfile("sRGB")
        transform = ImageCms.buildTransform(source, target, mode, "RGB", flags=flags)
        probe = _probe(mode)
        after = np.asarray(ImageCms.applyTransform(probe, transform)).astype(int)[0]
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return False, None
    light = after.mean(-1)
    if light[1] - light[0] < CONTRAST:
        return False, None
    if mode == "CMYK":
        return True, transform
    if light[1] - light[2 + 64] < HALF or light[2 + 192] - light[0] < HALF:
        return False, None
    before = np.asarray(probe.convert("RGB")).astype(int)[0]
    return True, transform if np.abs(after - before).max() > SAME else None


def _probe(mode: str) -> Image.Image:
    """A row of colours: black, white, and for gray and RGB the colours between them."""
    if mode == "CMYK":
        return Image.fromarray(np.array([[[255] * 4, [0] * 4]], dtype=np.uint8), mode)
    gray = np.array([0, 255, *range(256)], dtype=np.uint8)
    if mode == "L":
        return Image.fromarray(gray[None])
    grid = np.stack(np.meshgrid(*3 * [np.arange(0, 256, 15)]), -1).reshape(-1, 3)
    return Image.fromarray(np.concatenate([np.stack(3 * [gray], -1), grid])[None].astype(np.uint8))
