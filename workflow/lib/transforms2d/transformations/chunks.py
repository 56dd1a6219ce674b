"""One transformation of a batch, in chunks that fit a cache, of the rows where it applies."""

import numpy as np
import torch
from torch import Tensor

from transforms2d.transformations.core import LARGEST_TOGETHER, Transformation
from transforms2d.transformations.pillow_arithmetic import multiply, put_rows_
from transforms2d.transformations.sampling import Field

# Pixels per chunk: few enough for a CPU's cache, or to bound a GPU's memory.
_CHUNK_PIXELS = {"cpu": 128 * 32 * 32, "cuda": 16384 * 32 * 32}


def apply_one(
    transformation: Transformation, images: Tensor, parameters: dict, protocol, overwrite: bool
) -> Tensor:
    """The transformed images of contiguous ones; parameters are checked and may be ``Field``s.

    With ``overwrite`` the images may be changed in place and returned.
    """
    large = images.device.type == "cpu" and max(images.shape[2:]) > LARGEST_TOGETHER
    in_place = overwrite and large and transformation.apply_large
    out = images if in_place else _new(images, large)
    if not len(images):
        return out
    size = _chunk_size(images)
    if large and transformation.apply_large:
        _one_after_another(transformation, images, out, parameters, protocol)
    elif transformation.takes_all:
        transformation.apply(images, out, parameters, protocol)
    elif transformation.coin is None:
        _whole_chunks(transformation, images, out, parameters, protocol, size)
    elif size == 1:
        _single_rows(transformation, images, out, parameters, protocol)
    else:
        _some_rows(transformation, images, out, parameters, protocol, size)
    if transformation.colour and protocol.soft_edges == "multiplied" and images.shape[1] == 4:
        for part in out.split(size):
            part[:, :3] = multiply(part[:, :3], part[:, 3:])
    return out


def _new(images: Tensor, large: bool) -> Tensor:
    # For several MB, numpy asks the system for large pages
    return torch.from_numpy(np.empty_like(images.numpy())) if large else torch.empty_like(images)


def _one_after_another(transformation, images, out, parameters, protocol) -> None:
    """Transform images one by one as arrays; copy those where the coin says no."""
    sources = list(images.numpy())
    targets = sources if out is images else out.numpy()
    pairs = list(zip(sources, targets, strict=True))
    given = {key: _array(value) for key, value in parameters.items()}
    if transformation.coin is not None:
        applied = given.pop("applied")
        given = {key: value[applied] for key, value in given.items()}
        for (source, target), yes in zip(pairs, applied.tolist(), strict=True):
            if not yes and target is not source:
                np.copyto(target, source)
        pairs = [pair for pair, yes in zip(pairs, applied.tolist(), strict=True) if yes]
    transformation.apply_large(pairs, given, protocol)


def _array(value: Tensor) -> np.ndarray:
    value = value.detach()
    return (value.double() if value.is_floating_point() else value).numpy()


def _chunk_size(images: Tensor) -> int:
    """Images per chunk; 1 instead of 2 or 3."""
    pixels = _CHUNK_PIXELS.get(images.device.type, _CHUNK_PIXELS["cpu"])
    size = pixels // images.shape[2:].numel()
    return size if size > 3 else 1


def _whole_chunks(transformation, images, out, parameters, protocol, size: int) -> None:
    for begin, source, target in zip(
        range(0, len(images), size), images.split(size), out.split(size), strict=True
    ):
        part = slice(begin, begin + len(source))
        given = {key: _drawn(value[part]) for key, value in parameters.items()}
        transformation.apply(source, target, given, protocol)


def _some_rows(transformation, images, out, parameters, protocol, size: int) -> None:
    """Gather the rows where the coin says yes, transform them and put them into a copy."""
    out.copy_(images)
    fields = {key: value for key, value in parameters.items() if key != "applied"}
    rows = torch.nonzero(parameters["applied"])[:, 0]
    for at in rows.split(size) if len(rows) else ():
        given = {key: value.index_select(0, at) for key, value in fields.items()}
        source = images.index_select(0, at)
        changed = torch.empty_like(source)
        transformation.apply(source, changed, given, protocol)
        put_rows_(out, at, changed)


def _single_rows(transformation, images, out, parameters, protocol) -> None:
    """The same for large images, without copies of images that change."""
    fields = {key: value for key, value in parameters.items() if key != "applied"}
    for row, (applied, source, target) in enumerate(
        zip(parameters["applied"].tolist(), images.split(1), out.split(1), strict=True)
    ):
        if not applied:
            target.copy_(source)
            continue
        given = {key: _drawn(value[row : row + 1]) for key, value in fields.items()}
        transformation.apply(source, target, given, protocol)


def _drawn(value: Tensor | Field) -> Tensor:
    return value.tensor() if isinstance(value, Field) else value
