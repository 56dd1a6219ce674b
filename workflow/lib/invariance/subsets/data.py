"""The images of a job: read from shards, checked, and laid on the device."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch

from invariance.training import resident
from invariance.training.resident import Resident
from transforms2d.errors import UserError

SPLITS = {"source": ("train", "test"), "target": ("train", "val", "test")}
MOST_TARGETS = 256  # classes; predictions are stored as uint8


@dataclass(frozen=True)
class Data:
    """The images of a job, on one device.

    Attributes
    ----------
    source, source_test : Resident
        Labels in 0 .. K - 1, each at least once.
    target : mapping of str to Resident
        ``train``, ``val`` and ``test``; labels in 0 .. T - 1, each at least once.
    target_classes : int
        T.
    """

    source: Resident
    source_test: Resident
    target: Mapping[str, Resident]
    target_classes: int


def read(
    inputs: Mapping, config: Mapping | None, identities: Mapping, rendering: torch.device
) -> dict:
    """The shards of a job, by dataset and split.

    Parameters
    ----------
    inputs : mapping from name to path
        ``source_train``, ``source_test``, ``target_train``, ``target_val`` and ``target_test``. For
        shards without pixels also the images they show, see ``input_images.load_images``: ``base``,
        ``natural_train`` and ``natural_test``, or these with ``source_`` or ``target_`` before
        them, if the datasets show different ones.
    config : mapping or None
        The checked configuration.
    identities : mapping
        See ``lineage.identities``; what it lacks is not compared.
    rendering : torch.device
        Where shards without pixels are rendered.

    Raises
    ------
    UserError
        For a file that is missing or damaged, or has another identity.
    """
    from invariance.provenance.input_images import read_split

    shards = {}
    for name, splits in SPLITS.items():
        paths = {key.removeprefix(f"{name}_"): path for key, path in inputs.items()}
        specs = identities.get("dataset", {}).get(name, {})
        known = {"identity": identities.get("shards", {}).get(name), "device": rendering}
        for split in splits:
            expected = {"expect": specs.get(split), **known}
            shards[f"{name}_{split}"] = read_split(paths[split], split, paths, config, **expected)
    return shards


def load(shards: Mapping, settings: Mapping, place: torch.device) -> Data:
    """Lay shards on a device.

    Parameters
    ----------
    shards : mapping
        Names as in ``inputs`` of ``read``; each has ``images`` uint8 [N, 3, S, S] and ``labels``
        int64 [N].
    settings : mapping
        As from ``settings.checked``.

    Raises
    ------
    UserError
        For images of another size, labels out of range, or a class without images.
    """
    targets = 1 + max(int(shards[f"target_{split}"].labels.max()) for split in SPLITS["target"])
    if not 2 <= targets <= MOST_TARGETS:
        raise UserError(f"target: {targets} classes; give 2 to {MOST_TARGETS}")
    parts = {}
    for name, splits in SPLITS.items():
        classes = settings["num_classes"] if name == "source" else targets
        for split in splits:
            key = f"{name}_{split}"
            parts[key] = _resident(key, shards[key], classes, settings, place)
    target = {split: parts[f"target_{split}"] for split in SPLITS["target"]}
    return Data(parts["source_train"], parts["source_test"], target, targets)


def digest(shards: Mapping, masks: np.ndarray, seeds: np.ndarray) -> str:
    """SHA-256 over all that the results of a job depend on besides its settings."""
    total = hashlib.sha256(resident.digest(*(shards[key] for key in sorted(shards))).encode())
    for array in (masks, seeds):
        total.update(f"{array.dtype}{array.shape};".encode())
        total.update(np.ascontiguousarray(array).data)
    return total.hexdigest()


def _resident(name: str, shard, classes: int, settings: Mapping, place: torch.device) -> Resident:
    resident.check_images(name, shard, settings["image_size"], classes)
    empty = (torch.bincount(shard.labels, minlength=classes) == 0).nonzero()
    if len(empty):
        raise UserError(
            f"{name}: class {int(empty[0])} has no image; give more images per class, as on "
            "Transforms-2D the class of each is drawn"
        )
    # Not channels-last: the layout of the weights decides that of the rest, and groups read the
    # channels of several networks side by side.
    how = {"mean": settings["mean"], "std": settings["std"], "device": place}
    return Resident(shard.images, shard.labels, **how)
