"""How well influences predict models that were not used for them, and how well they repeat.

Complementary masks, rows 2i and 2i + 1 of kind ``half``, always stay together.
"""

from collections.abc import Sequence

import numpy as np

from invariance.analysis.influence.estimators import OPERATORS, least_squares_operator
from invariance.analysis.influence.uncertainty import null_band
from transforms2d.seeds import generator

FIFTHS = 5
SPLITS = 20


def rank_correlation(these, those) -> float:
    """Spearman's correlation; 0 if one side does not vary."""
    from scipy.stats import rankdata

    these, those = (rankdata(one) - (len(one) + 1) / 2 for one in (these, those))
    scale = np.sqrt((these**2).sum() * (those**2).sum())
    return float((these * those).sum() / scale) if scale > 0 else 0.0


def held_out(values, masks, estimator: str = "least_squares") -> tuple[float, float]:
    """How well an additive model predicts models it has not seen: each fifth from the others.

    Parameters
    ----------
    values : float [M]
    masks : 0/1 [M, K]
    estimator : str
        One of ``estimators.OPERATORS``.

    Returns
    -------
    The linear datamodelling score: Spearman's correlation of predicted and true outputs over all
    models. And the share of the outputs' variance that is predicted, below 0 if the prediction is
    worse than the mean.
    """
    values, masks = np.asarray(values, float), np.asarray(masks, float)
    above, means = np.zeros(len(values)), np.zeros(len(values))
    for fifth in range(FIFTHS):
        out = _pairs(len(values)) % FIFTHS == fifth
        if not out.any() or out.all():
            continue
        slopes = OPERATORS[estimator](masks[~out]) @ values[~out]
        above[out] = (masks[out] - masks[~out].mean(axis=0)) @ slopes
        means[out] = values[~out].mean()
    missed, spread = ((values - means - above) ** 2).sum(), ((values - means) ** 2).sum()
    return rank_correlation(above, values), float(1 - missed / spread) if spread > 0 else 0.0


def split_half(values, masks, seed: int) -> float:
    """Spearman's correlation of the influences from two halves of the models, mean of 20 splits.

    0 for fewer than three models.

    Parameters
    ----------
    values : float [M]
    masks : 0/1 [M, K]
    seed : int
    """
    values, masks = np.asarray(values, float), np.asarray(masks, float)
    random = generator(seed, f"influence/split half/{len(values)}")
    pairs = _pairs(len(values))
    if pairs.max() < 1:
        return 0.0
    found = []
    for _ in range(SPLITS):
        order = random.permutation(pairs.max() + 1)
        first = np.isin(pairs, order[: len(order) // 2])
        halves = [least_squares_operator(masks[one]) @ values[one] for one in (first, ~first)]
        found.append(rank_correlation(*halves))
    return float(np.mean(found))


def ceiling(values, repeated) -> float:
    """The largest score that a prediction from masks can have, from models trained twice.

    Two models of one mask differ by noise alone. If their outputs correlate by r, the expected
    output of a mask correlates with one model's output by the root of r.

    Parameters
    ----------
    values, repeated : float [m]
        Outputs of two models of each of m masks.
    """
    return float(np.sqrt(max(0.0, rank_correlation(values, repeated))))


def reliability(
    values, masks, numbers: Sequence[int], permutations: int, seed: int, repeated=None
) -> dict[int, dict]:
    """All scores for the first models, by their number.

    Parameters
    ----------
    values : float [M]
    masks : 0/1 [M, K]
    numbers : sequence of int
        Numbers of models, at least 2 and at most M each.
    permutations, seed : int
    repeated : float [m] or None
        Outputs of other models with the first m masks.

    Returns
    -------
    dict from number of models to ``lds``, ``lds_difference_of_means``, ``split_half``, ``r2``,
    ``null_band`` and, with repeated masks, ``ceiling`` (equal for all numbers).
    """
    values, masks = np.asarray(values, float), np.asarray(masks)
    top = {} if repeated is None else {"ceiling": ceiling(values[: len(repeated)], repeated)}
    scores = {}
    for models in numbers:
        part = values[:models], masks[:models]
        lds, r2 = held_out(*part)
        scores[models] = {
            "lds": lds,
            "lds_difference_of_means": held_out(*part, "difference_of_means")[0],
            "split_half": split_half(*part, seed),
            "r2": r2,
            "null_band": null_band(*part, permutations, seed),
            **top,
        }
    return scores


def _pairs(models: int) -> np.ndarray:
    """The number of the pair of complementary masks that each model belongs to."""
    return np.arange(models) // 2
