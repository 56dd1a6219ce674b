"""Measures of pairs and groups against closed forms, and against the project's sensitivity."""

import math

import pytest
import torch

from invariance.measures.pair_measures import PairMeasures, score_changes, score_groups
from invariance.measures.sensitivity_score import RunningScore
from invariance.measures.whitening import Statistics, statistics
from transforms2d.errors import UserError

LAMBDAS = (0.0, 1e-3, 1e-2, 1e-1)


def draw(*shape, seed=0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def plain(dims: int) -> Statistics:
    """Statistics of features with mean 0 and covariance I."""
    eye = torch.eye(dims, dtype=torch.float64)
    return Statistics(torch.zeros(dims, dtype=torch.float64), eye.diagonal(), eye, 10 * dims)


def score(first, second, statistic, shrinkages=LAMBDAS) -> dict:
    return score_changes(PairMeasures(statistic, shrinkages), first, [(second, None)])["scores"]


def fitted(x) -> Statistics:
    return statistics(x, ledoit_wolf=False)


def test_values_are_those_of_the_definitions():
    fit, first = draw(300, 5) @ draw(5, 5, seed=1), draw(40, 5, seed=2)
    second = first + draw(40, 5, seed=3)
    scores = score(first, second, fitted(fit))
    mean, sigma = fit.mean(dim=0), torch.cov(fit.T, correction=0)
    factor = torch.linalg.cholesky(torch.linalg.inv(sigma))  # as published
    a, b = (first - mean) @ factor, (second - mean) @ factor
    expected = torch.nn.functional.cosine_similarity(a, b).mean()
    assert scores["whitened_cosine@0"] == pytest.approx(float(expected), abs=1e-10)
    assert scores["mahalanobis@0"] == pytest.approx(float((a - b).norm(dim=1).mean()), rel=1e-10)
    centred = torch.nn.functional.cosine_similarity(first - mean, second - mean).mean()
    assert scores["centred_cosine"] == pytest.approx(float(centred), abs=1e-10)


def test_sensitivity_is_the_projects_own():
    first, second = draw(50, 6), draw(50, 6, seed=1)
    running = RunningScore(["l2"], "independent_pairs")
    running.add(first, second)
    scores = score(first, second, fitted(draw(100, 6, seed=2)))
    assert scores["sensitivity"] == pytest.approx(running.result()["scores"]["l2"], rel=1e-9)
    same = score(first, second, plain(6))
    assert same["whitened_sensitivity@0"] == pytest.approx(same["sensitivity"], rel=1e-12)


def test_lambda_0_is_unchanged_by_any_invertible_affine_map():
    fit, first, second = draw(400, 12), draw(60, 12, seed=1), draw(60, 12, seed=2)
    second = first + second * (torch.arange(12) < 3)  # a change along some features alone
    first_turn, second_turn = (torch.linalg.qr(draw(12, 12, seed=s))[0] for s in (3, 4))
    mapping = first_turn * torch.logspace(1, -0.5, 12, dtype=torch.float64) @ second_turn
    moved = [x @ mapping + 100 for x in (fit, first, second)]
    before, after = score(first, second, fitted(fit)), score(*moved[1:], fitted(moved[0]))
    for name in ("whitened_cosine@0", "mahalanobis@0", "whitened_sensitivity@0"):
        assert after[name] == pytest.approx(before[name], abs=1e-8)
    # The others do depend on the scales of features.
    for name in ("whitened_cosine@0.1", "centred_cosine", "sensitivity"):
        assert abs(after[name] - before[name]) > 1e-3


def test_a_change_that_changes_nothing_scores_1_and_0():
    first = draw(30, 4)
    for name, value in score(first, first.clone(), fitted(draw(90, 4, seed=1))).items():
        assert value == pytest.approx(1 if "cosine" in name else 0, abs=1e-12), name


def test_a_constant_representation_scores_1():
    constant = torch.full((40, 5), 0.3)
    scores = score(constant, constant, fitted(constant))
    for name in ("centred_cosine", *(f"whitened_cosine@{one:g}" for one in LAMBDAS)):
        assert scores[name] == 1, name
    assert scores["mahalanobis@0"] == 0
    # Nothing differs between unrelated images, so there is nothing to compare with.
    assert "sensitivity" not in scores and "whitened_sensitivity@0" not in scores


def test_independent_features_score_about_0_and_a_distance_of_unrelated_images():
    fit = draw(2000, 16) @ draw(16, 16, seed=1)
    first, second = (draw(1500, 16, seed=s) @ draw(16, 16, seed=1) for s in (2, 3))
    for name, value in score(first, second, fitted(fit)).items():
        if "cosine" in name:
            assert abs(value) < 0.05, name
        elif "sensitivity" in name:
            assert value == pytest.approx(1, abs=0.05), name
        elif name == "mahalanobis@0":
            assert value == pytest.approx(math.sqrt(2 * 16), rel=0.05)


def test_full_whitening_calls_a_collapsed_representation_variant_and_shrinkage_does_not():
    """2.7 of the notes: most variance is invariant, many tiny directions are noise."""
    scales = torch.cat([torch.ones(1), torch.full((63,), 1e-3)]).double()
    fit, first, noise = (draw(n, 64, seed=s) * scales for n, s in ((1000, 0), (300, 1), (300, 2)))
    second = torch.cat([first[:, :1], noise[:, 1:]], dim=1)
    scores = score(first, second, fitted(fit))
    assert scores["centred_cosine"] > 0.95
    assert scores["whitened_cosine@0"] < 0.1
    assert scores["whitened_cosine@0.1"] > 0.8


def test_the_mean_is_over_images_and_then_over_parameters():
    measures = PairMeasures(plain(2), [0.0])
    first = torch.tensor([[1.0, 0.0], [0, 1], [-1, 0]], dtype=torch.float64)
    kept = torch.tensor([True, False, False])
    found = score_changes(measures, first, [(first, None), (-first, kept), (first, ~kept & False)])
    assert found["scores"]["whitened_cosine@0"] == pytest.approx((1 - 1) / 2)
    assert (found["parameters"], found["pairs"]) == (2, 4)
    assert score_changes(measures, first, [(first, kept & False)]) is None


def test_without_an_inverse_lambda_0_is_left_out():
    first = draw(10, 8)
    measures = PairMeasures(fitted(draw(6, 8, seed=1)), LAMBDAS)
    assert measures.names == ["", "0.001", "0.01", "0.1"]
    scores = score_changes(measures, first, [(-first, None)])["scores"]
    assert "whitened_cosine@0" not in scores and "whitened_cosine@0.1" in scores


def test_a_representation_that_is_not_finite_is_refused():
    first = draw(10, 3)
    second = first.clone()
    second[4, 1] = math.inf
    with pytest.raises(UserError, match="not finite"):
        score(first, second, plain(3))


# Three views along the axes of two whitened features, and halfway between them.
HALF = 1 / math.sqrt(2)
VIEWS = torch.tensor([[2.0, 0.0], [0.0, 1.0], [HALF, HALF]], dtype=torch.float64)


def test_three_hand_made_views():
    measures, group = PairMeasures(plain(2), [0.0]), torch.zeros(3, dtype=torch.int64)
    found = score_groups(measures, VIEWS, group)
    assert found["scores"]["whitened_cosine@0"] == pytest.approx((0 + HALF + HALF) / 3)
    distances = [float((VIEWS[a] - VIEWS[b]).norm()) for a, b in ((0, 1), (0, 2), (1, 2))]
    assert found["scores"]["mahalanobis@0"] == pytest.approx(sum(distances) / 3)
    assert (found["groups"], found["views"]) == (1, 3)
    assert "sensitivity" not in found["scores"]  # one group has no unrelated images


def test_own_pairs_dilute_as_published():
    """S = (1 + (n - 1) s) / n: the published value of three views, and of two opposite ones."""
    measures = PairMeasures(plain(2), [0.0])

    def value(views, own_pairs):
        group = torch.zeros(len(views), dtype=torch.int64)
        scores = score_groups(measures, views, group, own_pairs=own_pairs)["scores"]
        return scores["whitened_cosine@0"]

    s = value(VIEWS, False)
    assert value(VIEWS, True) == pytest.approx((1 + 2 * s) / 3)
    assert value(VIEWS[:2], False) == pytest.approx(0)
    assert value(VIEWS[:2], True) == pytest.approx(0.5)


def test_groups_of_all_sizes_count_the_same():
    measures = PairMeasures(plain(2), [0.0])
    views = torch.cat([VIEWS[:2], VIEWS[:1].repeat(5, 1)])
    group = torch.tensor([7, 7, 3, 3, 3, 3, 3])
    assert score_groups(measures, views, group)["scores"]["whitened_cosine@0"] == pytest.approx(0.5)


def test_the_sensitivity_of_groups_compares_with_other_groups():
    """Views are 1 apart within a group; the groups are 10 apart."""
    measures = PairMeasures(plain(2), [0.0])
    views = torch.tensor([[0.0, 0], [0, 1], [10, 0], [10, 1]], dtype=torch.float64)
    found = score_groups(measures, views, torch.tensor([0, 0, 1, 1]))["scores"]
    assert found["sensitivity"] == pytest.approx(0.1)


def test_sensitivity_to_views_does_not_depend_on_the_order_of_groups():
    """Neighbours in a table that is sorted by kind are alike: their distance is no reference."""
    drawn = torch.Generator().manual_seed(0)
    kinds, things = (torch.randn(n, 8, generator=drawn).double() for n in (10, 100))
    group = torch.arange(100).repeat_interleave(3)
    noise = 0.3 * torch.randn(300, 8, generator=drawn).double()
    views = (4 * kinds.repeat_interleave(10, dim=0) + things)[group] + noise
    measures = PairMeasures(statistics(views))
    mixed = torch.randperm(100, generator=drawn)
    found = [
        score_groups(measures, views, one)["scores"]["sensitivity"] for one in (group, mixed[group])
    ]
    assert found[0] == pytest.approx(found[1], rel=0.05)
    of_all = torch.cdist(views, views)[group[:, None] != group].mean()
    same = (group[:, None] == group) & ~torch.eye(300, dtype=torch.bool)
    assert found[0] == pytest.approx(
        float(torch.cdist(views, views)[same].mean() / of_all), rel=0.05
    )
