"""A canvas for textured shapes on a transparent square, smoothed and shaded at the end."""

import math

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from transforms2d.base_images.procedural.textures import as_texture

SIZE = 160  # pixels of a finished object
FINE = 3  # drawn larger by this factor, then averaged
SIDE = SIZE * FINE


class Canvas:
    """Draws shapes in units of 0..100 (x right, y down). Later shapes cover earlier ones.

    Parameters
    ----------
    random : numpy.random.Generator
        For the textures that vary.
    """

    def __init__(self, random: np.random.Generator):
        self.random = random
        self.image = Image.new("RGBA", (SIDE, SIDE), (0, 0, 0, 0))

    # -- shapes ---------------------------------------------------------------------------------

    def polygon(self, points, fill):
        """A closed polygon."""
        self._paint(lambda draw: draw.polygon(self._pixels(points), fill=255), fill)

    def blob(self, points, fill):
        """A closed smooth curve through the points."""
        self.polygon(smooth(points), fill)

    def ellipse(self, x, y, rx, ry, fill, angle=0):
        """A filled ellipse, turned clockwise by ``angle`` degrees."""
        self.polygon(_around(x, y, rx, ry, 0, 360, angle), fill)

    def rect(self, x0, y0, x1, y1, fill, radius=0):
        """A rectangle; its corners are round if a radius is given."""
        box = [_px(x0), _px(y0), _px(x1), _px(y1)]
        self._paint(lambda draw: draw.rounded_rectangle(box, _px(radius), fill=255), fill)

    def line(self, points, width, fill):
        """An open line with round ends and joints."""
        pixels = self._pixels(points)
        radius = _px(width) / 2

        def stroke(draw):
            draw.line(pixels, fill=255, width=max(1, round(2 * radius)))
            for x, y in pixels:
                draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=255)

        self._paint(stroke, fill)

    def curve(self, points, width, fill):
        """An open smooth line through the points."""
        self.line(smooth(points, closed=False), width, fill)

    def arc(self, x, y, rx, ry, start, end, width, fill):
        """An arc of an ellipse; degrees clockwise from the right."""
        self.line(_around(x, y, rx, ry, start, end), width, fill)

    def pie(self, x, y, r, start, end, fill):
        """A wedge of a disc; degrees clockwise from the right."""
        self.polygon([(x, y), *_around(x, y, r, r, start, end)], fill)

    def star(self, x, y, outer, inner, count, fill, angle=-90):
        """A star of ``count`` points."""
        points = []
        for corner in range(2 * count):
            radius = inner if corner % 2 else outer
            turn = math.radians(angle + 180 * corner / count)
            points.append((x + radius * math.cos(turn), y + radius * math.sin(turn)))
        self.polygon(points, fill)

    def petals(self, x, y, distance, length, width, count, fill, angle=-90):
        """Ellipses around a point."""
        for petal in range(count):
            turn = angle + 360 * petal / count
            px = x + distance * math.cos(math.radians(turn))
            py = y + distance * math.sin(math.radians(turn))
            self.ellipse(px, py, length, width, fill, turn)

    def cut(self, x, y, rx, ry, angle=0):
        """Erase an ellipse from the drawing."""
        self.cut_polygon(_around(x, y, rx, ry, 0, 360, angle))

    def cut_polygon(self, points):
        """Erase a polygon from the drawing."""
        mask = self._mask(lambda draw: draw.polygon(self._pixels(points), fill=255))
        kept = ImageChops.subtract(self.image.getchannel("A"), mask)
        self.image.putalpha(kept)

    def eye(self, x, y, r, look=(0.25, 0.0)):
        """A white eye with a dark pupil, which may be off the centre."""
        self.ellipse(x, y, r, r, "white")
        self.ellipse(x + look[0] * r, y + look[1] * r, r * 0.6, r * 0.6, "#151515")

    # -- finishing ------------------------------------------------------------------------------

    def finish(self) -> Image.Image:
        """The drawing, cropped, resized to ``SIZE``, lit from the upper left, with soft edges."""
        image = self.image.crop(_square_box(self.image.getchannel("A").getbbox()))
        image = image.resize((SIZE, SIZE), Image.Resampling.LANCZOS)
        return _shade(image)

    def _paint(self, draw_mask, fill):
        mask = self._mask(draw_mask)
        box = mask.getbbox()
        if box is None:
            return
        x0, y0, x1, y1 = box
        across = (np.arange(x0, x1, dtype=np.float32) + 0.5) * (100 / SIDE)
        down = (np.arange(y0, y1, dtype=np.float32) + 0.5) * (100 / SIDE)
        x, y = np.meshgrid(across, down)
        colours = as_texture(fill)(x, y, self.random)
        patch = Image.fromarray(np.clip(colours, 0, 255).astype(np.uint8))
        patch.putalpha(mask.crop(box))
        self.image.alpha_composite(patch, (x0, y0))

    def _mask(self, draw_mask) -> Image.Image:
        mask = Image.new("L", (SIDE, SIDE), 0)
        draw_mask(ImageDraw.Draw(mask))
        return mask

    def _pixels(self, points):
        return [(_px(x), _px(y)) for x, y in points]


