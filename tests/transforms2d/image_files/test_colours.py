"""Colours that a file defines beside its numbers are those of sRGB once it is read."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms
from support.image_chunks import (
    WIDE,
    chunk,
    gamma,
    jpeg_with,
    photo,
    places,
    png_with,
    save,
    segment,
)

from transforms2d.errors import UserError
from transforms2d.image_files import colour
from transforms2d.image_files.decode import decode, decode_object
from transforms2d.image_files.made_profile import SRGB, make_profile, power

NARROW = (0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)  # those of sRGB
ADOBE = (0.3127, 0.3290, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)
WARM = (0.34567, 0.35850, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)  # another white
KINDS = {"PNG": {}, "WEBP": {"lossless": True, "exact": True}}
GRAYS = np.arange(256, dtype=np.uint8).reshape(16, 16)


def to_light(values):
    values = values / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def from_light(light):
    light = np.clip(light, 0, 1)
    return 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def columns(primaries):
    """XYZ of the three primaries, whose sum is white."""
    x, y = np.array(primaries).reshape(4, 2).T
    xyz = np.stack([x / y, np.ones(4), (1 - x - y) / y])
    return xyz[:, 1:] * np.linalg.solve(xyz[:, 1:], xyz[:, 0])


def expected(image, primaries, light):
    """Plain colorimetry: what sRGB shows for these numbers, where both have the same white."""
    matrix = np.linalg.inv(columns(NARROW)) @ columns(primaries)
    return from_light(light(np.asarray(image).astype(float)) @ matrix.T)


def near(data, wanted, steps=2):
    made = np.asarray(decode(data, "a")).astype(float)[..., :3]
    return np.abs(made - wanted).max() <= steps


def same(data, image):
    made = np.asarray(decode(data, "a"))
    return (made == np.asarray(image)).all()


# -- profiles ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("primaries", "curve", "light"),
    [(WIDE, SRGB, to_light), (ADOBE, power(2.2), lambda values: (values / 255) ** 2.2)],
)
def test_profiles_of_wide_colours(kind, primaries, curve, light):
    image = photo()
    data = save(image, kind, icc_profile=make_profile(primaries, curve, False), **KINDS[kind])
    assert near(data, expected(image, primaries, light))
    assert not near(data, np.asarray(image), 5)


def test_the_profile_of_a_jpeg_in_parts():
    profile = make_profile(WIDE, SRGB, False)
    data = save(Image.new("RGB", (16, 16), (60, 120, 200)), "JPEG", quality=100)
    plain = decode(data, "a")
    thirds = [profile[at : at + 200] for at in range(0, len(profile), 200)]
    parts = [
        segment(0xE2, b"ICC_PROFILE\0" + bytes((at + 1, len(thirds))) + part)
        for at, part in enumerate(thirds)
    ]
    for order in (parts, parts[::-1]):
        assert near(jpeg_with(data, *order), expected(plain, WIDE, to_light))
    assert same(jpeg_with(data, *parts[1:]), plain)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_gray_with_a_profile_of_gray(kind):
    image = Image.fromarray(GRAYS)
    profile = make_profile(NARROW, power(1.0), True)
    data = save(image, kind, icc_profile=profile)
    plain = np.asarray(decode(save(image, kind), "a")).astype(float)
    assert near(data, from_light(plain / 255))
    assert not near(data, plain, 9)


def test_transparency_is_kept_and_is_no_colour():
    image = photo(mode="RGBA")
    image.putalpha(photo(seed=5, mode="L"))
    data = save(image, icc_profile=make_profile(WIDE, SRGB, False))
    made = np.asarray(decode_object(data, "a"))
    assert (made[..., 3] == np.asarray(image)[..., 3]).all()
    assert near(data, expected(image.convert("RGB"), WIDE, to_light))
    palette = photo().quantize(16)
    data = save(palette, icc_profile=make_profile(WIDE, SRGB, False), transparency=2)
    made = np.asarray(decode_object(data, "a"))
    assert ((made[..., 3] == 0) == (np.asarray(palette) == 2)).all()
    assert near(data, expected(palette.convert("RGB"), WIDE, to_light))
    gray = Image.fromarray(GRAYS).convert("LA")
    gray.putalpha(Image.fromarray(GRAYS.T.copy()))
    made = np.asarray(decode_object(png_with(gray, gamma(1.0)), "a"))
    assert (made[..., 3] == GRAYS.T).all()
    assert np.abs(made[..., 0] - from_light(GRAYS / 255)).max() <= 2


def cmyk_profile() -> bytes:
    """Inks of which the first takes away blue, the third red, as a table to Lab."""
    lab, white = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    to_lab = ImageCms.buildTransform(white, lab, "RGB", "LAB")
    corners = [(c, m, y, k) for c in (0, 1) for m in (0, 1) for y in (0, 1) for k in (0, 1)]
    colours = [[255 * (1 - ink) * (1 - k) for ink in (y, m, c)] for c, m, y, k in corners]
    row = Image.fromarray(np.array([colours], dtype=np.uint8))
    table = np.asarray(ImageCms.applyTransform(row, to_lab)) ^ np.array([0, 128, 128], np.uint8)
    ramp = bytes(range(256))
    one = struct.pack(">i", 65536)
    identity = b"".join(one if at in (0, 4, 8) else b"\0\0\0\0" for at in range(9))
    lut = b"mft1\0\0\0\0" + bytes((4, 3, 2, 0)) + identity + 4 * ramp + table.tobytes() + 3 * ramp
    head = struct.pack(">I4sI4s4s4s", 144 + len(lut), b"", 0x02400000, b"prtr", b"CMYK", b"Lab ")
    head += struct.pack(">6H4s", 2000, 1, 1, 0, 0, 0, b"acsp").ljust(68 - len(head), b"\0")
    white = b"".join(struct.pack(">i", round(one * 65536)) for one in (0.9642, 1.0, 0.8249))
    tags = struct.pack(">I4sII", 1, b"A2B0", 144, len(lut))
    return (head + white).ljust(128, b"\0") + tags + lut


@pytest.mark.parametrize(
    "inks, wanted",
    [
        *(((255, 0, 0, 0), (255, 255, 0)), ((0, 255, 0, 0), (255, 0, 255))),
        *(((0, 0, 255, 0), (0, 255, 255)), ((0, 0, 0, 0), (255, 255, 255))),
        ((0, 0, 0, 255), (0, 0, 0)),
    ],
)
def test_inks_with_a_profile(inks, wanted):
    image = Image.new("CMYK", (16, 16), inks)
    data = save(image, "JPEG", quality=100, icc_profile=cmyk_profile())
    assert near(data, np.array(wanted), 12)
    of_screens = save(image, "JPEG", quality=100, icc_profile=make_profile(WIDE, SRGB, False))
    assert same(of_screens, decode(save(image, "JPEG", quality=100), "a"))


# -- chunks of PNG -------------------------------------------------------------------------------


@pytest.mark.parametrize("exponent", [1.0, 1.8, 2.6])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_gamma(exponent, mode):
    image = photo(mode=mode)
    light = (np.asarray(image.convert("RGB")) / 255.0) ** exponent
    assert near(png_with(image, gamma(1 / exponent)), from_light(light))


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "P"])
def test_the_usual_gamma_keeps_every_pixel(mode):
    image = photo().quantize(9) if mode == "P" else photo(mode=mode)
    plain = decode(save(image), "a")
    for notes in ([gamma(0.45455)], [gamma(0.45455), places(NARROW)], [places(NARROW)]):
        assert same(png_with(image, *notes), plain)


def test_primaries():
    image = photo()
    data = png_with(image, places(WIDE))
    assert near(data, expected(image, WIDE, to_light))
    data = png_with(image, gamma(1 / 2.2), places(ADOBE))
    assert near(data, expected(image, ADOBE, lambda values: (values / 255) ** 2.2))
    white = Image.new("RGB", (8, 8), "white")
    assert decode(png_with(white, places(WARM)), "a").getpixel((1, 1)) == (255, 255, 255)


def test_what_comes_first():
    """cICP, then a profile, then sRGB, then gamma, in whatever order the chunks lie."""
    image = photo()
    wide = expected(image, WIDE, to_light)
    profile = make_profile(NARROW, power(1.0), False)
    icc = chunk(b"iCCP", b"linear\0\0" + zlib.compress(profile))
    linear = from_light(np.asarray(image) / 255.0)
    srgb, coded = chunk(b"sRGB", b"\0"), chunk(b"cICP", bytes((12, 13, 0, 1)))
    assert near(png_with(image, gamma(0.3), srgb, icc, coded), wide)
    assert near(png_with(image, gamma(0.3), srgb, icc), linear)
    assert same(png_with(image, gamma(0.3), places(WIDE), srgb), image)
    broken = chunk(b"iCCP", b"linear\0\0" + zlib.compress(profile[:90]))
    assert same(png_with(image, broken, srgb, gamma(1.0)), image)
    assert near(png_with(image, broken, gamma(1.0)), linear)


@pytest.mark.parametrize(
    "code, light",
    [(8, lambda values: values / 255), (4, lambda values: (values / 255) ** 2.2), (13, to_light)],
)
def test_coded_colours(code, light):
    image = photo()
    coded = chunk(b"cICP", bytes((1, code, 0, 1)))
    assert near(png_with(image, coded), expected(image, NARROW, light))


@pytest.mark.parametrize("content", [(9, 16, 0, 1), (9, 18, 0, 1), (1, 13, 0, 0)])
def test_colours_of_another_range_are_refused(content):
    with pytest.raises(UserError, match=r"a.png: its colours have another range .*save it as s"):
        decode(png_with(photo(), chunk(b"cICP", bytes(content))), "a.png")


# -- nothing said, sRGB, and nonsense ------------------------------------------------------------


def upside_down() -> bytes:
    """A profile in which white is dark."""
    return make_profile(NARROW, (0, (1e-3,)), False)


NONSENSE = {
    "noise": np.random.default_rng(0).bytes(900),
    "text": b"sRGB",
    "a profile that was cut": make_profile(WIDE, SRGB, False)[:300],
    "a profile of gray for colours": make_profile(WIDE, power(1.0), True),
    "one in which nothing is dark": upside_down(),
    "a profile of a printer": cmyk_profile(),
    "tags that lead beyond it": make_profile(WIDE, SRGB, False)[:140].ljust(200, b"\xff"),
}


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("what", NONSENSE)
def test_profiles_that_make_no_sense_are_as_none(kind, what):
    image, options = photo(), KINDS.get(kind, {})
    plain = decode(save(image, kind, **options), "a")
    assert same(save(image, kind, icc_profile=NONSENSE[what], **options), plain)


@pytest.mark.parametrize(
    "notes",
    [
        gamma(0),
        gamma(40_000),
        gamma(0.00001),
        chunk(b"gAMA", b"\0\1"),
        places((0,) * 8),
        places((0.3, 0.3) * 4),
        places((*WIDE[:2], 30, 40, *WIDE[4:])),
        chunk(b"cHRM", b"\1" * 31),
        chunk(b"cICP", bytes((77, 99, 3, 9))),
        chunk(b"cICP", bytes((2, 2, 0, 1))),
        chunk(b"cICP", b"\1"),
    ],
)
def test_chunks_that_make_no_sense_are_as_none(notes):
    for image in (photo(), photo(mode="L")):
        assert same(png_with(image, notes), decode(save(image), "a"))


def test_colours_that_follow_the_pixels_say_nothing():
    image = photo()
    assert same(png_with(image, after=[gamma(1.0), places(WIDE)]), image)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_profile_of_srgb_keeps_every_pixel(kind):
    image, options = photo(), KINDS.get(kind, {})
    plain = decode(save(image, kind, **options), "a")
    lcms = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for profile in (lcms, make_profile(NARROW, SRGB, False)):
        assert same(save(image, kind, icc_profile=profile, **options), plain)


def test_photographs_keep_every_pixel(shared_data):
    """None of them is of other colours than sRGB, though one has a profile that says so."""
    files = sorted((shared_data / "photo_base").glob("foregrounds/*/*.png"))
    files += sorted((shared_data / "photo_base/backgrounds").iterdir())[:60]
    tagged = 0
    for path in files:
        with Image.open(path) as image:
            tagged += "icc_profile" in image.info
            plain = image.convert("RGBA" if image.mode == "RGBA" else "RGB")
        assert same(path.read_bytes(), plain), path
    assert tagged


def test_a_profile_is_read_once(monkeypatch):
    image = photo()
    data = save(image, icc_profile=make_profile(WIDE, power(2.4), False))
    decode(data, "a")
    before = colour._transform.cache_info().misses
    decode(data, "b")
    assert colour._transform.cache_info().misses == before
