"""Lists of transformations for a batch: one for all samples, or one per class."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from transforms2d.spec import DatasetSpec
from transforms2d.transformations import sample_list
from transforms2d.transformations.applying import Chain
from transforms2d.transformations.pillow_arithmetic import put_rows_


@dataclass(frozen=True)
class Chains:
    """The drawn parameters of a batch.

    Attributes
    ----------
    groups : list of (rows int64 [m] or None, {name: {parameter: Tensor with m rows}})
        Rows that share a list of transformations (None: all rows), and its parameters in order.
    latents : dict of str to array [n]
        The parameters as ``<name>.<parameter>``, without fields of the size of an image. If each
        class has its own list, ``<name>.used`` is true for samples whose list has the name; the
        parameters of other samples are NaN, 0 or False.
    """

    groups: list
    latents: dict


def sample_chains(
    spec: DatasetSpec, indices: np.ndarray, position: np.ndarray, draw: int
) -> Chains:
    """Draw the parameters of the list of each sample.

    The draws of a name do not depend on the other names of a list, so nested lists share the draws
    of their common names. Splits share no draws, unless the protocol shares transformation seeds:
    then the draws depend only on seed and index.

    Parameters
    ----------
    position : int64 [n]
        Class position of each sample, which selects its list.
    draw : int
        Which independent draw to use.
    """
    shared = spec.protocol.transform_seeds == "shared"
    arguments = {
        "seed": spec.seed if spec.transforms_seed is None else spec.transforms_seed,
        "stream": f"{'' if shared else spec.split}/{draw}",
        "image_size": spec.image_size,
        "channels": 3 if spec.foreground == "none" else 4,
        "protocol": spec.protocol,
        "lazy": True,
    }
    if not isinstance(spec.transforms, Mapping):
        drawn = sample_list(spec.transforms, indices=indices, **arguments)
        return Chains([(None, drawn)], _columns(drawn))
    nothing = np.empty(0, dtype=np.int64)
    latents = {}
    for name, drawn in sample_list(spec.all_transforms(), indices=nothing, **arguments).items():
        latents[f"{name}.used"] = np.zeros(len(indices), dtype=bool)
        for key, column in _columns({name: drawn}).items():
            empty = np.nan if column.dtype.kind == "f" else 0
            latents[key] = np.full(len(indices), empty, dtype=column.dtype)
    groups = []
    for names, rows in _groups(spec, position):
        drawn = sample_list(names, indices=indices[rows], **arguments)
        for key, column in _columns(drawn).items():
            latents[key][rows] = column
        for name in names:
            latents[f"{name}.used"][rows] = True
        groups.append((torch.from_numpy(rows), drawn))
    return Chains(groups, latents)


class Transformer:
    """The drawn lists of a batch, checked once."""

    def __init__(self, spec: DatasetSpec, chains: Chains, count: int, device):
        self._groups = [
            (
                rows,
                Chain(
                    drawn,
                    count if rows is None else len(rows),
                    (spec.image_size, spec.image_size),
                    device,
                    spec.protocol,
                ),
            )
            for rows, drawn in chains.groups
        ]

    def apply(self, images: Tensor) -> Tensor:
        """The transformed images, uint8 [n, 4 or 3, S, S]; the given images may be overwritten."""
        for rows, chain in self._groups:
            if rows is None:
                images = chain.apply(images, overwrite=True)
            else:
                at = rows.to(images.device)
                given = images.index_select(0, at)
                put_rows_(images, at, chain.apply(given, overwrite=True))
        return images


def _groups(spec: DatasetSpec, position: np.ndarray) -> list:
    """Lists of transformations, and the rows of each list."""
    by_list = {}
    for at in np.unique(position).tolist():
        by_list.setdefault(spec.transforms.get(at, ()), []).append(at)
    return [(names, np.flatnonzero(np.isin(position, at))) for names, at in by_list.items()]


def _columns(drawn: dict) -> dict:
    """Parameters as columns ``<name>.<parameter>``, without fields of the size of an image."""
    return {
        f"{name}.{key}": value.numpy()
        for name, parameters in drawn.items()
        for key, value in parameters.items()
        if value.ndim == 1
    }
