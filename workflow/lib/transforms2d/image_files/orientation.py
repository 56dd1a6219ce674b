"""How a picture was held when it was taken, from notes that may be odd or damaged."""

import re

from PIL import ExifTags, Image

UPRIGHT = 1
XMP = re.compile(rb'tiff:Orientation(?:="|>)([1-8])')


def orientation(exif: bytes = b"", xmp: bytes = b"") -> int:
    """From 1 to 8, as EXIF numbers them; 1 where neither EXIF nor XMP say it readably."""
    found = _of_exif(exif)
    if found is None:
        match = XMP.search(xmp)
        found = int(match[1]) if match else UPRIGHT
    return found


def _of_exif(data: bytes) -> int | None:
    notes = Image.Exif()
    try:
        notes.load(data)
        found = notes.get(ExifTags.Base.Orientation)
    except Exception:  # the reader raises many types on odd notes, which say nothing of the pixels
        return None
    return found if isinstance(found, int) and 1 <= found <= 8 else None
