"""Image files: their pixels, separate from their metadata.

Metadata (texts, camera data, previews) come from many programs and are often faulty. Only the
pixels decide whether a picture is complete. Each format has a module that returns a ``Stripped``.
"""

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass

# Several random byte strings, since a single one may by chance change no pixel.
MORE = tuple(hashlib.shake_128(b"%d" % at).digest(512).replace(b"\xff", b"\xfe") for at in range(4))


class NotWhole(Exception):
    """A truncated or changed file; the message says where."""


class Unfit(Exception):
    """A complete file that cannot be used here; the message says why and what to do."""


@dataclass(frozen=True)
class Stripped:
    """An image file without metadata.

    Attributes
    ----------
    data : bytes
        The file with only the parts that its pixels need.
    frames : int
        Number of pictures of an animation.
    orientation : int
        From 1 (upright) to 8, as in EXIF.
    profile : bytes or None
        ICC profile of its colours; None for sRGB.
    """

    data: bytes
    frames: int = 1
    orientation: int = 1
    profile: bytes | None = None


def strip(data: bytes) -> Stripped | None:
    """The pixels of a PNG, JPEG or WebP file and the metadata they need; None for other files.

    Raises
    ------
    NotWhole
        If it was truncated, or a part that its pixels need is damaged.
    Unfit
        If its colours cannot be converted to sRGB.
    """
    kind = _kind(data)
    return None if kind is None else kind.strip(data)


def check_pixels(data: bytes, image) -> None:
    """Refuse a picture with missing pixels, which readers fill in silently.

    Parameters
    ----------
    data : bytes
        The data of a ``Stripped``.
    image : PIL.Image.Image
        The image that was loaded from it.

    Raises
    ------
    NotWhole
    """
    _kind(data).check_pixels(data, image)


def check_same_pixels(image, longer: Callable[[bytes], bytes]) -> None:
    """Refuse a picture that changes if bytes are added at the end of its scans.

    For a truncated scan, a reader makes pixels from the added bytes. For a complete scan, it
    ignores them.

    Parameters
    ----------
    longer : callable
        Maps bytes to the file with these bytes added.
    """
    from PIL import Image, ImageChops

    for more in MORE:
        with Image.open(io.BytesIO(longer(more))) as other:
            other.load()
            changed = ImageChops.difference(image, other)
        if any(most for _, most in _extremes(changed)):
            raise NotWhole("some of its pixels are missing")


def _extremes(image) -> list[tuple[int, int]]:
    extremes = image.getextrema()
    return [extremes] if len(image.getbands()) == 1 else list(extremes)


def _kind(data: bytes):
    from transforms2d.image_files import jpeg, png, webp

    return next((kind for kind in (png, jpeg, webp) if kind.is_one(data)), None)
