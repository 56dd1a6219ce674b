"""The outputs of models of subsets of the source classes, from the files of their jobs."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from transforms2d.errors import DamagedFileError, UserError
from transforms2d.files.signed import check_same, read_tensors

SHARD = "transforms2d_shard"


def read_outputs(
    paths: Sequence | str | Path, classes: int, identities: Sequence[Mapping] | None = None
) -> dict[str, np.ndarray]:
    """Read files of one kind of masks as one: arrays with a row per model, in the files' order.

    Parameters
    ----------
    paths : sequence of paths, or one path
        The files of the stage ``subsets``.
    classes : int
        K, the number of source classes.
    identities : sequence of mapping or None
        The identity that each file must have.

    Returns
    -------
    dict of str to array, M rows each
        ``masks`` uint8 [M, K], ``val/margin`` float32 [M, N] and the other outputs that all files
        have.

    Raises
    ------
    DamagedFileError
        For a file that was changed, or lacks masks or margins.
    UserError
        For a missing file, one with other source classes, or margins that are not finite.
    """
    paths = [paths] if isinstance(paths, str | Path) else list(paths)
    parts = []
    for number, path in enumerate(paths):
        tensors, metadata = read_tensors(path)
        if identities is not None:
            check_same(path, metadata.get("of"), identities[number])
        part = {name: tensor.numpy() for name, tensor in tensors.items()}
        _check(path, part, classes)
        parts.append(part)
    common = set.intersection(*map(set, parts))
    return {name: np.concatenate([part[name] for part in parts]) for name in sorted(common)}


def read_labels(path, spec: Mapping | None = None, identity: Mapping | None = None) -> np.ndarray:
    """The labels of a shard of the target, int64 [N]; no image is rendered.

    Parameters
    ----------
    path : path
    spec, identity : mapping or None
        The spec and the identity that the shard must have.

    Raises
    ------
    DamagedFileError
        For a file that was changed, or is no shard.
    UserError
        For a missing file, or one made for something else.
    """
    tensors, metadata = read_tensors(path)
    if metadata.get("kind") != SHARD:
        raise DamagedFileError(f"{path}: holds no dataset shard; run the workflow to make it")
    if spec is not None:
        check_same(path, metadata.get("spec"), spec)
    if identity is not None:
        check_same(path, metadata.get("of"), identity)
    return tensors["labels"].numpy()


def _check(path, part: Mapping, classes: int) -> None:
    for name in ("masks", "val/margin", "test/margin"):
        if name not in part:
            raise DamagedFileError(f"{path}: has no {name}; delete it and run the workflow again")
        if not np.isfinite(part[name]).all():
            raise UserError(
                f"{path}: {name} is not finite; lower training.learning_rate of the study and run "
                "the workflow again"
            )
    if part["masks"].shape[1] != classes:
        raise UserError(
            f"{path}: masks of {part['masks'].shape[1]} source classes, not {classes}; delete it "
            "and run the workflow again"
        )
