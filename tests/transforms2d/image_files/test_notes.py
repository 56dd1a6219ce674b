"""What is noted beside pixels decides nothing: odd and damaged notes, and a picture as it is."""

import struct
import zlib

import numpy as np
import pytest
from support.image_chunks import (
    chunk,
    exif,
    jpeg_with,
    photo,
    png_with,
    riff,
    riff_chunks,
    save,
    segment,
)

from transforms2d.errors import UserError
from transforms2d.image_files.decode import decode

TURNED = (0x112, 3, 1, b"\x06\0\0\0")  # by 90 degrees
AT = struct.pack("<I", 0x100)
ODD = {
    "a resolution of -1/0": exif([TURNED, (0x11A, 10, 1, AT)], struct.pack("<ii", -1, 0)),
    "a resolution of 0/0": exif([TURNED, (0x11A, 5, 1, AT)], struct.pack("<II", 0, 0)),
    "a resolution that lies outside": exif([TURNED, (0x11A, 5, 1, b"\xff\xff\xff\x7f")]),
    "a unit of text": exif([TURNED, (0x128, 2, 4, b"dpi\0")]),
    "a type that is none": exif([TURNED, (0x9999, 99, 7, b"\1\2\3\4")]),
    "an endless text": exif([TURNED, (0x10E, 2, 2**31 - 1, AT)]),
    "a table that points at itself": exif([TURNED, (0x8769, 4, 1, b"\x08\0\0\0")]),
    "more entries than there are": exif([TURNED])[:22].replace(b"\1\0\x12\1", b"\x63\0\x12\1"),
}
UNREADABLE = {
    "no notes at all": b"",
    "no notes but noise": b"\x93" * 40,
    "a head alone": b"II*\0",
    "a table beyond the end": b"II*\0\xff\xff\0\0",
    "an orientation of 77": exif([(0x112, 3, 1, b"\x4d\0\0\0")]),
    "an orientation of text": exif([(0x112, 2, 3, b"up\0\0")]),
}
NOISE = np.random.default_rng(0).bytes(300)
PNG_NOTES = {
    "a long packed text": chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"a" * 5_000_000)),
    "a text that unpacks to 400 MB": chunk(
        b"iTXt", b"History\0\1\0\0\0" + zlib.compress(b"\0" * 400_000_000, 1)
    ),
    "a hundred texts": b"".join(chunk(b"tEXt", b"a%d\0" % at + b"b" * 90_000) for at in range(100)),
    "a packed text that is noise": chunk(b"zTXt", b"Comment\0\0" + NOISE),
    "a text without a name": chunk(b"tEXt", NOISE.replace(b"\0", b"")),
    "a text of another checksum": chunk(b"tEXt", b"Author\0somebody", wrong=1),
    "a date of another checksum": chunk(b"tIME", b"\7\xe8\1\1\1\1\1", wrong=0x8000),
    "a note of some program, of another checksum": chunk(b"prVt", NOISE, wrong=5),
    "a size of pixels that is cut short": chunk(b"pHYs", b"\0\0"),
    "a date that is none": chunk(b"tIME", b"\xff" * 9),
    "a gamma of no length": chunk(b"gAMA", b""),
    "a huge profile": chunk(b"iCCP", b"p\0\0" + zlib.compress(b"\0" * 40_000_000)),
    "a profile of noise": chunk(b"iCCP", b"p\0\0" + NOISE),
    "a profile of another checksum": chunk(b"iCCP", b"p\0\0" + zlib.compress(NOISE), wrong=9),
    "noise for EXIF": chunk(b"eXIf", NOISE),
    "noise for XMP": chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + NOISE),
    "noise for EXIF as text": chunk(b"zTXt", b"Raw profile type exif\0\0" + NOISE),
}
JPEG_NOTES = {
    "a comment of noise": segment(0xFE, NOISE),
    "an empty comment": segment(0xFE, b""),
    "noise for EXIF": segment(0xE1, b"Exif\0\0" + NOISE),
    "noise for XMP": segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + NOISE),
    "a profile whose second part is missing": segment(0xE2, b"ICC_PROFILE\0\1\2" + NOISE),
    "a profile of part 0 of 0": segment(0xE2, b"ICC_PROFILE\0\0\0" + NOISE),
    "a profile cut within its head": segment(0xE2, b"ICC_PROFILE\0"),
    "an index of pictures that is noise": segment(0xE2, b"MPF\0" + NOISE),
    "JFIF that is cut short": segment(0xE0, b"JFIF\0\1"),
    "JFIF with a resolution of 0": segment(0xE0, b"JFIF\0\1\2\1\0\0\0\0\0\0"),
    "Photoshop's notes, cut short": segment(0xED, b"Photoshop 3.0\0008BIM\4"),
    "Adobe's note, cut short": segment(0xEE, b"Adobe\0"),
    "notes of every kind": b"".join(segment(0xE0 + at, NOISE[: 20 * at]) for at in range(16)),
    "bytes that belong to nothing": segment(0xFE, b"") + b"\1\2\3\4",
    "a segment of no length": b"\xff\xe5\0\0",
}


