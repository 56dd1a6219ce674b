"""Which natural images a dataset uses and in which order: split, classes, sample count."""

import hashlib
import json

import numpy as np

from transforms2d import seeds
from transforms2d.errors import UserError
from transforms2d.spec import DatasetSpec

VALIDATION_SHARE = 0.1


def natural_rows(spec: DatasetSpec, labels: np.ndarray) -> np.ndarray:
    """Rows of the natural images that ``spec`` uses, in sample order (fork 13).

    Train and validation images are a 90/10 split of one file; test has a separate file.
    The order is shuffled and balanced: the first k rows, for every k, have equally many images of
    each chosen class, up to a difference of one, as long as each class has images left. A smaller
    dataset is the beginning of a larger one.

    Parameters
    ----------
    labels : int64 [N]
        Classes of all images in the file of ``spec.split``.

    Returns
    -------
    int64 [n], n = ``spec.samples``, or all available images if that is 0.

    Raises
    ------
    UserError
        If a class or the split has no images, or fewer images than ``spec.samples`` are left.
    """
    missing = set(spec.natural_classes) - set(np.unique(labels).tolist())
    if missing:
        raise UserError(
            f"dataset.natural_classes: the natural images have no class {min(missing)}; "
            "name classes that are there"
        )
    chosen = _split_rows(spec, labels)
    chosen = chosen[np.isin(labels[chosen], spec.natural_classes)]
    if not len(chosen):
        raise UserError(
            f"dataset.split: {spec.split} holds no natural image of these classes; "
            "prepare more images"
        )
    order = seeds.uniform(spec.seed, f"natural-order/{spec.split}", chosen)[:, 0]
    rank = _rank_in_class(labels[chosen], order)
    rows = chosen[np.lexsort((order, rank))]
    if spec.samples > len(rows):
        raise UserError(
            f"dataset.samples: {spec.samples} asked, but these classes have only {len(rows)} "
            f"natural images in split {spec.split}; ask for at most that, or 0 for all"
        )
    return rows[: spec.samples] if spec.samples else rows


def _split_rows(spec: DatasetSpec, labels: np.ndarray) -> np.ndarray:
    rows = np.arange(len(labels))
    if spec.split == "test":
        return rows
    if spec.protocol.natural_split == "stratified":
        order = seeds.uniform(spec.seed, "natural-split", rows)[:, 0]
        counts = np.bincount(labels)
        rank, size = _rank_in_class(labels, order), counts[labels]
    else:
        order = seeds.uniform(spec.seed, f"natural-split/{_stage(spec)}", rows)[:, 0]
        rank, size = _rank_in_class(np.zeros_like(labels), order), len(labels)
    validation = rank < np.round(size * VALIDATION_SHARE)
    return rows[validation if spec.split == "val" else ~validation]


def _stage(spec: DatasetSpec) -> str:
    """A digest that names a random split: of the spec without its sample count and split.

    The released code draws the split of images with pasted objects twice, for training and for
    validation, so that the two overlap (fork 13). For these images the digest includes the split.
    """
    plain = spec.to_dict()
    plain.pop("samples")
    if spec.foreground == "none":
        plain.pop("split")
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


def _rank_in_class(labels: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Rank of each image within its class, in the order of ``order``."""
    by_class = np.lexsort((order, labels))
    counts = np.bincount(labels)
    starts = np.repeat(np.cumsum(counts) - counts, counts)
    rank = np.empty(len(labels), dtype=np.int64)
    rank[by_class] = np.arange(len(labels)) - starts
    return rank
