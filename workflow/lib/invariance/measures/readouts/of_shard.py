"""The readouts of one network's features on one shard, as evaluations of a record."""

from collections.abc import Mapping

import numpy as np

from invariance.measures.readouts.latent_regression import regress_latents
from invariance.measures.readouts.latent_targets import latent_targets
from invariance.measures.readouts.penalty_grid import PENALTIES, logistic, ridge
from transforms2d.storage.shards import Shard


def read_out(
    features: Mapping[str, np.ndarray],
    rows: Mapping[str, np.ndarray],
    shard: Shard,
    base,
    *,
    seed: int,
    folds: int,
    penalties: int,
    latents: bool = True,
) -> list[dict]:
    """Regressions of the latents, and of classes and places as downstream tasks.

    Parameters
    ----------
    features, rows : mapping with ``train`` and ``test``
        Float [n, d] and int64 [n]: the features of these rows of the shard.
    base : BaseImages or None
        For the latent ``background``.
    seed, folds
        Of the cross-validations.
    penalties : int
        How many of the 45 penalties the downstream tasks try, evenly spread; 0 means no task.
    latents : bool
        Whether to regress the latents.

    Returns
    -------
    list of dict
        ``method`` (``regression`` or ``downstream``), ``target``, ``change`` (the latent) and
        ``scores``; beside them what the fits chose.
    """
    everywhere = latent_targets(shard.spec, shard.latents, base)
    targets = {
        split: {name: values[at] for name, values in everywhere.items()}
        for split, at in rows.items()
    }
    found = []
    if latents and targets["train"]:
        fits = regress_latents(*_pairs(features, targets), seed=seed, folds=folds)
        found = [
            _evaluation("regression", "latents", one, change=name) for name, one in fits.items()
        ]
    if not penalties:
        return found
    grid = [
        PENALTIES[at] for at in np.linspace(0, len(PENALTIES) - 1, penalties).round().astype(int)
    ]
    options = {"seed": seed, "folds": folds, "penalties": grid}
    labels = {split: shard.labels.numpy()[at] for split, at in rows.items()}
    found.append(
        _evaluation("downstream", "classes", logistic(*_pairs(features, labels), **options))
    )
    if "place" in targets["train"]:
        places = {split: one["place"] for split, one in targets.items()}
        found.append(
            _evaluation("downstream", "place", ridge(*_pairs(features, places), **options))
        )
    return found


def _pairs(features: Mapping, targets: Mapping) -> list[tuple]:
    return [(features[split], targets[split]) for split in ("train", "test")]


def _evaluation(method: str, target: str, result: Mapping, **names) -> dict:
    scores = {key: result[key] for key in ("r2", "accuracy", "class_accuracy") if key in result}
    rest = {key: value for key, value in result.items() if key not in scores}
    return {"method": method, "target": target, **names, "scores": scores, **rest}
