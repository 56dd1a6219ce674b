"""Pictures of which some pixels are missing: refused, though all else is as it should be."""

import re
import struct
import zlib
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image
from support.image_chunks import SIGNATURE, chunk, photo, riff, riff_chunks, save

from transforms2d.errors import UserError
from transforms2d.image_files.decode import decode

ADAM7 = (
    *((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4)),
    *((0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)),
)
SCANS = [
    *({"quality": quality} for quality in (30, 75, 95)),
    {"progressive": True},
    {"progressive": True, "restart_marker_blocks": 3},
    {"restart_marker_blocks": 1},
    {"restart_marker_blocks": 7, "quality": 40},
]


def refused(data):
    with pytest.raises(UserError, match=r"^a.png: truncated or damaged \(.*replace the file$"):
        decode(data, "a.png")


def png(rows: bytes, size=(24, 24), interlaced=0, parts=1, packed=None) -> bytes:
    """A PNG of RGB whose checksums are right, whatever rows it has."""
    packed = zlib.compress(rows) if packed is None else packed
    step = -(-len(packed) // parts) or 1
    body = b"".join(chunk(b"IDAT", packed[at : at + step]) for at in range(0, len(packed), step))
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", *size, 8, 2, 0, 0, interlaced))
    return SIGNATURE + header + body + chunk(b"IEND", b"")


def rows_of(image, interlaced):
    """The rows of a picture as a PNG holds them, without filters."""
    pixels, found = np.asarray(image), b""
    for left, top, across, down in ADAM7 if interlaced else ((0, 0, 1, 1),):
        for row in pixels[top::down, left::across]:
            found += b"\0" + row.tobytes() if row.size else b""
    return found


@pytest.mark.parametrize("interlaced", [0, 1])
@pytest.mark.parametrize("size", [(24, 24), (9, 5), (31, 4)])
def test_a_png_without_its_last_rows(interlaced, size):
    image = photo(size)
    rows = rows_of(image, interlaced)
    assert (np.asarray(decode(png(rows, size, interlaced), "a")) == np.asarray(image)).all()
    for length in (0, 1, len(rows) // 2, len(rows) - size[0] * 3, len(rows) - 1):
        refused(png(rows[:length], size, interlaced))
    whole = zlib.compress(rows)
    refused(png(b"", size, interlaced, packed=whole[: len(whole) // 2]))
    refused(png(b"", size, interlaced, packed=b""))


def test_a_png_with_more_than_it_needs():
    image = photo((24, 24))
    rows = rows_of(image, 0)
    for data in (png(rows + b"\0" * 5000), png(rows, packed=zlib.compress(rows) + b"more")):
        assert (np.asarray(decode(data, "a")) == np.asarray(image)).all()
    assert (np.asarray(decode(png(rows, parts=9), "a")) == np.asarray(image)).all()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_a_png_of_any_pixels_without_its_last_rows(mode):
    if mode == "I;16":
        image = Image.fromarray(np.arange(24 * 24, dtype=np.uint16).reshape(24, 24) * 99)
    else:
        image = photo((24, 24)).quantize(9) if mode == "P" else photo((24, 24)).convert(mode)
    data = save(image)
    assert decode(data, "a").size == (24, 24)
    at = data.index(b"IDAT")
    length = int.from_bytes(data[at - 4 : at])
    rows = zlib.decompress(data[at + 4 : at + 4 + length])
    short = chunk(b"IDAT", zlib.compress(rows[: len(rows) * 2 // 3]))
    refused(data[: at - 4] + short + data[at + 8 + length :])


@pytest.mark.parametrize("options", [each for each in SCANS if "restart_marker_blocks" in each])
@pytest.mark.parametrize("size", [(100, 80), (160, 60)])
def test_a_jpeg_without_a_run_of_its_scans(options, size):
    """A reader fills the gap with gray, or moves what follows; each other byte is right."""
    data = save(photo(size), "JPEG", **options)
    marks = [match.start() for match in re.finditer(rb"\xff[\xd0-\xd7]", data)]
    assert decode(data, "a") and decode(data[:-2] + b"\0\0\xff\xd9", "a")
    runs = [(at, end) for at, end in pairwise(marks) if b"\xff\xda" not in data[at:end]]
    assert len(runs) > 1
    for at, end in runs:
        refused(data[:at] + data[end:])


@pytest.mark.parametrize("options", SCANS)
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_jpeg_that_was_cut_and_closed(options, mode):
    """Its end marker is where the rest of the pixels should be."""
    data = save(photo((60, 44), mode=mode), "JPEG", **options)
    assert decode(data, "a").size == (60, 44)
    start = data.index(b"\xff\xda") + 2
    start += int.from_bytes(data[start : start + 2])
    for share in (0.05, 0.3, 0.6, 0.9):
        cut = data[: start + int(share * (len(data) - start))].rstrip(b"\xff")
        for end in (b"\xff\xd9", b"", b"\0" * 4000):
            refused(cut + end)


def test_a_jpeg_in_flat_colours_is_whole():
    for colour in ((0, 0, 0), (255, 255, 255), (90, 20, 200)):
        for options in SCANS:
            assert decode(save(Image.new("RGB", (50, 70), colour), "JPEG", **options), "a")


@pytest.mark.parametrize("said", [(0, 0, 0), (1, 63, 0), (0, 63, 1), (0, 255, 0), (9, 3, 0x21)])
def test_a_jpeg_whose_one_scan_says_that_it_is_a_part(said):
    """Some cameras write so; decoders know better, since the frame says that it is no part."""
    data = save(photo((60, 44)), "JPEG")
    at = data.index(b"\xff\xda") + 5 + 2 * 3
    assert data[at : at + 3] == bytes((0, 63, 0))
    odd = data[:at] + bytes(said) + data[at + 3 :]
    assert decode(odd, "a").tobytes() == decode(data, "a").tobytes()
    refused(odd[:-200] + b"\xff\xd9")


def test_a_jpeg_without_a_whole_scan():
    data = save(photo((60, 44)), "JPEG", progressive=True)
    starts = [at for at in range(len(data) - 1) if data[at : at + 2] == b"\xff\xda"]
    assert len(starts) > 3
    for start in starts[1:]:
        refused(data[:start] + b"\xff\xd9")


@pytest.mark.parametrize("options", [{"quality": 80}, {"quality": 20}, {"lossless": True}])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_webp_that_was_cut(options, mode):
    image = photo((60, 44), mode=mode)
    if mode == "RGBA":
        image.putalpha(photo((60, 44), seed=3, mode="L"))
    data = save(image, "WEBP", **options)
    assert decode(data, "a").size == (60, 44)
    for share in (0.2, 0.5, 0.9):
        refused(data[: int(share * len(data))])
        pieces = riff_chunks(data)
        for at, (kind, content) in enumerate(pieces):
            if kind != b"VP8X":  # sizes set right again, as a program does that goes on
                cut = (kind, content[: int(share * len(content))])
                refused(riff([*pieces[:at], cut, *pieces[at + 1 :]]))
