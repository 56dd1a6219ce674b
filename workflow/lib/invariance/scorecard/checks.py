"""A check: quantities that must all be on one side of a threshold; and the verdict on a claim."""

from dataclasses import dataclass

import numpy as np

from invariance.analysis.quantities import Extreme, Share, linear
from invariance.analysis.seed_statistics import (
    LEAST_FOR_INTERVAL,
    LEAST_FOR_VERDICT,
    ROUNDING,
    TAIL,
    holm,
    interval,
)

# For each relation: the claimed side of the threshold, and whether the threshold belongs to it.
RELATIONS = {">": (1, False), ">=": (1, True), "<=": (-1, True), "<": (-1, False)}
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
    values : dict of str to ndarray, Extreme or Share
        The quantity by the name of the condition; an array, (1 + seeds,), is linear in means.
    """

    what: str
    relation: str
    threshold: float
    values: dict[str, np.ndarray | Extreme | Share]

    def conditions(self) -> list[dict]:
        """One row per condition: its value, its interval, whether it is met, and two p-values.

        ``p_holds`` is the p-value of the test that the value is on the claimed side, ``p_fails`` of
        the test that it is on the other side.
        """
        return [self._condition(name, one) for name, one in self._quantities.items()]

    @property
    def _quantities(self) -> dict[str, Extreme | Share]:
        return {
            name: linear(one) if isinstance(one, np.ndarray) else one
            for name, one in self.values.items()
        }

    def _condition(self, name: str, quantity: Extreme | Share) -> dict:
        side, inclusive = RELATIONS[self.relation]
        # A value that differs from the threshold only by rounding counts as equal to it.
        edge = self.threshold - (side if inclusive else -side) * ROUNDING
        rows = quantity.rows
        value, enough = float(rows[0]), len(rows) > LEAST_FOR_INTERVAL
        low, high = quantity.interval()
        above, below = quantity.chances(edge) if enough else (np.nan, np.nan)
        return {
            "check": f"{self.what} {self.relation} {self.threshold:g}",
            "condition": name,
            "value": value,
            "low": low,
            "high": high,
            "met": side * (value - edge) > 0,
            "margin": side * (value - self.threshold),
            "p_holds": above if side > 0 else below,
            "p_fails": below if side > 0 else above,
        }

    def effect(self) -> tuple[float, float, float]:
        """The mean of the quantity over all conditions, and the ends of its 95 % t interval.

        If the conditions are several and not linear in means, the interval is approximate. No
        verdict depends on it.
        """
        quantities = list(self._quantities.values())
        rows = np.mean([quantity.rows for quantity in quantities], axis=0)
        single = len(quantities) == 1
        low, high = quantities[0].interval() if single else map(float, interval(rows))
        return float(rows[0]), low, high


def decide(conditions: list[dict], seeds: int) -> list[dict]:
    """The conditions of a claim with ``p_fails`` corrected for their number, and a ``verdict``.

    A condition holds if its 95 % interval is on the claimed side of the threshold. It fails if the
    interval, widened for the number of conditions by Holm's method, is on the other side.
    """
    corrected = holm([condition["p_fails"] for condition in conditions])
    decided = []
    for condition, p_fails in zip(conditions, corrected, strict=True):
        if seeds < LEAST_FOR_VERDICT:
            verdict = UNDECIDED
        elif condition["p_holds"] <= TAIL:
            verdict = HOLDS
        else:
            verdict = FAILS if p_fails <= TAIL else UNDECIDED
        decided.append({**condition, "p_fails": float(p_fails), "verdict": verdict})
    return decided


def verdict(conditions: list[dict]) -> str:
    """A claim holds if every condition holds, fails if any fails, and is undecided otherwise.

    "Holds" needs no correction for the number of conditions: all of them together err no more often
    than one. "Fails" needs only one condition, so it is corrected.
    """
    verdicts = {condition["verdict"] for condition in conditions}
    if not verdicts:
        return NOT_RUN
    return FAILS if FAILS in verdicts else UNDECIDED if UNDECIDED in verdicts else HOLDS
