"""The bars of figures 3, 12 and 13: what a factor changes, and what the transformations do."""

import numpy as np

from invariance.analysis.seed_means import Means

METHODS = {"fig3": "linear_probe", "fig12": "fine_tuning_low", "fig13": "fine_tuning_high"}


def pair(means: Means, domain: str, method: str, factor: str, suffix: str = "") -> dict:
    """Accuracies after pretraining with the same and with disjoint transformations, by value."""
    same = means.line(domain, method, factor, f"same{suffix}")
    disjoint = means.line(domain, method, factor, f"disjoint{suffix}")
    return {x: (same[x], disjoint[x]) for x in same if x in disjoint}


def bars(means: Means, domain: str, method: str, factor: str) -> dict[str, np.ndarray]:
    """The three bars of a factor, and the ends and centre of those of a factor's range.

    ``within_same`` and ``within_disjoint`` are the largest minus the smallest mean accuracy over
    the factor's values, ``same_vs_disjoint`` the difference of the averages over these values.
    ``within_same min`` and so on are where that bar begins and ends and its average. Empty if the
    factor takes fewer than two values.
    """
    lines = pair(means, domain, method, factor)
    if len(lines) < 2:
        return {}
    same, disjoint = (np.stack(list(line)) for line in zip(*lines.values(), strict=True))
    found = {"same_vs_disjoint": same.mean(0) - disjoint.mean(0)}
    for name, line in (("within_same", same), ("within_disjoint", disjoint)):
        found |= {name: line.max(0) - line.min(0)}
        found |= {f"{name} {what}": getattr(line, what)(0) for what in ("min", "max", "mean")}
    return found
