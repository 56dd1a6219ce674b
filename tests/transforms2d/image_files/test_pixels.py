"""Image files of odd kinds: converted where that is safe, refused in one line where not."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image
from support.image_files import file_bytes, make_folder, noise, prepare, refused, write

from transforms2d.errors import UserError
from transforms2d.image_files.decode import MAX_SIDE, decode_background, decode_object


@pytest.fixture
def root(tmp_path):
    return make_folder(tmp_path / "images")


# -- pixels of other kinds are converted ---------------------------------------------------------


def object_pixels(root, data):
    write(root, "foregrounds/bagel/a.png", data)
    return prepare(root).objects[0].permute(1, 2, 0).numpy().astype(int)


def test_palette_and_grayscale_with_transparency(root):
    image = noise((64, 64))
    grey = image.convert("LA")
    expected = object_pixels(root, file_bytes(grey.convert("RGBA")))
    assert (object_pixels(root, file_bytes(grey)) == expected).all()
    palette = image.convert("RGB").quantize(16)
    made = object_pixels(root, file_bytes(palette, transparency=3))
    assert 0 < made[5:27, 5:27, 3].mean() < 255


def test_sixteen_bits_are_scaled_not_clipped(root):
    ramp = np.linspace(0, 65535, 64 * 64).reshape(64, 64).astype(np.uint16)
    write(root, "backgrounds/one.png", file_bytes(Image.fromarray(ramp)))
    (root / "backgrounds/one.jpg").unlink()
    made = prepare(root).backgrounds[0, 0]
    assert abs(int(made[16, 16]) - 132) < 4
    assert made.max() > 250


def test_cmyk_and_gray_backgrounds(root):
    image = noise((60, 60)).convert("RGB").resize((6, 6)).resize((60, 60))
    for mode in ("CMYK", "L"):
        write(root, "backgrounds/one.jpg", file_bytes(image.convert(mode), "JPEG", quality=95))
        made = prepare(root).backgrounds[0].permute(1, 2, 0).numpy().astype(int)
        expected = np.asarray(image.convert(mode).convert("RGB").resize((32, 32), 2)).astype(int)
        assert abs(made - expected).mean() < 6


def test_camera_rotation_is_applied(root):
    image = Image.new("RGB", (60, 60), "black")
    image.paste("white", (0, 0, 60, 30))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees clockwise: the white top goes to the right
    write(root, "backgrounds/one.jpg", file_bytes(image, "JPEG", exif=exif))
    made = prepare(root).backgrounds[0, 0]
    assert made[:, 20:].min() > 200 > 50 > made[:, :12].max()


# -- rare kinds of PNG, written byte by byte ------------------------------------------------------


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(pixels, depth, kind, *chunks):
    """A PNG of [H, W] or [H, W, C] values with this many bits, and chunks before its pixels."""
    height, width = pixels.shape[:2]
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0))
    bits = (pixels.reshape(height, -1, 1) >> np.arange(depth - 1, -1, -1)) & 1
    rows = np.packbits(bits.astype(np.uint8).reshape(height, -1), axis=1)
    body = chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows)))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + body + chunk(b"IEND", b"")


@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
def test_gray_of_which_one_value_is_transparent(depth):
    most = 2**depth - 1
    pixels = np.random.default_rng(depth).integers(0, most + 1, (12, 16)).astype(np.int64)
    see_through = int(pixels[3, 5])
    pixels[0, :2] = see_through, (see_through + 1) % (most + 1)
    data = png(pixels, depth, 0, chunk(b"tRNS", struct.pack(">H", see_through)))
    made = np.asarray(decode_object(data, "a.png"))
    assert (made[..., 3] == np.where(pixels == see_through, 0, 255)).all()
    assert (made[..., 0] == np.floor(pixels * 255 / most + 0.5)).all()


def test_sixteen_bits_of_gray_are_transparent_by_their_whole_value():
    """Two values that are the same in 8 bits are told apart."""
    pixels = np.full((8, 8), 257 * 100)
    pixels[0, 0] += 1
    data = png(pixels, 16, 0, chunk(b"tRNS", struct.pack(">H", 257 * 100)))
    alpha = np.asarray(decode_object(data, "a.png"))[..., 3]
    assert alpha[0, 0] == 255 and alpha.sum() == 255


def test_colours_of_which_one_is_transparent():
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 3))
    colour = chunk(b"tRNS", struct.pack(">HHH", *pixels[2, 3]))
    alpha = np.asarray(decode_object(png(pixels, 8, 2, colour), "a.png"))[..., 3]
    assert alpha[2, 3] == 0 and alpha.sum() == 255 * 63
    with pytest.raises(UserError, match=r"a.png: 16-bit colours with a transparent one"):
        decode_object(png(pixels * 257, 16, 2, colour), "a.png")


def test_a_palette_that_is_missing():
    pixels = np.random.default_rng(0).integers(0, 4, (8, 8))
    palette = chunk(b"PLTE", bytes(range(12)))
    made = np.asarray(decode_background(png(pixels, 8, 3, palette), "a.png"))
    assert (made == np.arange(12).reshape(4, 3)[pixels]).all()
    with pytest.raises(UserError, match=r"a.png: a palette image without its palette"):
        decode_background(png(pixels, 8, 3), "a.png")


@pytest.mark.parametrize("others", [1, 3])
def test_the_first_picture_of_a_camera_file_of_several(others):
    """Previews and second views, as cameras append them (MPO)."""
    image = noise((60, 40)).convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = 6
    more = [noise((24, 16), seed).convert("RGB") for seed in range(others)]
    several = file_bytes(image, "MPO", save_all=True, append_images=more, exif=exif)
    assert Image.open(io.BytesIO(several)).n_frames == 1 + others
    made = decode_background(several, "a.jpg")
    alone = decode_background(file_bytes(image, "JPEG", exif=exif), "a.jpg")
    assert made.size == (40, 60)
    assert (np.asarray(made) == np.asarray(alone)).all()
    with pytest.raises(UserError, match=r"a.jpg: truncated or damaged"):
        decode_background(several[:2000], "a.jpg")


# -- pixels that are refused ---------------------------------------------------------------------


def test_object_without_alpha(root):
    write(root, "foregrounds/bagel/a.png", file_bytes(noise((20, 20)).convert("RGB")))
    refused(root, "bagel/a.png", "no alpha channel")
    write(root, "foregrounds/bagel/a.png", file_bytes(noise((20, 20)).convert("RGB"), "JPEG"))
    refused(root, "bagel/a.png", "no alpha channel")


def test_object_that_is_not_there(root):
    write(root, "foregrounds/bagel/a.png", file_bytes(Image.new("RGBA", (20, 20))))
    refused(root, "bagel/a.png", "completely transparent")


def test_object_that_is_wholly_opaque(root):
    image = noise((20, 20))
    image.putalpha(255)
    write(root, "foregrounds/bagel/a.png", file_bytes(image))
    refused(root, "bagel/a.png", "completely opaque")
    dot = Image.new("RGBA", (2000, 2000))
    dot.putpixel((1000, 1000), (255, 0, 0, 255))
    write(root, "foregrounds/bagel/a.png", file_bytes(dot))
    refused(root, "bagel/a.png", "invisible at 32 pixels")


def test_background_with_holes(root):
    write(root, "backgrounds/three.png", file_bytes(noise((20, 20))))
    refused(root, "three.png", "partly transparent")


def test_tiny_image(root):
    write(root, "backgrounds/three.png", file_bytes(noise((1, 1)).convert("RGB")))
    refused(root, "three.png", "1 x 1 pixels")


@pytest.mark.parametrize("size", [(20_000, 20_000), (MAX_SIDE + 1, 4), (2**31 - 1, 2**31 - 1)])
def test_huge_image_is_refused_from_its_header(root, size):
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", *size, 8, 6, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    write(root, "foregrounds/bagel/a.png", b"\x89PNG\r\n\x1a\n" + header + body)
    refused(root, "bagel/a.png", "pixels")


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_truncated_at_many_places(root, kind):
    image = noise((40, 40)) if kind == "PNG" else noise((40, 40)).convert("RGB")
    data = file_bytes(image, kind)
    place = "foregrounds/bagel/a.png" if kind == "PNG" else "backgrounds/one.jpg"
    for length in [*range(0, len(data) - 4, len(data) // 12), len(data) - 8]:
        write(root, place, data[:length])
        refused(root, place.rsplit("/", 1)[1])


def test_flipped_bits_of_a_png_are_noticed(root):
    data = bytearray(file_bytes(noise((16, 16))))
    for place in np.random.default_rng(0).integers(8, len(data), 40):
        data[place] ^= 1
        write(root, "foregrounds/bagel/a.png", bytes(data))
        refused(root, "bagel/a.png")
        data[place] ^= 1


def test_moving_and_foreign_images(root):
    frames = [noise((20, 20), seed) for seed in range(3)]
    moving = file_bytes(frames[0], "PNG", save_all=True, append_images=frames[1:])
    write(root, "foregrounds/bagel/a.png", moving)
    refused(root, "animation of 3 frames")
    write(root, "foregrounds/bagel/a.png", b"<html>not found</html>")
    refused(root, "HTML")
    write(root, "foregrounds/bagel/a.png", file_bytes(frames[0].convert("RGB"), "BMP"))
    refused(root, "not a PNG, JPEG or WebP image")
    write(root, "foregrounds/bagel/a.png", b"")
    refused(root, "empty")
