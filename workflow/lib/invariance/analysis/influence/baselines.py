"""What a model of all source classes, and the lists of transformations, say about each class."""

from collections.abc import Mapping, Sequence

import numpy as np

from transforms2d.errors import UserError

ALL = "all"  # the whole target task


def overlaps(lists: Sequence[Sequence[str]], target: Sequence[str]) -> np.ndarray:
    """Share of the target's transformations that each source class shows, float64 [K] in 0..1."""
    wanted = set(target)
    if not wanted:
        raise UserError("target.transformations: none, so no list overlaps with it; give some")
    return np.array([len(wanted & set(one)) / len(wanted) for one in lists])


def baselines(
    full: Mapping[str, np.ndarray], labels, targets: Sequence[str], overlap=None
) -> dict[str, dict[str, np.ndarray]]:
    """Cheap predictors of influence, means over m models of all source classes.

    Parameters
    ----------
    full : mapping of str to array
        ``mapping`` [m, K, T], ``similarity`` [m, K, T] and ``source_accuracy`` [m, K].
    labels : int [N]
        Of the images behind ``mapping``, in 0..T-1.
    targets : sequence of str
        Names of the T target classes.
    overlap : float [K] or None
        The result of ``overlaps``.

    Returns
    -------
    dict from ``all`` and each target class to a dict from predictor to float64 [K]
        ``mapping`` (share of the images that the source head gives to the class) and ``similarity``
        (cosine of class centroids); for ``all`` also ``source_accuracy`` and ``overlap``.
    """
    for name in ("mapping", "similarity", "source_accuracy"):
        if name not in full:
            raise UserError(f"subsets/full/0: has no {name}; delete it and run the workflow again")
    mapping, similarity = (
        full[name].astype(float).mean(axis=0) for name in ("mapping", "similarity")
    )
    images = np.bincount(labels, minlength=len(targets))
    whole = {
        "similarity": similarity.mean(axis=1),
        "mapping": mapping @ images / images.sum(),
        "source_accuracy": full["source_accuracy"].astype(float).mean(axis=0),
    }
    if overlap is not None:
        whole["overlap"] = np.asarray(overlap, float)
    own = {
        target: {"similarity": similarity[:, at], "mapping": mapping[:, at]}
        for at, target in enumerate(targets)
    }
    return {ALL: whole, **own}
