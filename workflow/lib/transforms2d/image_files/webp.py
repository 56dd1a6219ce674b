"""WebP: a RIFF file of chunks, of which the pixels need few."""

import struct
from collections.abc import Iterator

from PIL import Image

from transforms2d.image_files import NotWhole, Stripped, check_same_pixels
from transforms2d.image_files.orientation import orientation

PIXELS = (b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF")
HEAD = b"VP8X"
METADATA_FLAGS = 0x04 | 0x08 | 0x20  # flags of the head: XMP, EXIF, profile


def is_one(data: bytes) -> bool:
    """Whether a file starts like a WebP file."""
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP"


def strip(data: bytes) -> Stripped:
    """See ``image_files.strip``. Data after the end of the RIFF are ignored."""
    size = 8 + int.from_bytes(data[4:8], "little")
    if size > len(data) + 1:  # some programs leave out a last padding byte
        raise NotWhole(f"it has {len(data)} of {size} bytes")
    kept, notes = [], {}
    for kind, content in _chunks(data[:size]):
        if kind == HEAD and content:
            kept.append((kind, bytes([content[0] & ~METADATA_FLAGS]) + content[1:]))
        elif kind in PIXELS:
            kept.append((kind, content))
        else:
            notes.setdefault(kind, content)
    frames = sum(kind == b"ANMF" for kind, _ in kept)
    return Stripped(
        _file(kept),
        max(1, frames),
        orientation(notes.get(b"EXIF", b""), notes.get(b"XMP ", b"")),
        notes.get(b"ICCP") or None,
    )


def check_pixels(data: bytes, image: Image.Image) -> None:
    """See ``image_files.check_pixels``; only lossy pixels may end early without an error."""
    chunks = list(_chunks(data))
    if any(kind == b"VP8 " for kind, _ in chunks):
        check_same_pixels(image, lambda more: _file(_longer(chunks, more)))


def _longer(chunks, more: bytes):
    return [(kind, one + more if kind == b"VP8 " else one) for kind, one in chunks]


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield (name, content); metadata that exceed the file end the sequence."""
    at = 12
    while at + 8 <= len(data):
        kind, size = struct.unpack("<4sI", data[at : at + 8])
        end = at + 8 + size
        if end > len(data):
            if kind in PIXELS:
                raise NotWhole(f"the chunk {kind!r} exceeds the file")
            return
        yield kind, data[at + 8 : end]
        at = end + size % 2


def _file(chunks) -> bytes:
    body = b"WEBP"
    for kind, content in chunks:
        body += struct.pack("<4sI", kind, len(content)) + content + b"\0" * (len(content) % 2)
    return b"RIFF" + struct.pack("<I", len(body)) + body