def smooth(points, closed=True, steps=10):
    """A Catmull-Rom curve through points, as a sequence of short line segments."""
    points = np.asarray(points, dtype=float)
    count = len(points)
    if closed:
        padded = np.concatenate([points[-1:], points, points[:2]])
    else:
        padded = np.concatenate([points[:1], points, points[-1:]])
        count -= 1
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    pieces = []
    for i in range(count):
        a, b, c, d = padded[i : i + 4]
        pieces.append(
            0.5
            * (
                2 * b
                + (c - a) * t
                + (2 * a - 5 * b + 4 * c - d) * t**2
                + (3 * b - a - 3 * c + d) * t**3
            )
        )
    curve = np.concatenate(pieces)
    return [*map(tuple, curve)] if closed else [*map(tuple, curve), tuple(points[-1])]


def _around(x, y, rx, ry, start, end, angle=0):
    turns = np.deg2rad(np.linspace(start, end, 64))
    px, py = rx * np.cos(turns), ry * np.sin(turns)
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    return list(zip(x + px * cos - py * sin, y + px * sin + py * cos, strict=True))


def _px(units: float) -> float:
    return units * SIDE / 100


def _square_box(box):
    """The box around the drawing, widened to an aspect ratio of at most 5:4, with a margin."""
    x0, y0, x1, y1 = box
    width, height = x1 - x0, y1 - y0
    least = max(width, height) * 0.8
    grow_x, grow_y = max(0, least - width) / 2 + FINE, max(0, least - height) / 2 + FINE
    return (round(x0 - grow_x), round(y0 - grow_y), round(x1 + grow_x), round(y1 + grow_y))


def _shade(image: Image.Image) -> Image.Image:
    """Lighten one side of the silhouette, darken the other, and soften the edge of alpha."""
    alpha = image.getchannel("A").filter(ImageFilter.GaussianBlur(SIZE / 130))
    height = np.asarray(alpha.filter(ImageFilter.GaussianBlur(SIZE / 22)), dtype=np.float32)
    slope_y, slope_x = np.gradient(height)
    light = np.clip((slope_x + slope_y) / 14, -0.5, 0.5)[..., None]
    colours = np.asarray(image.convert("RGB"), dtype=np.float32)
    # Where alpha is 0 the resized image is black: spread colours outwards under the soft edge.
    known = np.asarray(image.getchannel("A"), dtype=np.float32)[..., None] / 255
    spread = Image.fromarray((colours * known).astype(np.uint8)).filter(ImageFilter.BoxBlur(3))
    weight = image.getchannel("A").filter(ImageFilter.BoxBlur(3))
    outside = np.asarray(spread, np.float32) / np.maximum(
        np.asarray(weight, np.float32)[..., None] / 255, 1e-3
    )
    colours = np.where(known > 0.5, colours, outside)
    lit = np.where(light > 0, colours + (255 - colours) * light, colours * (1 + light))
    result = Image.fromarray(np.clip(lit, 0, 255).astype(np.uint8))
    result.putalpha(alpha)
    return result
