"""Procedural landscapes and surfaces: backgrounds that resemble nature at small sizes."""

from collections.abc import Callable

import numpy as np
from PIL import Image

from transforms2d.base_images.procedural.draws import generator
from transforms2d.base_images.procedural.scene import SIDE, Scene, mix


def clouds(s: Scene):
    return s.sky(s.pick((0.9, 1.3))[0])


def meadow(s: Scene):
    horizon = s.ridge(s.pick((0.25, 0.6))[0], 0.02)
    depth = np.clip((s.y - horizon) / (1 - horizon), 0, 1)
    near, far = (
        s.colour((0.12, 0.3, 0.03), (0.4, 0.55, 0.15)),
        s.colour((0.3, 0.45, 0.15), (0.65, 0.7, 0.35)),
    )
    grass = mix(depth, far, near) + 0.07 * (depth * s.noise(0.7, (0.6, 1.6)))[..., None]
    grass += 0.05 * s.noise(1.8, (2.0, 0.5))[..., None]
    return mix(s.y > horizon, s.sky(horizon.mean()), grass)


def sea(s: Scene):
    horizon = s.pick((0.2, 0.55))[0]
    depth = np.clip((s.y - horizon) / (1 - horizon), 0, 1)
    near, far = (
        s.colour((0.0, 0.15, 0.25), (0.1, 0.4, 0.5)),
        s.colour((0.2, 0.4, 0.55), (0.5, 0.7, 0.8)),
    )
    waves = np.sin((depth**0.5) * s.pick((40, 90))[0] + 2.5 * s.noise(2.0, (2.0, 0.5)))
    water = mix(depth, far, near) + (0.06 * waves * (0.3 + depth))[..., None]
    water = mix(np.clip(waves * s.noise(1.5) - 1.1, 0, 0.8), water, np.ones(3))
    return mix(s.y > horizon, s.sky(horizon), water)


def beach(s: Scene):
    shore = s.ridge(s.pick((0.45, 0.65))[0], 0.03)
    horizon = s.pick((0.15, 0.35))[0]
    water = (
        mix(
            np.clip((s.y - horizon) / 0.4, 0, 1),
            s.colour((0.05, 0.3, 0.5), (0.1, 0.5, 0.65)),
            s.colour((0.3, 0.65, 0.65), (0.55, 0.85, 0.8)),
        )
        + 0.03 * s.noise(1.4, (2.5, 0.4))[..., None]
    )
    sand = s.colour((0.7, 0.6, 0.4), (0.95, 0.87, 0.7)) + 0.04 * s.noise(1.0)[..., None]
    image = mix(s.y > horizon, s.sky(horizon), water)
    foam = np.exp(-(((s.y - shore) / 0.025) ** 2))
    return mix(foam * 0.8, mix(s.y > shore, image, sand), np.ones(3))


def dunes(s: Scene):
    base = s.colour((0.65, 0.4, 0.2), (0.95, 0.8, 0.55))
    image = s.sky(0.4)
    for level in np.linspace(s.pick((0.2, 0.4))[0], 0.9, s.random.integers(2, 5)):
        crest = s.ridge(level, 0.05, 2.0)
        slope = np.clip(1 - (s.y - crest) * s.pick((0.6, 1.6))[0], 0.45, 1)
        ripple = 0.03 * np.sin(s.pick((60, 120))[0] * (s.y - crest) + 2 * s.noise(2.0))
        image = mix(s.y > crest, image, base * slope[..., None] + ripple[..., None])
    return image


def forest(s: Scene):
    dark, light = (
        s.colour((0.03, 0.1, 0.03), (0.1, 0.2, 0.08)),
        s.colour((0.3, 0.45, 0.12), (0.6, 0.65, 0.3)),
    )
    image = mix(np.clip(0.45 + 0.25 * s.noise(1.2), 0, 1), dark, light)
    for _ in range(s.random.integers(5, 14)):
        at, width, tone = s.pick((0, 1), (0.01, 0.045), (0.5, 1.2))
        lean = at + 0.03 * (s.y - 0.5) * s.random.normal()
        bark = s.colour((0.12, 0.08, 0.05), (0.4, 0.32, 0.25)) * tone
        side = np.clip((s.x - lean) / width, -1, 1)
        trunk = bark * (0.85 - 0.35 * side + 0.12 * s.noise(1.0, (0.4, 2.0)))[..., None]
        image = mix(np.abs(s.x - lean) < width, image, trunk)
    floor = s.ridge(s.pick((0.8, 0.95))[0], 0.02)
    ground = s.colour((0.15, 0.12, 0.05), (0.45, 0.35, 0.15)) + 0.06 * s.noise(0.8)[..., None]
    return mix(s.y > floor, image, ground)


