"""Lists of transformations for a batch: one for all samples, or one for each class."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from transforms2d.spec import DatasetSpec
from transforms2d.transformations import apply, sample


@dataclass(frozen=True)
class Chains:
    """Drawn parameters of a batch.

    Attributes
    ----------
    groups : list of (rows int64 [m], {name: {parameter: Tensor with m rows}})
        Rows that share a list of transformations, and the list's parameters in its order.
    latents : dict of str to array [n]
        The parameters under ``<name>.<parameter>``, without fields of the size of an image.
    """

    groups: list
    latents: dict


def sample_chains(
    spec: DatasetSpec, indices: np.ndarray, position: np.ndarray, seed: int
) -> Chains:
    """Draw the parameters of each sample's list.

    Each name has draws of its own, whatever other names stand beside it, so that nested lists
    share the draws of the names they have in common.

    Parameters
    ----------
    position : int64 [n]
        Class position of each sample, which picks its list.
    """
    groups = []
    for names, rows in _groups(spec, position):
        drawn = {
            name: sample(
                name,
                len(rows),
                seed=seed,
                indices=indices[rows],
                image_size=spec.image_size,
                channels=3 if spec.foreground == "none" else 4,
                protocol=spec.protocol,
            )
            for name in names
        }
        groups.append((rows, drawn))
    per_class = isinstance(spec.transforms, Mapping)
    return Chains(groups, _latents(groups, len(indices), per_class))


def transform(spec: DatasetSpec, images: Tensor, chains: Chains) -> Tensor:
    """Apply each sample's list to its image, uint8 [N, 4 or 3, S, S]."""
    whole = len(chains.groups) == 1
    out = images if whole else images.clone()
    for rows, drawn in chains.groups:
        at = torch.from_numpy(rows).to(images.device)
        part = images if whole else images[at]
        for name, parameters in drawn.items():
            parameters = {key: value.to(images.device) for key, value in parameters.items()}
            part = apply(name, part, parameters, protocol=spec.protocol)
        if whole:
            return part
        out[at] = part
    return out


def _groups(spec: DatasetSpec, position: np.ndarray) -> list:
    if not isinstance(spec.transforms, Mapping):
        return [(spec.transforms, np.arange(len(position)))]
    by_list = {}
    for at in np.unique(position).tolist():
        by_list.setdefault(spec.transforms.get(at, ()), []).append(at)
    return [(names, np.flatnonzero(np.isin(position, at))) for names, at in by_list.items()]


def _latents(groups: list, count: int, per_class: bool) -> dict:
    """Columns over all rows; where a row's list lacks the name, NaN, 0 or False stands there."""
    columns = {}
    for rows, drawn in groups:
        for name, parameters in drawn.items():
            if per_class:
                used = columns.setdefault(f"{name}.used", np.zeros(count, dtype=bool))
                used[rows] = True
            for key, value in parameters.items():
                if value.ndim > 1:
                    continue
                value = value.cpu().numpy()
                empty = np.full(count, np.nan if value.dtype.kind == "f" else 0, dtype=value.dtype)
                columns.setdefault(f"{name}.{key}", empty)[rows] = value
    return columns
