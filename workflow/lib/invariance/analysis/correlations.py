"""Correlation of sensitivity with accuracy over the models of table 1."""

import numpy as np

from invariance.analysis.seed_means import Means
from invariance.studies.irrelevant_features import TASKS

# Published names: places of the objects, and parts of the image.
PLACES = {"cifar10_random": "translate", "cifar10_corner": "fixed"}
PARTS = {"C": ("CO_C", "sens_C"), "O": ("CO_O", "sens_O")}


def correlations(means: Means) -> dict[tuple, np.ndarray]:
    """Pearson correlation over the four models of table 1, by key of ``cells.KEY``.

    A model's sensitivity to a part, the image or the object, is compared with its accuracy in
    classifying this part where both are visible. Arrays (1 + seeds,) in -1..1, computed from means
    over all seeds and over all seeds but one. Empty if a model was not run.
    """
    result = {}
    for arch in means.architectures():
        for domain, place in PLACES.items():
            for part, (task, changed) in PARTS.items():
                pairs = [
                    (
                        means.line(domain, "sensitivity", "", model, arch).get(changed),
                        means.line(domain, "linear_probe", "", model, arch).get(task),
                    )
                    for model in TASKS
                ]
                if all(value is not None for pair in pairs for value in pair):
                    key = (domain, "sensitivity", "", f"{place}_{part}", "", arch, "correlation")
                    result[key] = _pearson(*map(np.column_stack, zip(*pairs, strict=True)))
    return result


def _pearson(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Correlation of each row of a and b; NaN if one of them does not vary."""
    a, b = (each - each.mean(axis=1, keepdims=True) for each in (a, b))
    with np.errstate(invalid="ignore"):
        return (a * b).sum(axis=1) / np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))
