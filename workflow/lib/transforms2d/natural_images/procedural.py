"""Natural images drawn by the program: objects in many poses in front of landscapes.

A replacement for CIFAR without a download. Ten classes are ten kinds of objects; a hundred classes
are fifty kinds in two colourings each.
"""

import numpy as np
from PIL import Image

from transforms2d import seeds
from transforms2d.base_images.procedural import backgrounds, objects
from transforms2d.base_images.procedural.draws import generator

RECIPE = 1  # raise it when the drawings change
TEN = (
    "aeroplane", "bus", "car", "cat", "duck", "elephant", "frog", "penguin", "sailboat", "tractor",
)  # fmt: skip
RECOLOURED = 150  # degrees of hue
POSES = 12  # drawings per class, each rotated, stretched and recoloured
SCENES = 240
SPRITE_SIDE = 64  # pixels


def class_list(name: str) -> list[tuple[str, str, int]]:
    """The name, drawing and hue shift of each class of ``name``, sorted by name."""
    if name == "cifar10":
        return [(kind, kind, 0) for kind in TEN]
    kinds = objects.NAMES[:50]
    plain = [(kind, kind, 0) for kind in kinds]
    return sorted(plain + [(f"{kind} recoloured", kind, RECOLOURED) for kind in kinds])


def fetch(name: str, used: dict, *, cache_dir=None, offline=False) -> dict:
    """Describe the drawings; see ``sources.fetch``."""
    return {"name": name, **used, "recipe": RECIPE}


def read(name: str, used: dict, split: str, *, cache_dir, image_size, offline):
    """Images uint8 [N, 3, S, S], labels, class names and origin of one split."""
    seed, classes = used["seed"], class_list(name)
    scenes = [backgrounds.draw(item, seed=seed) for item in range(SCENES)]
    kinds = sorted({kind for _, kind, _ in classes})
    small = (SPRITE_SIDE, SPRITE_SIDE)
    drawings = {kind: objects.draw(kind, seed=seed).resize(small) for kind in kinds}
    images = []
    for label, (_, kind, hue) in enumerate(classes):
        poses = _poses(drawings[kind], hue, seed, label)
        number = used[f"{split}_per_class"]
        draws = seeds.uniform(seed, f"natural/{name}/{split}/{label}", np.arange(number), 8)
        images += [_compose(poses, scenes, row, image_size) for row in draws]
    labels = np.repeat(np.arange(len(classes)), used[f"{split}_per_class"])
    origin = {"seed": seed, "recipe": RECIPE}
    pixels = np.stack(images).transpose(0, 3, 1, 2)
    return pixels.copy(), labels, [label for label, _, _ in classes], origin


def _poses(drawing, hue, seed, label):
    if hue:
        drawing = objects.recolour(drawing, hue=hue)
    return [objects.vary(drawing, generator(seed, "natural pose", label, i)) for i in range(POSES)]


def _compose(poses, scenes, draw, size) -> np.ndarray:
    """One picture from eight numbers in 0..1."""
    scene = scenes[int(draw[0] * len(scenes))]
    side = round(scene.width * (0.45 + 0.5 * draw[1]))
    left, top = (round(share * (scene.width - side)) for share in draw[2:4])
    box = (left, top, left + side, top + side)
    picture = scene.resize((size, size), Image.Resampling.BILINEAR, box=box)
    sprite = poses[int(draw[4] * len(poses))]
    width = max(4, round(size * (0.45 + 0.5 * draw[5])))
    sprite = sprite.resize((width, width), Image.Resampling.BILINEAR)
    if int(draw[6] * 1024) % 2:
        sprite = sprite.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    corner = (round(draw[6] * (size - width)), round(draw[7] * (size - width)))
    picture.paste(sprite, corner, sprite)
    return np.asarray(picture)
