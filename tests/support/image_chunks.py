"""PNG, JPEG and WebP files put together piece by piece, for tests of odd ones."""

import io
import struct
import zlib

import numpy as np
from PIL import Image

SIGNATURE = b"\x89PNG\r\n\x1a\n"
WIDE = (0.3127, 0.3290, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06)  # white, red, green, blue: Display P3


def photo(size=(40, 30), seed=0, mode="RGB") -> Image.Image:
    """Soft colours with some noise, as photographs have them."""
    random = np.random.default_rng(seed)
    coarse = Image.fromarray(random.integers(0, 256, (4, 4, 4), dtype=np.uint8)).convert("RGB")
    soft = np.asarray(coarse.resize(size, Image.Resampling.BICUBIC)).astype(int)
    noisy = np.clip(soft + random.normal(0, 5, soft.shape), 0, 255).astype(np.uint8)
    return Image.fromarray(noisy).convert(mode)


def save(image, kind="PNG", **options) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def chunk(kind: bytes, content: bytes, wrong: int = 0) -> bytes:
    """A chunk of a PNG; its checksum is wrong by so much."""
    checksum = zlib.crc32(kind + content) ^ wrong
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def png_with(image, *chunks, after=()) -> bytes:
    """A PNG with chunks before its pixels, and others between them and its end."""
    data = save(image)
    return data[:33] + b"".join(chunks) + data[33:-12] + b"".join(after) + data[-12:]


def gamma(value: float) -> bytes:
    return chunk(b"gAMA", struct.pack(">I", round(value * 100_000)))


def places(values) -> bytes:
    return chunk(b"cHRM", struct.pack(">8I", *(round(value * 100_000) for value in values)))


def segment(marker: int, content: bytes) -> bytes:
    """A segment of a JPEG."""
    return bytes((0xFF, marker)) + struct.pack(">H", len(content) + 2) + content


def jpeg_with(data: bytes, *segments) -> bytes:
    return data[:2] + b"".join(segments) + data[2:]


def riff(chunks) -> bytes:
    """A WebP of (name, content)."""
    body = b"WEBP"
    for kind, content in chunks:
        body += struct.pack("<4sI", kind, len(content)) + content + b"\0" * (len(content) % 2)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def riff_chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], 12
    while at < len(data):
        kind, size = struct.unpack("<4sI", data[at : at + 8])
        found.append((kind, data[at + 8 : at + 8 + size]))
        at += 8 + size + size % 2
    return found


def exif(entries, data: bytes = b"") -> bytes:
    """TIFF notes of (tag, type, count, 4 bytes), and what they point at from byte 0x100 on."""
    head = b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries))
    body = head + b"".join(struct.pack("<HHI4s", *entry) for entry in entries) + b"\0" * 4
    return body.ljust(0x100, b"\0") + data
