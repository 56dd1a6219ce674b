"""Rank correlation of two quantities over models: its interval, its p-value, corrected p-values.

Models of one condition are near copies of each other, and models of one seed share their images. If
each model counted as a draw of its own, chance relations between a few conditions would look
certain. So the interval resamples whole seeds, and the p-value permutes whole conditions.
"""

import warnings
from collections.abc import Mapping

import numpy as np

from invariance.analysis.seed_statistics import LEAST_FOR_INTERVAL
from transforms2d import seeds
from transforms2d.errors import UserError

PERMUTATIONS = 9_999  # all of them, where there are not more: up to 7 conditions
RESAMPLES = 1_999
LEAST_CONDITIONS = 3


def rank_correlation(x: np.ndarray, y: np.ndarray, *, seed: int = 0) -> dict[str, float]:
    """Spearman's rank correlation over all models.

    Parameters
    ----------
    x, y : float [conditions, seeds]
        One quantity each, complete; three conditions or more.
    seed : int
        Of the permutations and resamples.

    Returns
    -------
    dict
        ``rho`` in -1..1. ``p``: two-sided, from permutations of the conditions of y, each with all
        its seeds; with few conditions it cannot be small (2 / conditions! at best). ``low`` and
        ``high``: 95 % percentile bootstrap over seeds, NaN below three, or if a quantity is the
        same for all models of some seed. ``conditions``, ``seeds``.
        ``rho`` and ``p`` are NaN if a quantity is the same for all models.

    Raises
    ------
    UserError
        For other shapes, fewer conditions, or a value that is not finite.
    """
    x, y = np.asarray(x, float), np.asarray(y, float)
    _check(x, y)
    conditions, count = x.shape
    result = {"rho": _spearman(x, y), "p": np.nan, "low": np.nan, "high": np.nan}
    if np.isfinite(result["rho"]):
        result["p"] = _permutation_p(x, y, seed)
        if count >= LEAST_FOR_INTERVAL:
            result["low"], result["high"] = _interval(x, y, seed)
    return {**result, "conditions": conditions, "seeds": count}


def rank_correlations(
    pairs: Mapping[tuple, tuple[np.ndarray, np.ndarray]], *, seed: int = 0
) -> dict[tuple, dict[str, float]]:
    """``rank_correlation`` of each pair of quantities, with ``q`` beside ``p``.

    ``q`` is the p-value after Benjamini and Hochberg's correction for the number of pairs: among
    those with q at most .05, at most 5 % are expected to be no relations. NaN where p is.
    """
    from scipy.stats import false_discovery_control

    results = {key: rank_correlation(x, y, seed=seed) for key, (x, y) in pairs.items()}
    defined = [key for key, one in results.items() if np.isfinite(one["p"])]
    corrected = false_discovery_control([results[key]["p"] for key in defined]) if defined else []
    q = dict(zip(defined, map(float, corrected), strict=True))
    return {key: {**one, "q": q.get(key, np.nan)} for key, one in results.items()}


def _check(x: np.ndarray, y: np.ndarray) -> None:
    if x.ndim != 2 or x.shape != y.shape or len(x) < LEAST_CONDITIONS or not x.shape[1]:
        raise UserError(
            f"correlation: {x.shape} and {y.shape}; give [conditions, seeds] of the same models, "
            f"with {LEAST_CONDITIONS} or more conditions"
        )
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise UserError("correlation: a value is missing or not finite; leave out its condition")


def _spearman(x: np.ndarray, y: np.ndarray) -> float:
    """NaN if one of them does not vary."""
    return float((_ranks(x.ravel()) * _ranks(y.ravel())).sum())


def _ranks(values: np.ndarray) -> np.ndarray:
    """Ranks along the last axis, minus their mean, with sum of squares 1; NaN if all are equal."""
    from scipy.stats import rankdata

    ranks = rankdata(values, axis=-1)
    ranks -= ranks.mean(axis=-1, keepdims=True)
    length = np.sqrt((ranks * ranks).sum(axis=-1, keepdims=True))
    return ranks / np.where(length > 0, length, np.nan)


def _permutation_p(x: np.ndarray, y: np.ndarray, seed: int) -> float:
    from scipy.stats import permutation_test

    first, second = (_ranks(one.ravel()).reshape(one.shape) for one in (x, y))

    def rho(order: np.ndarray, axis: int) -> np.ndarray:
        """Of orders of conditions, [..., conditions]."""
        return (first * second[order.astype(int)]).sum(axis=(-2, -1))

    found = permutation_test(
        (np.arange(len(x)),),
        rho,
        permutation_type="pairings",
        vectorized=True,
        n_resamples=PERMUTATIONS,
        rng=seeds.generator(seed, "correlation/permutations"),
    )
    return float(found.pvalue)


def _interval(x: np.ndarray, y: np.ndarray, seed: int) -> tuple[float, float]:
    from scipy.stats import DegenerateDataWarning, bootstrap

    def rho(columns: np.ndarray, axis: int) -> np.ndarray:
        """Of resampled seeds, [..., seeds]."""
        resampled = (
            _ranks(np.moveaxis(one[:, columns], 0, -2).reshape(*columns.shape[:-1], -1))
            for one in (x, y)
        )
        return np.multiply(*resampled).sum(axis=-1)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DegenerateDataWarning)  # the interval is NaN then
        found = bootstrap(
            (np.arange(x.shape[1]),),
            rho,
            vectorized=True,
            n_resamples=RESAMPLES,
            method="percentile",
            rng=seeds.generator(seed, "correlation/bootstrap"),
        ).confidence_interval
    return float(found.low), float(found.high)
