"""Quantities that are not linear in means over seeds: ranges, absolute values, shares.

Noise alone gives equal means a range above 0, and a t interval around that range excludes 0. The
intervals and tests of such quantities therefore come from their linear parts, corrected for the
number of parts (Bonferroni, Holm) if one or some of them are sufficient. They are conservative: for
normal values, intervals cover at least 95 % and tests err at most as often as their level. Parts
that do not vary over seeds are not counted, since they cannot err.
"""

from dataclasses import dataclass

import numpy as np

from invariance.analysis.seed_statistics import (
    ROUNDING,
    TAIL,
    chance_above,
    holm,
    interval,
    standard_error,
)


@dataclass(frozen=True, eq=False)
class Extreme:
    """The largest or the smallest of several quantities; of a single quantity, the quantity itself.

    Attributes
    ----------
    parts : ndarray
        (1 + seeds, parts), each linear in means over seeds. The first row is computed from the
        means over all seeds, each other row from the means without one seed.
    sign : int
        1 for the largest, -1 for the smallest.
    """

    parts: np.ndarray
    sign: int

    @property
    def rows(self) -> np.ndarray:
        """The quantity itself, (1 + seeds,)."""
        return self.sign * (self.sign * self.parts).max(axis=1)

    def interval(self) -> tuple[float, float]:
        """Ends of its 95 % interval; NaN for too few seeds."""
        signed = self.sign * self.parts
        near = interval(signed, _varying(signed))[0].max()
        far = interval(signed)[1].max()
        low, high = (near, far) if self.sign > 0 else (-far, -near)
        return float(low), float(high)

    def chances(self, threshold: float) -> tuple[float, float]:
        """P-values of the tests that it lies above, and that it lies below, a threshold."""
        signed = self.sign * self.parts
        beyond = chance_above(signed, self.sign * threshold)
        one, every = np.minimum(1, _varying(signed) * beyond.min()), (1 - beyond).max()
        return (float(one), float(every)) if self.sign > 0 else (float(every), float(one))


@dataclass(frozen=True, eq=False)
class Share:
    """The share of conditions that are met. A condition is met if all of its parts are above 0.

    A part that is 0 and does not vary over seeds violates its condition.

    Attributes
    ----------
    parts : ndarray
        (1 + seeds, conditions, parts), each linear in means over seeds.
    """

    parts: np.ndarray

    @property
    def rows(self) -> np.ndarray:
        """The share itself, (1 + seeds,), in 0..1."""
        return (self.parts > ROUNDING).all(axis=2).mean(axis=1)

    def interval(self) -> tuple[float, float]:
        """The share that is met, and the share that is not violated, at 95 %, in 0..1."""
        met, violated = self._decided()
        if np.isnan(met).any():
            return np.nan, np.nan
        return float(np.mean(met <= TAIL)), float(1 - np.mean(violated <= TAIL))

    def chances(self, threshold: float) -> tuple[float, float]:
        """P-values of the tests that it lies above, and that it lies below, a threshold."""
        met, violated = self._decided()
        above = int(np.floor(threshold * len(met))) + 1
        below = len(met) + 1 - int(np.ceil(threshold * len(met)))
        return _so_many(met, above), _so_many(violated, below)

    def _decided(self) -> tuple[np.ndarray, np.ndarray]:
        """Corrected p-values of the tests that conditions are met, and that they are violated.

        In ascending order: the k-th is the p-value of at least k conditions.
        """
        above = chance_above(self.parts, ROUNDING)
        counted = np.array([_varying(one) for one in np.moveaxis(self.parts, 1, 0)])
        violated = np.minimum(1, counted * (1 - above).min(axis=1))
        return np.sort(holm(above.max(axis=1))), np.sort(holm(violated))


def linear(rows: np.ndarray) -> Extreme:
    """A quantity that is linear in means over seeds, of rows (1 + seeds,)."""
    return Extreme(rows[:, None], 1)


def largest(*parts: np.ndarray) -> Extreme:
    """The largest of parts, each (1 + seeds,) or (1 + seeds, several)."""
    return Extreme(np.column_stack(parts), 1)


def smallest(*parts: np.ndarray) -> Extreme:
    """The smallest of parts, each (1 + seeds,) or (1 + seeds, several)."""
    return Extreme(np.column_stack(parts), -1)


def differences(these: np.ndarray, those: np.ndarray) -> np.ndarray:
    """Each of these (1 + seeds, n) minus each of those (1 + seeds, m): (1 + seeds, n * m).

    The range of a line is the largest difference of the line and itself.
    """
    return (these[:, :, None] - those[:, None, :]).reshape(len(these), -1)


def _varying(parts: np.ndarray) -> int:
    return max(1, int(np.count_nonzero(standard_error(parts) > ROUNDING)))


def _so_many(chances: np.ndarray, least: int) -> float:
    """P-value of the test that at least ``least`` conditions are true."""
    if least < 1:
        return 0.0
    return float(chances[least - 1]) if least <= len(chances) else 1.0
