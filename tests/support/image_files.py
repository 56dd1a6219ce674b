"""Image files and folders for tests, right ones and ways to make wrong ones."""

import io

import numpy as np
import pytest
from PIL import Image

from transforms2d import base_images
from transforms2d.errors import UserError


def noise(size, seed=0) -> Image.Image:
    shape = (size[1], size[0], 4)
    pixels = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    pixels[..., 3] |= 64
    return Image.fromarray(pixels)


def file_bytes(image, kind="PNG", **options) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def write(root, path, data=None):
    path = root / path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(file_bytes(noise((20, 30))) if data is None else data)
    return path


def make_folder(folder):
    """A folder that is right: two classes, two backgrounds."""
    write(folder, "foregrounds/bagel/a.png")
    write(folder, "foregrounds/zebra/b.png")
    write(folder, "foregrounds/zebra/a.png", file_bytes(noise((9, 40), 1)))
    for name in ("one.jpg", "two.jpeg"):
        write(folder, f"backgrounds/{name}", file_bytes(noise((50, 40), 2).convert("RGB"), "JPEG"))
    return folder


def fetch(root, **changes):
    plain = {"source": "folder", "folder": str(root), "objects": None, "backgrounds": None}
    return base_images.fetch(plain | {"prototypes": 1} | changes)


def prepare(root, **changes):
    return base_images.prepare(fetch(root, **changes))


def refused(root, *parts):
    """The message of the refusal; it must be one line and hold all of the parts."""
    with pytest.raises(UserError) as caught:
        prepare(root)
    message = str(caught.value)
    assert "\n" not in message
    for part in parts:
        assert part in message
    return message
