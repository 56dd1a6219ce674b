"""Intervals, tests and spreads over seeds: the one place they come from, for all that is shown.

Everything starts from rows: the first is computed from the means over all seeds, the others from
the means that leave one seed out each, in the same way. So whatever is computed from means (a
difference, a range) keeps cells of one seed together.

Intervals are Student's t with one degree of freedom less than seeds, on the jackknife's standard
error. Of a mean over seeds, or of a difference of such, that is the classical interval of the
values (or of the differences within each seed), exactly. ``quantities`` builds on it for what is
not linear in means: ranges, absolute values, shares.
"""

import numpy as np

LEAST_FOR_INTERVAL = 3  # two seeds have an interval 25 times as wide as their distance
LEAST_FOR_VERDICT = 5
# Of an interval both ends together, of a test one side: a verdict says what the interval shows.
LEVEL = 0.05
TAIL = LEVEL / 2
ROUNDING = 1e-9  # differences of printed decimals are off by this much


def leave_one_out(seeds: int) -> np.ndarray:
    """Weights, (1 + seeds, seeds), of the mean and of the means that leave one seed out.

    Of one seed the mean alone, (1, 1).
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

    The square root of the number of seeds times the standard error: for a mean that is the standard
    deviation over seeds itself, and for what is computed from several means (the range of a line)
    it is what stands in its place.
    """
    return standard_error(rows) * np.sqrt(len(rows) - 1)


def interval(rows: np.ndarray, tests=1) -> tuple[np.ndarray, np.ndarray]:
    """Ends of the 95 % t interval of rows (1 + seeds, ...); NaN below ``LEAST_FOR_INTERVAL``.

    It covers a mean of normal values, and a difference of such means, 95 times in 100. Of what is
    not linear in means it is an approximation: of the largest minus the smallest of five means it
    covers 95 % where two of them stand out, and 70 % where all five are equal (ten seeds; measured,
    values normal). ``quantities.Extreme`` has one for those.

    Parameters
    ----------
    tests : int or ndarray
        By how many the probability of lying beyond each end is divided.
    """
    from scipy.special import stdtrit  # loading it takes longer than parsing the workflow may

    seeds = len(rows) - 1
    if seeds < LEAST_FOR_INTERVAL:
        none = rows[0] * np.nan
        return none, none
    margin = stdtrit(seeds - 1, 1 - TAIL / np.asarray(tests)) * standard_error(rows)
    return rows[0] - margin, rows[0] + margin


def interval_of(values) -> tuple[np.ndarray, np.ndarray]:
    """Ends of the 95 % t interval of the mean of values (seeds, ...) over seeds."""
    values = np.asarray(values, float)
    return interval(np.tensordot(leave_one_out(len(values)), values, 1))


def chance_above(rows: np.ndarray, threshold: float) -> np.ndarray:
    """One-sided p-value of the test that rows (1 + seeds, ...) lie above a threshold.

    How probable it is to lie so far above if it lay at the threshold; that of lying below is the
    rest to 1. What does not vary over seeds is where it is: 0 or 1. NaN for fewer than
    ``LEAST_FOR_INTERVAL`` seeds.
    """
    from scipy.special import stdtr

    seeds = len(rows) - 1
    if seeds < LEAST_FOR_INTERVAL:
        return rows[0] * np.nan
    return stdtr(seeds - 1, (threshold - rows[0]) / np.maximum(standard_error(rows), 1e-300))


def holm(p) -> np.ndarray:
    """P-values (n,) corrected for their number, by Holm's step-down method.

    Where none of the hypotheses is true, any of these is at most 0.05 in 5 of 100 cases at most.
    """
    p = np.asarray(p, float)
    order = np.argsort(p)
    steps = np.maximum.accumulate(np.arange(len(p), 0, -1) * p[order])
    corrected = np.empty_like(p)
    corrected[order] = np.minimum(steps, 1)
    return corrected


def decimals(low: float, high: float) -> int:
    """Decimals that are worth showing of a number with this interval, 2 to 4; 3 without one.

    The last is a tenth to a hundredth of the interval's width.
    """
    width = high - low
    if not width > 0:  # NaN too
        return 3
    return int(np.clip(1 + np.ceil(-np.log10(width)), 2, 4))
