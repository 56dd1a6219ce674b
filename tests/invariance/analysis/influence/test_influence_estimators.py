"""Estimates of influence equal loops over models, and masks of half the classes centre them."""

import itertools

import numpy as np
import pytest

from invariance.analysis.influence.estimators import (
    RIDGE,
    check_models,
    difference_of_means,
    difference_operator,
    least_squares,
    least_squares_operator,
)
from transforms2d.errors import UserError

MASKS = np.array(
    [[1, 0, 1, 1], [0, 1, 1, 0], [1, 1, 0, 0], [0, 0, 1, 1], [1, 1, 0, 1], [0, 0, 0, 1]]
)
VALUES = np.array([0.9, 0.4, 0.7, 0.2, 0.8, 0.1])


def bernoulli(rng, models, classes):
    return rng.integers(0, 2, (models, classes))


def half(rng, models, classes):
    """Pairs of a random half of the classes and the other half."""
    rows = [np.isin(np.arange(classes), rng.permutation(classes)[: classes // 2])]
    while len(rows) < models:
        rows += [~rows[-1]]
        rows += [np.isin(np.arange(classes), rng.permutation(classes)[: classes // 2])]
    return np.array(rows[:models], np.uint8)


def loop_over_models(values, masks):
    """Mean with a class minus mean without it, one number after another."""
    result = np.zeros((masks.shape[1], values.shape[1]))
    for c, image in np.ndindex(result.shape):
        inside, outside = [], []
        for model in range(len(masks)):
            (inside if masks[model, c] else outside).append(values[model, image])
        result[c, image] = sum(inside) / len(inside) - sum(outside) / len(outside)
    return result


def solved_with_an_intercept(values, masks, ridge):
    """Least squares of the outputs, with a row more per class that pulls its slope to 0."""
    models, classes = masks.shape
    table = np.column_stack([np.ones(models), masks])
    pull = np.column_stack([np.zeros(classes), np.sqrt(ridge) * np.eye(classes)])
    wanted = np.concatenate([values, np.zeros((classes, values.shape[1]))])
    return np.linalg.lstsq(np.concatenate([table, pull]), wanted, rcond=None)[0][1:]


@pytest.fixture(params=["6 x 4", 0, 1, 2])
def example(request):
    if request.param == "6 x 4":
        return VALUES[:, None], MASKS
    rng = np.random.default_rng(request.param)
    masks = bernoulli(rng, 30, 7)
    return rng.normal(size=(30, 5)), masks


def test_difference_of_means_is_a_loop_over_models(example):
    values, masks = example
    np.testing.assert_allclose(
        difference_of_means(values, masks), loop_over_models(values, masks), atol=1e-14
    )
    one = difference_of_means(values[:, 0], masks)
    assert one.shape == (masks.shape[1],) and one.dtype == np.float64


def test_least_squares_has_a_free_intercept_and_a_ridge_on_slopes(example):
    values, masks = example
    for ridge in (RIDGE, 1.0):
        expected = solved_with_an_intercept(values, masks, ridge)
        np.testing.assert_allclose(least_squares(values, masks, ridge), expected, atol=1e-10)
        shifted = least_squares(values + 100, masks, ridge)
        np.testing.assert_allclose(shifted, expected, atol=1e-10)


def test_the_first_difference_by_hand():
    """Class 0 is in models 0, 2 and 4."""
    found = difference_of_means(VALUES, MASKS)
    assert found[0] == pytest.approx((0.9 + 0.7 + 0.8) / 3 - (0.4 + 0.2 + 0.1) / 3)


def test_an_additive_model_is_found_without_error():
    rng = np.random.default_rng(0)
    masks, weights = bernoulli(rng, 40, 9), rng.normal(size=9)
    found = least_squares(3 + masks @ weights, masks, ridge=0)
    np.testing.assert_allclose(found, weights, atol=1e-12)


@pytest.mark.parametrize("estimate", [difference_of_means, least_squares])
@pytest.mark.parametrize("classes", [6, 24])
def test_influences_under_halves_sum_to_zero_and_others_do_not(estimate, classes):
    rng = np.random.default_rng(1)
    values = 0.5 + rng.normal(size=(64, 10))
    halves = half(rng, 64, classes)
    assert (halves.sum(axis=0) == 32).all()
    assert np.abs(estimate(values, halves).sum(axis=0)).max() < 1e-12
    others = estimate(values, bernoulli(rng, 64, classes)).sum(axis=0)
    assert np.abs(others).min() > 1e-3


def test_halves_give_centred_weights_larger_by_k_over_k_minus_1():
    """Exactly, over all masks of three of six classes."""
    weights = np.array([0.3, -0.1, 0.0, 0.5, 0.2, -0.4])
    masks = np.array(
        [[c in chosen for c in range(6)] for chosen in itertools.combinations(range(6), 3)]
    )
    expected = 6 / 5 * (weights - weights.mean())
    np.testing.assert_allclose(difference_of_means(masks @ weights, masks), expected, atol=1e-14)


def test_so_it_is_on_average_over_random_halves_and_bernoulli_masks_give_the_weights():
    rng = np.random.default_rng(2)
    weights = rng.normal(size=8)
    found = {half: [], bernoulli: []}
    for draw, estimates in found.items():
        for _ in range(400):
            masks = draw(rng, 40, 8)
            estimates.append(difference_of_means(masks @ weights, masks))
    centred = 8 / 7 * (weights - weights.mean())
    for draw, expected in ((half, centred), (bernoulli, weights)):
        estimates = np.array(found[draw])
        error = estimates.std(axis=0) / np.sqrt(len(estimates))
        assert (np.abs(estimates.mean(axis=0) - expected) < 4 * error).all()
    assert np.abs(centred - weights).max() > 0.1


@pytest.mark.parametrize("estimate", [difference_of_means, least_squares])
@pytest.mark.parametrize(("value", "words"), [(1, "all 6 models"), (0, "no model")])
def test_a_class_in_all_or_no_model_is_refused_by_name(estimate, value, words):
    masks = MASKS.copy()
    masks[:, 2] = value
    with pytest.raises(UserError, match=rf"masks: partial 1 is in {words}.*raise masks\.models"):
        estimate(VALUES, masks, names=["leak 1", "carrier 1", "partial 1", "neutral 1"])
    with pytest.raises(UserError, match="class 2"):
        estimate(VALUES, masks)


@pytest.mark.parametrize("operator", [difference_operator, least_squares_operator])
def test_operators_give_such_a_class_no_influence(operator):
    masks = MASKS.copy()
    masks[:, 2] = 1
    found = operator(masks) @ VALUES
    assert abs(found[2]) < 1e-15 and (np.abs(found[[0, 1, 3]]) > 1e-3).all()


def test_masks_that_are_no_masks_are_refused():
    for masks in (MASKS[0], 2 * MASKS, MASKS / 2):
        with pytest.raises(UserError, match="not a table of 0 and 1"):
            difference_of_means(VALUES, masks)


def test_few_models_need_a_ridge():
    with pytest.raises(UserError, match=r"6 models for 4 source classes.*needs 8 or more.*ridge"):
        least_squares(VALUES, MASKS, ridge=0)
    assert np.isfinite(least_squares(VALUES, MASKS)).all()
    with pytest.raises(UserError, match=r"masks\.models: 47 models for 24 source classes.*48"):
        check_models(47, 24)
    check_models(48, 24)


def test_halves_need_a_ridge():
    masks = half(np.random.default_rng(3), 20, 4)
    with pytest.raises(UserError, match=r"not unique.*half of the classes; give a ridge"):
        least_squares(np.arange(20.0), masks, ridge=0)
