"""Textures of shapes: functions of x, y (0..100, y down) and a generator to RGB in 0..255."""

import numpy as np
from PIL import ImageColor


def rgb(colour) -> np.ndarray:
    """A colour, given as a name or in hex, as float [3], 0..255."""
    return np.asarray(ImageColor.getrgb(colour)[:3], dtype=np.float32)


def _mix(weight, first, second):
    return first + np.clip(weight, 0, 1)[..., None] * (second - first)


def _turned(x, y, angle):
    radians = np.deg2rad(angle)
    return x * np.cos(radians) + y * np.sin(radians)


def solid(colour):
    """One colour."""
    colour = rgb(colour)
    return lambda x, y, random: np.broadcast_to(colour, (*x.shape, 3))


def gradient(start, end, angle=90, span=(0, 100)):
    """A gradient between two colours along a direction in degrees (90 is down)."""
    start, end = rgb(start), rgb(end)
    low, high = span
    return lambda x, y, random: _mix((_turned(x, y, angle) - low) / (high - low), start, end)


def radial(inner, outer, centre=(50, 50), radius=45):
    """A gradient from the colour at a point to another colour at a distance from it."""
    inner, outer = rgb(inner), rgb(outer)
    return lambda x, y, random: _mix(np.hypot(x - centre[0], y - centre[1]) / radius, inner, outer)


def stripes(first, second, period=16, angle=0, share=0.5, offset=0):
    """Straight stripes; a fraction ``share`` of each period has the second colour."""
    first, second = rgb(first), rgb(second)
    return lambda x, y, random: np.where(
        (((_turned(x, y, angle) + offset) / period) % 1 < 1 - share)[..., None], first, second
    )


def rings(first, second, centre=(50, 50), period=14, share=0.5):
    """Rings around a point."""
    first, second = rgb(first), rgb(second)
    return lambda x, y, random: np.where(
        ((np.hypot(x - centre[0], y - centre[1]) / period) % 1 < 1 - share)[..., None],
        first,
        second,
    )


def sectors(first, second, count=8, centre=(50, 50), turn=0.0):
    """Sectors around a point, as on a beach ball."""
    first, second = rgb(first), rgb(second)
    return lambda x, y, random: np.where(
        ((np.arctan2(y - centre[1], x - centre[0]) / np.pi * count / 2 + turn) % 1 < 0.5)[
            ..., None
        ],
        first,
        second,
    )


def checks(first, second, size=12, angle=0):
    """A chequered board."""
    first, second = rgb(first), rgb(second)

    def colour(x, y, random):
        across, along = _turned(x, y, angle), _turned(x, y, angle + 90)
        odd = (np.floor(across / size) + np.floor(along / size)) % 2 > 0
        return np.where(odd[..., None], first, second)

    return colour


def spots(base, dot, pitch=16, size=0.3, jitter=0.35):
    """Dots on a randomly distorted grid."""
    base, dot = rgb(base), rgb(dot)

    def colour(x, y, random):
        column, row = np.floor(x / pitch).astype(int), np.floor(y / pitch).astype(int)
        shake = random.uniform(-jitter, jitter, (64, 64, 2))
        shift = shake[row % 64, column % 64]
        across = x / pitch - column - 0.5 - shift[..., 0]
        along = y / pitch - row - 0.5 - shift[..., 1]
        return np.where((np.hypot(across, along) < size)[..., None], dot, base)

    return colour


def mottled(first, second, grain=8):
    """Random patches of two colours with soft edges."""
    first, second = rgb(first), rgb(second)

    def colour(x, y, random):
        total = np.zeros(x.shape, dtype=np.float32)
        for octave in (1, 2):
            waves = random.normal(size=(6, 2)) / grain * octave
            phases = random.uniform(0, 2 * np.pi, 6)
            for (across, along), phase in zip(waves, phases, strict=True):
                total += np.sin(2 * (x * across + y * along) + phase) / octave
        return _mix(0.5 + total / 6, first, second)

    return colour


def as_texture(fill):
    """A texture unchanged; a colour as a plain texture."""
    return solid(fill) if isinstance(fill, str) else fill
