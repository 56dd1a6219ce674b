"""Rendering of images of any size to objects and backgrounds at the working size."""

import numpy as np
import torch
from PIL import Image

from transforms2d.base_images import reading
from transforms2d.base_images.index import items_digest
from transforms2d.base_images.prepared import BaseImages
from transforms2d.checks import SMALLEST_SIDE, check_whole
from transforms2d.errors import UserError
from transforms2d.image_files.decode import square
from transforms2d.transformations.geometric import OBJECT_SHARE


def prepare(index: dict, *, image_size: int = 32) -> BaseImages:
    """Render the images of an index to the working size.

    Objects are stretched to the square canvas, reduced to 70 % of it and centred on a transparent
    canvas. Backgrounds are cropped to their largest top-left square and resized, as published.

    Parameters
    ----------
    index : dict
        From ``fetch``.
    image_size : int
        Side S of the square images in pixels, at least 8.

    Returns
    -------
    BaseImages

    Raises
    ------
    UserError
        If a file is missing, changed since it was listed (SHA-256), or unusable.
    """
    check_whole("image_size", image_size, SMALLEST_SIDE)
    objects, classes = [], []
    for position, where, image in reading.objects(index):
        objects.append(_checked(render_object(image, image_size), where, image_size))
        classes.append(position)
    backgrounds = [np.asarray(square(image, image_size)) for image in reading.backgrounds(index)]
    return BaseImages(
        objects=_channels_first(objects),
        object_class=torch.tensor(classes, dtype=torch.int64, device="cpu"),
        backgrounds=_channels_first(backgrounds),
        class_names=list(index["class_names"]),
        image_size=image_size,
        source=index["source"],
        origin={**index["origin"], "items_sha256": items_digest(index)},
    )


def render_object(image: Image.Image, size: int) -> Image.Image:
    """Stretch an RGBA object to the canvas, reduce it to 70 % and centre it.

    Pillow multiplies by alpha before averaging, so the colours of transparent pixels do not affect
    the edges.
    """
    small = round(size * OBJECT_SHARE)
    image = image.resize((size, size), Image.Resampling.BILINEAR)
    image = image.resize((small, small), Image.Resampling.BICUBIC)
    canvas = Image.new("RGBA", (size, size), (0, 0, 0, 0))
    offset = (size - small) // 2
    canvas.paste(image, (offset, offset))
    return canvas


def _checked(canvas, where, size) -> np.ndarray:
    pixels = np.asarray(canvas)
    if not pixels[..., 3].any():
        raise UserError(f"{where}: invisible at {size} pixels; draw it larger")
    return pixels


def _channels_first(images) -> torch.Tensor:
    return torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).contiguous()
