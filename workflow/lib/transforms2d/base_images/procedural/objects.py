"""The 61 procedural objects and their variants."""

import numpy as np
from PIL import Image, ImageEnhance

from transforms2d.base_images.procedural import animals, plants, things, vehicles
from transforms2d.base_images.procedural.canvas import Canvas
from transforms2d.base_images.procedural.draws import generator

PROTOTYPES = 4  # images per class; the first is the plain drawing

DRAWINGS = {
    function.__name__.replace("_", " "): function
    for module in (animals, plants, things, vehicles)
    for function in vars(module).values()
    if getattr(function, "__module__", None) == module.__name__
}
NAMES = sorted(DRAWINGS)


def draw(name: str, *, seed: int, prototype: int = 0) -> Image.Image:
    """Draw one object.

    Parameters
    ----------
    name : str
        One of ``NAMES``.
    seed : int
        Determines the positions of spots and patches, and how the variants differ.
    prototype : int
        0 for the plain drawing; above 0 for the same object, rotated, stretched and recoloured.

    Returns
    -------
    PIL.Image.Image
        RGBA, 160 x 160 pixels, with soft edges.
    """
    position = NAMES.index(name)
    canvas = Canvas(generator(seed, "object texture", position, prototype))
    DRAWINGS[name](canvas)
    image = canvas.finish()
    if prototype:
        image = vary(image, generator(seed, "object variant", position, prototype))
    return image


def vary(image: Image.Image, random: np.random.Generator) -> Image.Image:
    """The same object, rotated, stretched and recoloured, as in another photograph."""
    turn, stretch, hue = random.uniform([-18, 0.8, -18], [18, 1.25, 18])
    colour, light = random.uniform(0.75, 1.25, 2)
    side = image.width
    width, height = round(side * min(1.0, stretch)), round(side * min(1.0, 1 / stretch))
    image = image.rotate(turn, Image.Resampling.BICUBIC, expand=True)
    image = image.crop(image.getbbox()).resize((width, height), Image.Resampling.BICUBIC)
    canvas = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    canvas.paste(image, ((side - width) // 2, (side - height) // 2))
    return recolour(canvas, hue=hue, colour=colour, light=light)


def recolour(image: Image.Image, *, hue: float, colour: float = 1, light: float = 1) -> Image.Image:
    """Shift the hue (degrees) of an RGBA image and scale its saturation and brightness."""
    alpha = image.getchannel("A")
    bands = np.array(image.convert("RGB").convert("HSV"))
    bands[..., 0] = (bands[..., 0].astype(int) + round(hue / 360 * 256)) % 256
    plain = Image.fromarray(bands, mode="HSV").convert("RGB")
    plain = ImageEnhance.Color(plain).enhance(colour)
    plain = ImageEnhance.Brightness(plain).enhance(light)
    plain.putalpha(alpha)
    return plain
