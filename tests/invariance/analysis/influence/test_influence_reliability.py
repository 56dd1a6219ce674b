"""Scores of influences on models whose outputs are additive, or pure noise."""

import numpy as np
import pytest

from invariance.analysis.influence.reliability import (
    ceiling,
    held_out,
    rank_correlation,
    reliability,
    split_half,
)

MODELS, CLASSES = 400, 20


def world(noise, seed=0, models=MODELS):
    """Outputs of models, of others with the same masks, and the masks."""
    rng = np.random.default_rng(seed)
    masks = rng.integers(0, 2, (models, CLASSES))
    truth = masks @ rng.normal(size=CLASSES)
    return *(truth + noise * rng.normal(size=models) for _ in range(2)), masks


@pytest.mark.parametrize("estimator", ["least_squares", "difference_of_means"])
def test_additive_outputs_without_noise_are_predicted(estimator):
    values, _, masks = world(0)
    score, explained = held_out(values, masks, estimator)
    least = 0.999 if estimator == "least_squares" else 0.9
    assert score > least and explained > least - 0.1
    assert held_out(-values, masks, estimator)[0] == pytest.approx(score)


def test_noise_is_not_predicted():
    found = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        found.append(held_out(rng.normal(size=100), rng.integers(0, 2, (100, CLASSES))))
    score, explained = np.mean(found, axis=0)
    assert abs(score) < 0.06 and -0.7 < explained < -0.05


def test_a_model_is_predicted_from_others_only():
    """An output that no other model predicts: a class that is in one model alone."""
    values, _, masks = world(0.1)
    masks = masks.copy()
    masks[:, 0] = 0
    masks[7, 0] = 1
    values[7] += 1000
    assert held_out(values, masks)[1] < 0.1


@pytest.mark.parametrize("noise", [1.0, 3.0, 8.0])
def test_the_score_comes_up_to_the_ceiling_and_not_above(noise):
    values, others, masks = world(noise, models=2000)
    score, top = held_out(values, masks)[0], ceiling(values, others)
    assert top - 0.06 < score < top + 0.03
    assert top < 0.99


def test_the_ceiling_is_that_of_knowing_the_expected_output():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=4000)
    one, other = (truth + 2 * rng.normal(size=4000) for _ in range(2))
    assert ceiling(one, other) == pytest.approx(rank_correlation(truth, one), abs=0.03)
    assert ceiling(one, -one) == 0


def test_more_models_repeat_better():
    values, _, masks = world(3)
    found = [split_half(values[:m], masks[:m], 0) for m in (80, 160, 400)]
    assert found[0] < found[1] < found[2] < 1
    assert split_half(values, masks, 0) == found[2]


def test_complementary_masks_are_never_on_both_sides():
    """Each pair has noise of its own, once and reversed: one of a pair predicts the other."""
    together, apart = [], []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        first = np.array([rng.permutation(CLASSES) < CLASSES // 2 for _ in range(50)])
        noise = rng.normal(size=50)
        values = np.column_stack([noise, -noise]).reshape(100)
        masks = np.stack([first, ~first], axis=1).reshape(100, CLASSES)
        together.append(held_out(values, masks)[0])
        order = [*range(0, 100, 2), *range(99, 0, -2)]
        apart.append(held_out(values[order], masks[order])[0])
    assert abs(np.mean(together)) < 0.15 and np.mean(apart) > 0.25


def test_all_scores_are_told_for_parts_of_the_models():
    values, others, masks = world(2, models=66)
    numbers = [16, 32, 66]
    found = reliability(values, masks, numbers, 50, 0, others[:8])
    assert list(found) == numbers
    names = {"lds", "lds_difference_of_means", "split_half", "r2", "null_band", "ceiling"}
    assert all(set(scores) == names for scores in found.values())
    assert all(np.isfinite([*scores.values()]).all() for scores in found.values())
    assert len({scores["ceiling"] for scores in found.values()}) == 1
    assert "ceiling" not in reliability(values, masks, [66], 50, 0)[66]
    assert reliability(values, masks, numbers, 50, 0, others[:8]) == found
    # The first models are the same when there are more of them.
    few = reliability(values[:32], masks[:32], [16, 32], 50, 0, others[:8])
    assert few[32] == found[32] and few[16] == found[16]


def test_few_models_and_outputs_that_do_not_vary_have_scores_too():
    rng = np.random.default_rng(0)
    masks = rng.integers(0, 2, (8, 4))
    for values in (rng.normal(size=8), np.ones(8)):
        for scores in reliability(values, masks, [2, 4, 8], 20, 0).values():
            assert np.isfinite([*scores.values()]).all()
    assert rank_correlation(np.ones(5), np.arange(5)) == 0
    assert rank_correlation([1, 2, 2, 9], [3, 5, 5, 6]) == pytest.approx(1)
