"""Intervals, tests and spreads over seeds, for figures, tables, pages and verdicts alike.

All functions take rows. The first row is computed from the means over all seeds. Each other row is
computed in the same way from the means without one seed. A difference or a range of means therefore
keeps the cells of one seed together.

Intervals are Student's t with seeds - 1 degrees of freedom, on the jackknife's standard error. For
a mean over seeds this is exactly the classical t interval of the values; for a difference of means
it is exactly the paired one. ``quantities`` uses it for quantities that are not linear in means:
ranges, absolute values, shares.
"""

import numpy as np

LEAST_FOR_INTERVAL = 3  # the interval of two seeds is 25 times as wide as their distance
LEAST_FOR_VERDICT = 5
# An interval uses LEVEL for both ends together, a one-sided test uses TAIL. A condition is then
# significant exactly if its interval is on one side of the threshold.
LEVEL = 0.05
TAIL = LEVEL / 2
ROUNDING = 1e-9  # error of differences of printed decimals


def leave_one_out(seeds: int) -> np.ndarray:
    """Weights, (1 + seeds, seeds), of the mean and of the means that leave one seed out.

    One seed has only the mean, (1, 1).
    """
    mean = np.full((1, seeds), 1 / seeds)
    if seeds == 1:
        return mean
    return np.concatenate([mean, (1 - np.eye(seeds)) / (seeds - 1)])


def standard_error(rows: np.ndarray) -> np.ndarray:
    """The jackknife's standard error of rows (1 + seeds, ...), NaN for one seed."""
    left = rows[1:]
    if not len(left):
        return rows[0] * np.nan
    squares = np.sum((left - left.mean(axis=0)) ** 2, axis=0)
    return np.sqrt(squares * (len(left) - 1) / len(left))


def spread(rows: np.ndarray) -> np.ndarray:
    """Standard deviation over seeds of rows (1 + seeds, ...), NaN for one seed.

    This is the standard error times the square root of the number of seeds. For a mean it is
    exactly the standard deviation over seeds. For a quantity of several means, such as the range of
    a line, it is the jackknife's equivalent.
    """
    return standard_error(rows) * np.sqrt(len(rows) - 1)


def interval(rows: np.ndarray, tests=1) -> tuple[np.ndarray, np.ndarray]:
    """Ends of the 95 % t interval of rows (1 + seeds, ...); NaN below ``LEAST_FOR_INTERVAL``.

    For normal values it covers a mean, or a difference of means, in 95 % of runs. For quantities
    that are not linear in means it is an approximation. Its coverage of the largest minus the
    smallest of five means is 95 % if two of them are far from the others, and 70 % if all five are
    equal (simulated, ten seeds, normal values). ``quantities.Extreme`` has an interval for those.

    Parameters
    ----------
    tests : int or ndarray
        Number of tests: the probability beyond each end is divided by it.
    """
    from scipy.special import (
        stdtrit,
    )  # imported here: it would slow down the parsing of the workflow

    seeds = len(rows) - 1
    if seeds < LEAST_FOR_INTERVAL:
        none = rows[0] * np.nan
        return none, none
    margin = stdtrit(seeds - 1, 1 - TAIL / np.asarray(tests)) * standard_error(rows)
    return rows[0] - margin, rows[0] + margin


def half_width(seeds: int) -> float:
    """Half width of the 95 % t interval of a mean, in standard deviations over seeds.

    NaN below ``LEAST_FOR_INTERVAL``.
    """
    from scipy.special import stdtrit

    if seeds < LEAST_FOR_INTERVAL:
        return np.nan
    return float(stdtrit(seeds - 1, 1 - TAIL) / np.sqrt(seeds))


def interval_of(values) -> tuple[np.ndarray, np.ndarray]:
    """Ends of the 95 % t interval of the mean of values (seeds, ...) over seeds."""
    values = np.asarray(values, float)
    return interval(np.tensordot(leave_one_out(len(values)), values, 1))


def chance_above(rows: np.ndarray, threshold: float) -> np.ndarray:
    """One-sided p-value of the test that rows (1 + seeds, ...) lie above a threshold.

    The p-value of the test that they lie below is 1 minus this. For a quantity that does not vary
    over seeds it is 0 or 1. NaN for fewer than ``LEAST_FOR_INTERVAL`` seeds.
    """
    from scipy.special import stdtr

    seeds = len(rows) - 1
    if seeds < LEAST_FOR_INTERVAL:
        return rows[0] * np.nan
    return stdtr(seeds - 1, (threshold - rows[0]) / np.maximum(standard_error(rows), 1e-300))


def holm(p) -> np.ndarray:
    """P-values (n,) corrected for their number, by Holm's step-down method.

    If all null hypotheses are true, the probability that any of them is at most 0.05 is at most 5
    %.
    """
    p = np.asarray(p, float)
    order = np.argsort(p)
    steps = np.maximum.accumulate(np.arange(len(p), 0, -1) * p[order])
    corrected = np.empty_like(p)
    corrected[order] = np.minimum(steps, 1)
    return corrected


def decimals(low: float, high: float) -> int:
    """Decimals for a number with this interval, 2 to 4; 3 without an interval.

    The last decimal is a tenth to a hundredth of the interval's width.
    """
    width = high - low
    if not width > 0:  # NaN too
        return 3
    return int(np.clip(1 + np.ceil(-np.log10(width)), 2, 4))
