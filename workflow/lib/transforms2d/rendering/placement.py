"""Placement of pasted objects: their canvas is shrunk and moved (fork 19)."""

from dataclasses import dataclass

import numpy as np
import torch

from transforms2d import seeds
from transforms2d.spec import DatasetSpec
from transforms2d.transformations import apply
from transforms2d.transformations.geometric import OBJECT_SHARE
from transforms2d.transformations.resizing.weights import centred_weights


@dataclass(frozen=True)
class Box:
    """The square of an object on its canvas; left = top = ``start``, in pixels."""

    start: int
    size: int


def object_box(spec: DatasetSpec) -> Box:
    """The box of an object, its canvas shrunk by ``spec.object_scale``, rounded to pixels."""
    side = spec.image_size
    size = round(side * OBJECT_SHARE)
    start = (side - size) // 2
    if spec.object_scale == 1:
        return Box(start, size)
    margin = (side - round(side * spec.object_scale)) // 2
    return Box(round(start * spec.object_scale + margin), round(size * spec.object_scale))


def positions(spec: DatasetSpec, indices: np.ndarray, draw: int) -> np.ndarray | None:
    """Left and top of the box of the object per sample, int64 [n, 2]; None if objects do not move.

    ``draw`` selects one of the independent draws of random positions.

    ``corner`` is the upper right corner: one pixel (at 32 px) from the right edge, at the top edge.
    ``random`` with the protocol's ``inside`` is uniform over all positions that keep the object
    inside the image, including the faint pixels at the edge of a shrunk object. With ``clipped``
    it is as published: drawn for a box that is two pixels to the right of and below the object,
    so that the object may leave the image.
    """
    if spec.placement == "centre":
        return None
    side, box = spec.image_size, object_box(spec)
    if spec.placement == "corner":
        corner = (side - box.size - max(1, round(side / 32)), 0)
        return np.tile(np.array(corner, dtype=np.int64), (len(indices), 1))
    stream = f"placement/{spec.split}" + (f"/{draw}" if draw else "")
    u = seeds.uniform(spec.seed, stream, indices, k=2)
    if spec.protocol.object_position == "inside":
        rim = _rim(spec, box)
        return (u * (side - box.size - 2 * rim + 1)).astype(np.int64) + rim
    return (u * (side - box.size)).astype(np.int64) - round(2 * side / 32)


def _rim(spec: DatasetSpec, box: Box) -> int:
    """Pixels by which the shrunk object extends beyond its rounded box, on the wider side."""
    side, size = spec.image_size, round(spec.image_size * OBJECT_SHARE)
    start = (side - size) // 2
    weights = centred_weights(side, round(side * spec.object_scale))[:, start : start + size]
    most = 255 * weights.clamp(min=0).sum(1)  # largest alpha of an opaque object there
    visible = torch.nonzero(most >= 0.5)[:, 0].tolist()
    return max(box.start - visible[0], visible[-1] + 1 - box.start - box.size, 0)


def augment(spec: DatasetSpec, images: torch.Tensor, indices: np.ndarray, draw: int):
    """Pad by 4 px (at 32 px) with black, crop at random, and flip at random (fork 20).

    Returns
    -------
    images : uint8 [N, 3, S, S]
    latents : dict of ``augmentation.shift_x``, ``augmentation.shift_y``, ``augmentation.flip``
    """
    pad = round(4 * spec.image_size / 32)
    stream = f"augmentation/{spec.split}/{draw}"
    u = torch.from_numpy(seeds.uniform(spec.seed, stream, indices, k=3))
    shift = (u[:, :2] * (2 * pad + 1)).to(torch.int64) - pad
    flip = u[:, 2] < 0.5
    parameters = {"shift_x": shift[:, 0], "shift_y": shift[:, 1]}
    on_device = {name: value.to(images.device) for name, value in parameters.items()}
    images = apply("translate", images, on_device, protocol=spec.protocol)
    images = apply("h_flip", images, {"applied": flip.to(images.device)}, protocol=spec.protocol)
    latents = {f"augmentation.{name}": value for name, value in parameters.items()}
    return images, latents | {"augmentation.flip": flip}


def place(spec: DatasetSpec, objects: torch.Tensor, corners: np.ndarray | None) -> torch.Tensor:
    """Shrink object canvases uint8 [N, 4, S, S] and move the objects' boxes to ``corners``."""
    if spec.object_scale != 1:
        factor = torch.full((len(objects),), spec.object_scale, device=objects.device)
        objects = apply("scale", objects, {"factor": factor}, protocol=spec.protocol)
    if corners is None:
        return objects
    shift = torch.from_numpy(corners - object_box(spec).start).to(objects.device)
    parameters = {"shift_x": shift[:, 0], "shift_y": shift[:, 1]}
    return apply("translate", objects, parameters, protocol=spec.protocol)
