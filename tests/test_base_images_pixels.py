"""Image files of odd kinds: converted where that is safe, refused in one line where not."""

import struct
import zlib

import numpy as np
import pytest
from image_files import file_bytes, make_folder, noise, prepare, refused, write
from PIL import Image

from transforms2d.decode import MAX_SIDE


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


# -- pixels that are refused ---------------------------------------------------------------------


def test_object_without_alpha(root):
    write(root, "foregrounds/bagel/a.png", file_bytes(noise((20, 20)).convert("RGB")))
    refused(root, "bagel/a.png", "no alpha channel")
    write(root, "foregrounds/bagel/a.png", file_bytes(noise((20, 20)).convert("RGB"), "JPEG"))
    refused(root, "bagel/a.png", "no alpha channel")


def test_object_that_is_not_there(root):
    write(root, "foregrounds/bagel/a.png", file_bytes(Image.new("RGBA", (20, 20))))
    refused(root, "bagel/a.png", "wholly transparent")
    dot = Image.new("RGBA", (2000, 2000))
    dot.putpixel((1000, 1000), (255, 0, 0, 255))
    write(root, "foregrounds/bagel/a.png", file_bytes(dot))
    refused(root, "bagel/a.png", "nothing of it is left at 32 pixels")


def test_background_with_holes(root):
    write(root, "backgrounds/three.png", file_bytes(noise((20, 20))))
    refused(root, "three.png", "partly transparent")


def test_tiny_image(root):
    write(root, "backgrounds/three.png", file_bytes(noise((1, 1)).convert("RGB")))
    refused(root, "three.png", "1 x 1 pixels")


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


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
    refused(root, "moving image of 3 frames")
    write(root, "foregrounds/bagel/a.png", b"<html>not found</html>")
    refused(root, "HTML")
    write(root, "foregrounds/bagel/a.png", file_bytes(frames[0].convert("RGB"), "BMP"))
    refused(root, "not a PNG, JPEG or WebP image")
    write(root, "foregrounds/bagel/a.png", b"")
    refused(root, "empty")
