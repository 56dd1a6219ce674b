"""Image files as they lie on a disk: their pixels, apart from all that is noted beside them.

Notes (texts, cameras' data, previews) are of many writers and often odd; whether a picture is
whole is decided by its pixels alone. Each format has a module that gives a ``Stripped``.
"""

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass

# Bytes without a meaning; one of them alone may by chance say that nothing changes from here on.
MORE = tuple(hashlib.shake_128(b"%d" % at).digest(512).replace(b"\xff", b"\xfe") for at in range(4))


class NotWhole(Exception):
    """A file that was cut short or changed; the message says where."""


class Unfit(Exception):
    """A whole file that is of no use here; the message says why and what to do."""


@dataclass(frozen=True)
class Stripped:
    """An image file without notes.

    Attributes
    ----------
    data : bytes
        The file with what its pixels need, and nothing else.
    frames : int
        How many pictures it shows one after another.
    orientation : int
        From 1 (upright) to 8, as EXIF numbers them.
    profile : bytes or None
        ICC profile of its colours; None where they are those of sRGB.
    """

    data: bytes
    frames: int = 1
    orientation: int = 1
    profile: bytes | None = None


def strip(data: bytes) -> Stripped | None:
    """The pixels of a PNG, JPEG or WebP file and what matters beside them; None of other files.

    Raises
    ------
    NotWhole
        If it was cut short or what its pixels need is damaged.
    Unfit
        If its colours cannot be converted to sRGB.
    """
    kind = _kind(data)
    return None if kind is None else kind.strip(data)


def check_pixels(data: bytes, image) -> None:
    """Refuse a picture of which some pixels are missing: readers fill them in without a word.

    Parameters
    ----------
    data : bytes
        Of ``Stripped``.
    image : PIL.Image.Image
        Loaded from it.

    Raises
    ------
    NotWhole
    """
    _kind(data).check_pixels(data, image)


def check_same_pixels(image, longer: Callable[[bytes], bytes]) -> None:
    """Refuse a picture that changes when there is more code at the end of its scans.

    A reader of a scan that was cut short makes pixels of that code; with a whole one it needs
    none of it.

    Parameters
    ----------
    longer : callable
        From more code to the file with it.
    """
    from PIL import Image, ImageChops

    for more in MORE:
        with Image.open(io.BytesIO(longer(more))) as other:
            other.load()
            changed = ImageChops.difference(image, other)
        if any(most for _, most in _extremes(changed)):
            raise NotWhole("some of its pixels are missing")


def _extremes(image) -> list[tuple[int, int]]:
    found = image.getextrema()
    return [found] if len(image.getbands()) == 1 else list(found)


def _kind(data: bytes):
    from transforms2d.image_files import jpeg, png, webp

    return next((kind for kind in (png, jpeg, webp) if kind.is_one(data)), None)
