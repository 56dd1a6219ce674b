"""Small base images and natural images made on the spot, for tests of datasets."""

import torch

from transforms2d.base_images.prepared import BaseImages
from transforms2d.natural_images.prepared import NaturalImages


def small_base(classes=5, prototypes=2, backgrounds=7, size=32, opaque=False) -> BaseImages:
    """Objects of random colour with soft edges (or opaque squares) and random backgrounds."""
    generator = torch.Generator().manual_seed(0)

    def random_bytes(*shape):
        return torch.randint(0, 256, shape, generator=generator).to(torch.uint8)

    side = round(size * 0.7)
    inside = slice((size - side) // 2, (size - side) // 2 + side)
    count = classes * prototypes
    objects = torch.zeros((count, 4, size, size), dtype=torch.uint8)
    objects[:, :, inside, inside] = random_bytes(count, 4, side, side)
    if opaque:
        objects[:, :, inside, inside] = 255
    return BaseImages(
        objects=objects,
        object_class=torch.arange(count) // prototypes,
        backgrounds=random_bytes(backgrounds, 3, size, size),
        class_names=[f"thing {kind}" for kind in range(classes)],
        image_size=size,
        source="procedural",
    )


def small_natural(split="train", count=400, classes=10, size=32) -> NaturalImages:
    """Random images whose labels go round the classes."""
    generator = torch.Generator().manual_seed(1)
    images = torch.randint(0, 256, (count, 3, size, size), generator=generator).to(torch.uint8)
    names = [f"scene {kind}" for kind in range(classes)]
    labels = torch.arange(count) % classes
    return NaturalImages(images, labels, names, "cifar10", split, "procedural")


def same_latents(first: dict, second: dict) -> bool:
    """Whether two sets of latents are equal in every bit; NaN equals NaN."""
    return first.keys() == second.keys() and all(
        torch.equal(_bits(first[name]), _bits(second[name])) for name in first
    )


def rows(latents: dict, at) -> dict:
    return {name: column[at] for name, column in latents.items()}


def _bits(column):
    return column.nan_to_num(nan=-1e30) if column.is_floating_point() else column
