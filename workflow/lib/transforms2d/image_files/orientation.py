"""The orientation of a picture, from metadata that may be faulty or damaged."""

import re

from PIL import ExifTags, Image

UPRIGHT = 1
XMP = re.compile(rb'tiff:Orientation(?:="|>)([1-8])')


def orientation(exif: bytes = b"", xmp: bytes = b"") -> int:
    """From 1 to 8, as in EXIF; 1 if neither EXIF nor XMP has a readable value."""
    number = _from_exif(exif)
    if number is None:
        match = XMP.search(xmp)
        number = int(match[1]) if match else UPRIGHT
    return number


def _from_exif(data: bytes) -> int | None:
    tags = Image.Exif()
    try:
        tags.load(data)
        number = tags.get(ExifTags.Base.Orientation)
    except Exception:  # Pillow raises many types on faulty metadata; the pixels may be fine
        return None
    return number if isinstance(number, int) and 1 <= number <= 8 else None
