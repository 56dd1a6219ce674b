"""A check: quantities that must all lie on one side of a threshold, and the verdict on a claim."""

import operator
from dataclasses import dataclass

import numpy as np

from invariance.analysis.seed_means import interval

# Two or one seed have no interval worth the name.
LEAST_SEEDS = 3
RELATIONS = {">": operator.gt, ">=": operator.ge, "<=": operator.le, "<": operator.lt}
ROUNDING = 1e-9  # differences of printed decimals are off by this much
HOLDS, FAILS, UNDECIDED, NOT_RUN = "holds", "fails", "undecided", "not run"


@dataclass(frozen=True)
class Check:
    """Part of a claim.

    Attributes
    ----------
    what : str
        The quantity, in words.
    relation : str
        One of ``RELATIONS``.
    threshold : float
    values : dict of str to ndarray
        The quantity by the name of the condition: the value itself, then bootstrap resamples.
    """

    what: str
    relation: str
    threshold: float
    values: dict[str, np.ndarray]

    def conditions(self, seeds: int) -> list[dict]:
        """One row a condition: its value, its interval, whether it is met, and its verdict."""
        return [self._condition(name, array, seeds) for name, array in self.values.items()]

    def _condition(self, name: str, array: np.ndarray, seeds: int) -> dict:
        value = float(array[0])
        low, high = map(float, interval(array)) if seeds >= LEAST_SEEDS else (np.nan, np.nan)
        worst, best = (low, high) if self.relation.startswith(">") else (high, low)
        if seeds < LEAST_SEEDS:
            verdict = UNDECIDED
        elif self._met(worst):
            verdict = HOLDS
        else:
            verdict = UNDECIDED if self._met(best) else FAILS
        return {
            "check": f"{self.what} {self.relation} {self.threshold:g}",
            "condition": name,
            "value": value,
            "low": low,
            "high": high,
            "met": self._met(value),
            "margin": self._sign * (value - self.threshold),
            "verdict": verdict,
        }

    @property
    def _sign(self) -> int:
        return 1 if self.relation.startswith(">") else -1

    def _met(self, value: float) -> bool:
        at_edge = abs(value - self.threshold) < ROUNDING
        return "=" in self.relation if at_edge else RELATIONS[self.relation](value, self.threshold)

    def effect(self) -> np.ndarray:
        """The mean of the quantity over all conditions, and over its resamples."""
        return np.mean(list(self.values.values()), axis=0)


def verdict(conditions: list[dict]) -> str:
    """A claim holds if every condition's interval lies on the claimed side of its threshold, fails
    if some condition's interval lies on the other side, and is undecided otherwise.

    Requiring each of several conditions at 95 % keeps the error of the whole at 5 %, so that
    no correction for their number is needed for ``holds``.
    """
    found = {condition["verdict"] for condition in conditions}
    if not found:
        return NOT_RUN
    return FAILS if FAILS in found else UNDECIDED if UNDECIDED in found else HOLDS
