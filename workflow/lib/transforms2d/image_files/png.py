"""PNG: a sequence of chunks, of which the pixels need few."""

import struct
import zlib
from collections.abc import Iterator

from PIL import Image

from transforms2d.image_files import NotWhole, Stripped, png_colour
from transforms2d.image_files.orientation import orientation

SIGNATURE = b"\x89PNG\r\n\x1a\n"
PIXELS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
LARGEST_NOTE = 16 << 20  # bytes of compressed metadata after unpacking
BLOCK = 1 << 20
GRAY = (0, 4)  # types of colour
SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # per pixel, by type of colour
# First column, first row, step between columns, step between rows of the passes of Adam7.
ADAM7 = (
    *((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4)),
    *((0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)),
)


def is_one(data: bytes) -> bool:
    """Whether a file starts like a PNG."""
    return data.startswith(SIGNATURE)


def strip(data: bytes) -> Stripped:
    """See ``image_files.strip``. Data after the chunk ``IEND`` are ignored."""
    kept, notes, frames, begun = [SIGNATURE], [], 1, False
    for kind, content, whole, raw in _chunks(data):
        if kind in PIXELS:
            if not whole:
                raise NotWhole(f"the checksum of {kind.decode()} is wrong")
            if (len(kept) == 1) != (kind == b"IHDR"):
                raise NotWhole("it does not begin with its one IHDR")
            kept.append(raw)
            begun = begun or kind == b"IDAT"
        elif kind == b"acTL" and len(content) == 8:
            frames = max(1, struct.unpack(">I", content[:4])[0])
        elif whole:
            notes.append((kind, content, begun))
        else:
            _check_name(kind, content, raw)
    # Colour chunks after the pixels are invalid; other metadata may follow the pixels.
    colour = {kind: content for kind, content, late in reversed(notes) if not late}
    gray = kept[1][17] in GRAY
    profile = png_colour.profile(colour, gray)
    return Stripped(b"".join(kept), frames, orientation(*_camera(notes)), profile)


def check_pixels(data: bytes, image: Image.Image) -> None:
    """See ``image_files.check_pixels``."""
    chunks = list(_chunks(data))
    size, length, unpacker = _size(*_header(chunks[0][1])), 0, zlib.decompressobj()
    try:
        for part in (content for kind, content, *_ in chunks if kind == b"IDAT"):
            while part and length < size and not unpacker.eof:
                length += len(unpacker.decompress(part, BLOCK))
                part = unpacker.unconsumed_tail
        length += len(unpacker.flush()) if length < size else 0
    except zlib.error as error:
        raise NotWhole(str(error)) from None
    if length < size:
        raise NotWhole(f"it has only {100 * length // size} % of its pixels")


def inflate(data: bytes) -> bytes:
    """Unpack metadata; empty if damaged or larger than ``LARGEST_NOTE``."""
    try:
        unpacker = zlib.decompressobj()
        content = unpacker.decompress(data, LARGEST_NOTE)
    except zlib.error:
        return b""
    return content if unpacker.eof else b""


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes, bool, bytes]]:
    """Yield (name, content, whether its checksum is right, the whole chunk) up to ``IEND``."""
    at, kind = len(SIGNATURE), b""
    while kind != b"IEND":
        if len(data) < at + 12:
            raise NotWhole("it ends before IEND")
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        end = at + 12 + length
        if end > len(data):
            raise NotWhole(f"the chunk at byte {at} exceeds the file")
        content = data[at + 8 : end - 4]
        whole = zlib.crc32(data[at + 4 : end - 4]) == int.from_bytes(data[end - 4 : end])
        yield kind, content, whole, data[at:end]
        at = end


def _check_name(kind: bytes, content: bytes, raw: bytes) -> None:
    """Refuse a chunk of pixels with a damaged name, and chunks that must not be ignored."""
    checksum = int.from_bytes(raw[-4:])
    renamed = any(zlib.crc32(name + content) == checksum for name in PIXELS)
    if renamed or not kind.isalpha() or kind[:1].isupper():
        raise NotWhole(f"the checksum of a chunk {kind!r} is wrong")


def _header(content: bytes) -> tuple[int, int, int, int, bool]:
    """Width, height, bits per sample, type of colour, whether rows are interlaced."""
    if len(content) != 13:
        raise NotWhole("its IHDR has another length")
    width, height, depth, kind, _, _, interlaced = struct.unpack(">IIBBBBB", content)
    if kind not in SAMPLES or depth not in (1, 2, 4, 8, 16) or interlaced > 1:
        raise NotWhole("its IHDR has no valid kind of pixels")
    return width, height, depth, kind, bool(interlaced)


def _size(width: int, height: int, depth: int, kind: int, interlaced: bool) -> int:
    """Bytes of all rows, each with its filter byte."""
    passes = ADAM7 if interlaced else ((0, 0, 1, 1),)
    total = 0
    for left, top, across, down in passes:
        columns, rows = -(-(width - left) // across), -(-(height - top) // down)
        if columns > 0 and rows > 0:
            total += rows * (1 + -(-columns * depth * SAMPLES[kind] // 8))
    return total


def _camera(notes) -> tuple[bytes, bytes]:
    """EXIF and XMP, at all places where programs write them."""
    exif = xmp = b""
    for kind, content, _ in notes:
        name, _, text = content.partition(b"\0")
        if kind == b"eXIf":
            exif = exif or content
        elif name == b"Raw profile type exif" and kind in (b"zTXt", b"tEXt"):
            exif = exif or _from_hex(inflate(text[1:]) if kind == b"zTXt" else text)
        elif name == b"XML:com.adobe.xmp" and kind == b"iTXt":
            packed, text = text[:1] == b"\1", text[2:].split(b"\0", 2)[-1]
            xmp = xmp or (inflate(text) if packed else text)
    return exif, xmp


def _from_hex(text: bytes) -> bytes:
    try:
        return bytes.fromhex(b"".join(text.split(b"\n")[3:]).decode("ascii"))
    except ValueError:
        return b""
