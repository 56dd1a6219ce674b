"""How far estimates of the least squares may be off: standard errors, bootstrap, null."""

import numpy as np

from invariance.analysis.influence.estimators import RIDGE, least_squares_operator
from transforms2d.seeds import generator

LEVEL = 0.05
LEAST_FREE = 1e-6  # of a residual; 0 would be a model that decides its own prediction


def standard_errors(values, masks, ridge: float = RIDGE) -> np.ndarray:
    """Standard errors of ``least_squares`` over models, for noise that is equal in all of them.

    Parameters
    ----------
    values : float [M] or [M, N]
    masks : 0/1 [M, K]
        M is larger than K + 1.

    Returns
    -------
    float64 [K] or [K, N]
    """
    operator = least_squares_operator(masks, ridge)
    residuals, free = _residuals(values, masks, operator)
    variance = (residuals**2).sum(axis=0) / free.sum()
    return np.sqrt(np.multiply.outer((operator**2).sum(axis=1), variance))


def bootstrap(values, masks, resamples: int, seed: int, ridge: float = RIDGE):
    """95 % intervals of ``least_squares`` by a bootstrap over models.

    It is the wild bootstrap: masks stay, and each model's residual gets a random sign, scaled for
    the share of it that the fit took away. For M = 64 models and K = 24 classes the intervals cover
    94 % (simulated, normal noise). Models drawn with replacement would leave about 40 different
    ones, and intervals a third wider, which cover 98 %.

    Parameters
    ----------
    values : float [M]
    masks : 0/1 [M, K]
    resamples : int
    seed : int

    Returns
    -------
    low, high : float64 [K]
    """
    operator = least_squares_operator(masks, ridge)
    residuals, free = _residuals(values, masks, operator)
    scaled = residuals / np.sqrt(free)
    signs = generator(seed, "influence/bootstrap").choice([-1.0, 1.0], (len(scaled), resamples))
    estimates = (operator @ np.asarray(values, float))[:, None]
    estimates = estimates + operator @ (scaled[:, None] * signs)
    low, high = np.quantile(estimates, [LEVEL / 2, 1 - LEVEL / 2], axis=1)
    return low, high


def null_band(values, masks, permutations: int, seed: int, ridge: float = RIDGE) -> float:
    """The largest size of an influence that chance exceeds in 5 % of cases.

    The outputs are permuted over models. The band is for the largest of all K influences: where no
    class matters, it has any class outside in 5 % of cases.

    Parameters
    ----------
    values : float [M]
    masks : 0/1 [M, K]
    permutations : int
    seed : int
    """
    values = np.asarray(values, float)
    random = generator(seed, f"influence/null/{len(values)}")
    permuted = random.permuted(np.tile(values, (permutations, 1)), axis=1)
    influences = least_squares_operator(masks, ridge) @ permuted.T
    return float(np.quantile(np.abs(influences).max(axis=0), 1 - LEVEL))


def _residuals(values, masks, operator) -> tuple[np.ndarray, np.ndarray]:
    """Residuals of the additive model, and the share of each that the fit left free, [M]."""
    values, masks = np.asarray(values, float), np.asarray(masks, float)
    centred = masks - masks.mean(axis=0)
    residuals = values - values.mean(axis=0) - centred @ (operator @ values)
    taken = 1 / len(values) + np.einsum("mk,km->m", centred, operator)
    return residuals, np.maximum(1 - taken, LEAST_FREE)