def same(data, image):
    return (np.asarray(decode(data, "a picture")) == np.asarray(image)).all()


@pytest.mark.parametrize("note", PNG_NOTES)
@pytest.mark.parametrize("place", ["before the pixels", "after them"])
def test_notes_of_a_png(note, place):
    image, odd = photo(mode="RGBA"), PNG_NOTES[note]
    assert same(png_with(image, odd) if place[0] == "b" else png_with(image, after=[odd]), image)


@pytest.mark.parametrize("note", JPEG_NOTES)
def test_notes_of_a_jpeg(note):
    data = save(photo(), "JPEG")
    assert same(jpeg_with(data, JPEG_NOTES[note]), decode(data, "plain"))


@pytest.mark.parametrize("kind", [b"EXIF", b"XMP ", b"ICCP", b"what"])
def test_notes_of_a_webp(kind):
    image = photo()
    plain = save(image, "WEBP", lossless=True, exact=True)
    (pixels,) = (one for one in riff_chunks(plain) if one[0] == b"VP8L")
    head = (b"VP8X", struct.pack("<I", 0x2C) + b"\x27\0\0\x1d\0\0")
    assert same(riff([head, (kind, NOISE), pixels]), image)
    assert same(riff([head, pixels, (kind, NOISE)]), image)
    assert same(riff([pixels, (kind, b"")]), image)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_what_follows_the_end_is_left_alone(kind):
    data = save(photo(), kind)
    for more in (b"\0" * 9, NOISE, data, b"<html>"):
        assert same(data + more, decode(data, "plain"))


def with_exif(kind, notes):
    """A photograph that lies on its side, with these notes; and it as it lies."""
    data = save(photo(), kind)
    plain = decode(data, "plain")
    if kind == "PNG":
        data = png_with(photo(), chunk(b"eXIf", notes))
    elif kind == "JPEG":
        data = jpeg_with(data, segment(0xE1, b"Exif\0\0" + notes))
    else:
        head = (b"VP8X", struct.pack("<I", 0x08) + b"\x27\0\0\x1d\0\0")
        data = riff([head, *riff_chunks(data), (b"EXIF", notes)])
    return data, plain


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("notes", ODD)
def test_a_picture_is_turned_whatever_else_is_noted(kind, notes):
    data, plain = with_exif(kind, ODD[notes])
    assert same(data, np.rot90(np.asarray(plain), -1))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("notes", UNREADABLE)
def test_a_picture_stays_where_its_notes_are_unreadable(kind, notes):
    data, plain = with_exif(kind, UNREADABLE[notes])
    assert same(data, plain)


def test_the_orientation_of_other_notes():
    xmp = b'<x:xmpmeta tiff:Orientation="3"/>'
    turned = np.asarray(photo())[::-1, ::-1]
    assert same(png_with(photo(), chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp)), turned)
    text = b"\nexif\n%8d\n" % len(ODD["a unit of text"]) + ODD["a unit of text"].hex().encode()
    packed = chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(text))
    assert same(png_with(photo(), packed), np.rot90(np.asarray(photo()), -1))
    data = save(photo(), "JPEG")
    note = segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp)
    assert same(jpeg_with(data, note), np.asarray(decode(data, "plain"))[::-1, ::-1])


@pytest.mark.parametrize("name", [b"PLTE", b"tRNS", b"IDAT"])
def test_damaged_names_of_chunks_that_pixels_need_are_noticed(name):
    """A chunk of another name might be passed over, and its transparency with it."""
    data = save(photo().quantize(8), transparency=3)
    at = data.index(name)
    for bit in (5, 13, 21, 29, 0, 9):
        flipped = bytearray(data)
        flipped[at + bit // 8] ^= 1 << bit % 8
        with pytest.raises(UserError, match=r"a.png: truncated or damaged"):
            decode(bytes(flipped), "a.png")