def mountains(s: Scene):
    image = s.sky(0.6)
    haze = image.mean(axis=(0, 1))
    rock = s.colour((0.15, 0.2, 0.28), (0.42, 0.4, 0.4))
    count = s.random.integers(2, 5)
    snow = s.random.uniform() < 0.5
    for i, level in enumerate(np.linspace(s.pick((0.25, 0.45))[0], 0.85, count)):
        crest = s.ridge(level, 0.09 - 0.015 * i, 1.3)
        share = 0.6 * (1 - i / count)
        face = rock * (1 + 0.22 * s.noise(1.4)[..., None])
        if snow and i == 0:
            cap = np.clip(1.2 - (s.y - crest) * 7 + 0.5 * s.noise(1.2), 0, 1)
            face = mix(cap, face, np.array([0.95, 0.96, 1.0]))
        if i == count - 1:
            face = (
                s.colour((0.1, 0.2, 0.05), (0.35, 0.4, 0.2)) * (1 + 0.2 * s.noise(0.9))[..., None]
            )
        image = mix(s.y > crest, image, face * (1 - share) + haze * share)
    return image


def ripples(s: Scene):
    deep, bright = (
        s.colour((0.0, 0.12, 0.2), (0.05, 0.3, 0.35)),
        s.colour((0.2, 0.5, 0.6), (0.7, 0.85, 0.85)),
    )
    warp = s.noise(2.2)
    angle, period = s.pick((0, np.pi), (18, 50))
    phase = (s.x * np.cos(angle) + s.y * np.sin(angle)) * period + 1.6 * warp
    light = 0.5 + 0.3 * np.sin(phase) + 0.2 * np.sin(1.9 * phase + s.noise(2.0))
    return mix(np.clip(light, 0, 1) ** s.pick((1, 2.5))[0], deep, bright)


def rocks(s: Scene):
    count = s.random.integers(12, 60)
    at = s.random.uniform(-0.1, 1.1, (count, 2))
    distance = np.sqrt((s.x[..., None] - at[:, 0]) ** 2 + 1.6 * (s.y[..., None] - at[:, 1]) ** 2)
    distance += 0.012 * s.noise(1.5)[..., None]
    order = np.argsort(distance, axis=-1)
    nearest = np.take_along_axis(distance, order[..., :2], axis=-1)
    edge = np.clip((nearest[..., 1] - nearest[..., 0]) * 14, 0, 1)
    tones = s.random.uniform(0.65, 1.25, count)[order[..., 0]]
    stone = s.colour((0.35, 0.33, 0.3), (0.65, 0.6, 0.52))
    face = stone * (tones + 0.12 * s.noise(1.0))[..., None]
    return mix(edge, np.array([0.1, 0.1, 0.09]), face)


def leaves(s: Scene):
    image = s.colour((0.05, 0.08, 0.02), (0.25, 0.2, 0.08)) * (1 + 0.3 * s.noise(1.0))[..., None]
    autumn = s.random.uniform() < 0.45
    low, high = (
        ((0.5, 0.15, 0.02), (0.95, 0.7, 0.2)) if autumn else ((0.08, 0.25, 0.03), (0.45, 0.7, 0.25))
    )
    for _ in range(s.random.integers(50, 110)):
        cx, cy, long, angle = s.pick((0, 1), (0, 1), (0.04, 0.11), (0, np.pi))
        dx, dy = s.x - cx, s.y - cy
        along = (dx * np.cos(angle) + dy * np.sin(angle)) / long
        across = (dy * np.cos(angle) - dx * np.sin(angle)) / (0.45 * long)
        inside = along**2 + across**2 < 1
        shade = 1.0 - 0.25 * across
        image = mix(inside, image, s.colour(low, high) * shade[..., None])
    return image


