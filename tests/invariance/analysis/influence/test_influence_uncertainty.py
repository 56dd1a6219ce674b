"""Intervals cover the truth as often as they say, and the null band errs as often as it says."""

import numpy as np
import pytest
from scipy import stats

from invariance.analysis.influence.estimators import least_squares
from invariance.analysis.influence.uncertainty import bootstrap, null_band, standard_errors

MODELS, CLASSES, RUNS = 64, 24, 200  # the demo's


def drawn(rng, weights):
    masks = rng.integers(0, 2, (MODELS, CLASSES))
    return masks @ weights + rng.normal(size=MODELS), masks


def test_standard_errors_are_those_of_a_linear_model():
    rng = np.random.default_rng(0)
    values, masks = drawn(rng, np.ones(CLASSES))
    table = np.column_stack([np.ones(MODELS), masks])
    _, squares, *_ = np.linalg.lstsq(table, values, rcond=None)
    variance = squares[0] / (MODELS - CLASSES - 1) * np.linalg.inv(table.T @ table)
    found = standard_errors(values, masks, ridge=1e-9)
    np.testing.assert_allclose(found, np.sqrt(np.diag(variance))[1:], rtol=1e-6)
    both = standard_errors(np.column_stack([values, 3 * values]), masks)
    np.testing.assert_allclose(both[:, 1], 3 * both[:, 0])


def test_intervals_cover_the_weights_in_95_of_100_runs():
    """By the bootstrap, and by standard errors with Student's t: 24 classes, 200 runs."""
    rng, weights = np.random.default_rng(1), np.linspace(-1, 1, CLASSES)
    inside = {"bootstrap": [], "standard error": []}
    for run in range(RUNS):
        values, masks = drawn(rng, weights)
        low, high = bootstrap(values, masks, 400, seed=run)
        inside["bootstrap"].append((low <= weights) & (weights <= high))
        margin = stats.t.ppf(0.975, MODELS - CLASSES - 1) * standard_errors(values, masks)
        inside["standard error"].append(np.abs(least_squares(values, masks) - weights) <= margin)
    shares = {name: np.mean(found) for name, found in inside.items()}
    assert 0.93 < shares["bootstrap"] < 0.97, shares
    assert 0.94 < shares["standard error"] < 0.96, shares


def test_the_null_band_is_exceeded_in_5_of_100_runs_where_no_class_matters():
    rng, outside = np.random.default_rng(2), []
    for run in range(400):
        values, masks = drawn(rng, np.zeros(CLASSES))
        largest = np.abs(least_squares(values, masks)).max()
        outside.append(largest > null_band(values, masks, 200, seed=run))
    assert 0.02 < np.mean(outside) < 0.085, np.mean(outside)


def test_a_class_that_matters_is_outside_the_null_band():
    rng, weights = np.random.default_rng(3), np.zeros(CLASSES)
    weights[5] = 3
    values, masks = drawn(rng, weights)
    outside = np.abs(least_squares(values, masks)) > null_band(values, masks, 200, seed=0)
    assert outside[5]


@pytest.mark.parametrize("draw", [lambda *a: np.array(bootstrap(*a)), null_band])
def test_the_seed_decides(draw):
    values, masks = drawn(np.random.default_rng(4), np.ones(CLASSES))
    same = [np.asarray(draw(values, masks, 100, 7)).tobytes() for _ in range(2)]
    assert same[0] == same[1] != np.asarray(draw(values, masks, 100, 8)).tobytes()
