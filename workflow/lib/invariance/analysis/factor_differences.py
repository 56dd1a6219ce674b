"""The bars of figures 3, 12 and 13: the effect of a factor, and of the transformations."""

from collections.abc import Collection
from typing import NamedTuple

import numpy as np

from invariance.analysis.quantities import Extreme, differences, largest, linear
from invariance.analysis.seed_means import Means


class Span(NamedTuple):
    """The place of a bar on the axis of accuracy: it goes from ``start`` to ``end``.

    ``centre`` is the average over the values of the factor, NaN for the bar ``same_vs_disjoint``.
    """

    start: float
    end: float
    centre: float


METHODS = {"fig3": "linear_probe", "fig12": "fine_tuning_low", "fig13": "fine_tuning_high"}


def pair(means: Means, domain: str, method: str, factor: str, suffix: str = "") -> dict:
    """Accuracies after pretraining with the same and with disjoint transformations, by value."""
    same = means.line(domain, method, factor, f"same{suffix}")
    disjoint = means.line(domain, method, factor, f"disjoint{suffix}")
    return {x: (same[x], disjoint[x]) for x in same if x in disjoint}


def lines(
    means: Means, domain: str, method: str, factor: str, values: Collection[str] | None = None
) -> tuple[np.ndarray, ...]:
    """The accuracies of ``pair``, each (1 + seeds, values); empty for fewer than two values.

    ``values`` are those of the factor to use; all without it.
    """
    pairs = pair(means, domain, method, factor)
    pairs = [cells for x, cells in pairs.items() if values is None or x in values]
    if len(pairs) < 2:
        return ()
    return tuple(np.column_stack(line) for line in zip(*pairs, strict=True))


def between(same: np.ndarray, disjoint: np.ndarray) -> np.ndarray:
    """The difference of the averages over a factor's values, of lines (1 + seeds, values)."""
    return same.mean(1) - disjoint.mean(1)


def bars(same: np.ndarray, disjoint: np.ndarray) -> dict[str, Extreme]:
    """The three bars of a factor, of lines (1 + seeds, values).

    ``within_same`` and ``within_disjoint`` are the largest minus the smallest mean accuracy over
    the factor's values, ``same_vs_disjoint`` the difference of the averages over these values.
    """
    return {
        "within_same": largest(differences(same, same)),
        "within_disjoint": largest(differences(disjoint, disjoint)),
        "same_vs_disjoint": linear(between(same, disjoint)),
    }


def ends(same: np.ndarray, disjoint: np.ndarray) -> dict[str, np.ndarray]:
    """Ends and averages of the factor's ranges, each (1 + seeds,)."""
    return {
        f"within_{name} {what}": getattr(line, what)(1)
        for name, line in (("same", same), ("disjoint", disjoint))
        for what in ("min", "max", "mean")
    }


def spans(same: np.ndarray, disjoint: np.ndarray) -> dict[str, Span]:
    """The places of the three bars of a factor, of lines (1 + seeds, values): means over seeds.

    A range goes from the smallest to the largest mean, ``same_vs_disjoint`` from the average after
    pretraining with disjoint transformations to the average with the same.
    """
    place = {name: float(rows[0]) for name, rows in ends(same, disjoint).items()}
    ranges = {
        name: Span(*(place[f"{name} {what}"] for what in ("min", "max", "mean")))
        for name in ("within_same", "within_disjoint")
    }
    centres = ranges["within_disjoint"].centre, ranges["within_same"].centre
    return {**ranges, "same_vs_disjoint": Span(*centres, np.nan)}