def flowers(s: Scene):
    green = s.colour((0.12, 0.28, 0.05), (0.35, 0.5, 0.15))
    image = green * (1 + 0.3 * s.noise(0.8, (0.6, 1.5)))[..., None]
    petal = s.colour((0.6, 0.0, 0.1), (1.0, 0.9, 1.0))
    for _ in range(s.random.integers(25, 80)):
        cx, cy = s.pick((0, 1), (0, 1))
        size = 0.012 + 0.045 * cy
        radius = np.hypot(s.x - cx, s.y - cy) / size
        image = mix(radius < 1, image, petal * s.pick((0.75, 1.1))[0])
        image = mix(radius < 0.35, image, np.array([0.95, 0.8, 0.2]))
    return image


def snow(s: Scene):
    horizon = s.ridge(s.pick((0.3, 0.6))[0], 0.04, 1.8)
    white = s.colour((0.75, 0.82, 0.9), (0.95, 0.96, 1.0))
    field = white * (1 + 0.06 * s.noise(2.0) + 0.02 * s.noise(0.6))[..., None]
    image = mix(s.y > horizon, s.sky(horizon.mean()), field)
    for _ in range(s.random.integers(0, 9)):
        at, tall = s.pick((0, 1), (0.1, 0.3))
        foot = horizon[int(at * (SIDE - 1))] + 0.04
        width = (s.y - (foot - tall)) * 0.28
        tree = (np.abs(s.x - at) < width * (0.8 + 0.2 * np.sin(s.y * 90))) & (s.y < foot)
        image = mix(tree, image, s.colour((0.05, 0.12, 0.1), (0.15, 0.28, 0.2)))
    return image


def strata(s: Scene):
    warm, pale = (
        s.colour((0.45, 0.18, 0.08), (0.7, 0.4, 0.25)),
        s.colour((0.75, 0.5, 0.35), (0.95, 0.8, 0.6)),
    )
    bend = s.y * s.pick((3, 8))[0] + s.x * s.pick((-1.5, 1.5))[0] + 0.6 * s.noise(2.0)
    bands = 0.5 + 0.3 * np.sin(2 * np.pi * bend) + 0.2 * np.sin(5.3 * np.pi * bend + 1)
    image = mix(np.clip(bands, 0, 1), warm, pale) * (1 + 0.1 * s.noise(0.9))[..., None]
    if s.random.uniform() < 0.5:
        crest = s.ridge(s.pick((0.15, 0.4))[0], 0.06, 1.3)
        image = mix(s.y > crest, s.sky(0.4), image)
    return image


def grass(s: Scene):
    dark, light = (
        s.colour((0.03, 0.15, 0.02), (0.12, 0.28, 0.06)),
        s.colour((0.35, 0.55, 0.1), (0.7, 0.8, 0.35)),
    )
    blades = s.noise(0.9, (0.35, 2.2)) + 0.5 * s.noise(1.8)
    return mix(np.clip(0.45 + 0.28 * blades, 0, 1), dark, light)


def night(s: Scene):
    image = mix(
        s.y,
        s.colour((0.01, 0.01, 0.06), (0.05, 0.05, 0.2)),
        s.colour((0.1, 0.1, 0.25), (0.35, 0.2, 0.4)),
    )
    image = mix(
        np.clip(0.2 + 0.18 * s.noise(2.0), 0, 0.6),
        image,
        s.colour((0.2, 0.15, 0.4), (0.5, 0.5, 0.8)),
    )
    for _ in range(s.random.integers(25, 80)):
        cx, cy, size = s.pick((0, 1), (0, 1), (0.006, 0.016))
        image = mix(np.exp(-((s.x - cx) ** 2 + (s.y - cy) ** 2) / size**2), image, np.ones(3))
    crest = s.ridge(s.pick((0.65, 0.95))[0], 0.05, 1.3)
    return mix(s.y > crest, image, np.array([0.02, 0.03, 0.05]))


PAINTERS: tuple[Callable[[Scene], np.ndarray], ...] = (
    clouds, meadow, sea, forest, mountains, beach, ripples, rocks, leaves, dunes, flowers, snow,
    strata, grass, night,
)  # fmt: skip


def draw(item: int, *, seed: int) -> Image.Image:
    """Paint one background. Consecutive items cycle through the kinds of scenes.

    Returns
    -------
    PIL.Image.Image
        RGB, ``SIDE`` x ``SIDE`` (96 x 96) pixels.
    """
    scene = Scene(generator(seed, "background", item))
    image = PAINTERS[item % len(PAINTERS)](scene)
    gain, bias = scene.pick((0.85, 1.15), (-0.04, 0.04))
    image = image * gain + bias
    return Image.fromarray((np.clip(image, 0, 1) * 255).round().astype(np.uint8))
