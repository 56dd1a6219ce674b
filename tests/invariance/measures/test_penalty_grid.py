"""Downstream tasks over a grid of penalties, and fusion with its control."""

import numpy as np
import pytest

from invariance.measures.readouts.fusion import fuse
from invariance.measures.readouts.penalty_grid import PENALTIES, logistic, ridge
from transforms2d.errors import UserError

FEW = PENALTIES[::11]


def task(n: int, seed: int, noise=0.5):
    """Features of very different scales, one column of targets that they hold, one they do not."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 6))
    held = x[:, :2].sum(axis=1) + noise * rng.normal(size=n)
    return x * [1, 1e3, 1e-3, 1, 1, 1], held


def test_the_published_grid():
    inverse = np.sort(1 / np.array(PENALTIES))
    assert len(inverse) == 45
    assert np.allclose(inverse, np.logspace(-6, 5, 45))
    assert list(PENALTIES) == sorted(PENALTIES, reverse=True)


def test_ridge_finds_what_the_features_hold():
    train, test = ((x, y[:, None]) for x, y in (task(300, 0), task(2000, 1)))
    found = ridge(train, test, seed=0)
    assert found["r2"] == pytest.approx(2 / 2.25, abs=0.03)
    assert found["low"] < found["r2"] < found["high"]
    assert found["penalty"] in PENALTIES


def test_a_choice_at_an_end_of_the_grid_is_told():
    rng = np.random.default_rng(3)
    x = rng.normal(size=(40, 30))
    y = 3 * x[:, :1] + rng.normal(size=(40, 1))
    for penalties, at_edge in (([1e9, 30.0, 1e-9], False), ([1e9, 30.0], True)):
        found = ridge((x, y), (x, y), seed=0, penalties=penalties)
        assert (found["penalty"], found["at_edge"]) == (30.0, at_edge)


def test_ridge_shrinks_more_where_there_is_nothing_to_find():
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(40, 30)), rng.normal(size=(40, 1))
    empty = ridge((x, y), (x, y), seed=0)
    train, test = ((x, y[:, None]) for x, y in (task(300, 0), task(300, 1)))
    assert empty["penalty"] > 10 * ridge(train, test, seed=0)["penalty"]


def test_ridge_is_the_solution_of_its_equations():
    (x, y), (other, truth) = task(80, 0), task(50, 1)
    found = ridge((x, y[:, None]), (other, truth[:, None]), seed=0, penalties=[3.0, 3.0])
    mean, scale = x.mean(axis=0), x.std(axis=0)
    z = (x - mean) / scale
    weights = np.linalg.solve(z.T @ z + 3 * np.eye(6), z.T @ (y - y.mean()))
    predicted = (other - mean) / scale @ weights + y.mean()
    expected = 1 - ((truth - predicted) ** 2).sum() / ((truth - truth.mean()) ** 2).sum()
    assert found["r2"] == pytest.approx(expected, abs=1e-9)


def classes(n: int, seed: int):
    rng = np.random.default_rng(seed)
    labels = rng.choice(3, n, p=[0.6, 0.3, 0.1])
    x = rng.normal(size=(n, 4))
    x[np.arange(n), labels] += 2
    return x * [1, 1e3, 1e-2, 1], labels


def test_logistic_reaches_the_best_possible_accuracy():
    train, test = classes(600, 0), classes(4000, 1)
    found = logistic(train, test, seed=0, penalties=FEW)
    x = test[0] / [1, 1e3, 1e-2, 1]
    # The optimal rule for equal spheres: the log prior plus the projection on each mean.
    best = (np.log([0.6, 0.3, 0.1]) + 2 * x[:, :3]).argmax(axis=1)
    assert found["accuracy"] == pytest.approx((best == test[1]).mean(), abs=0.015)
    by_class = [(best == test[1])[test[1] == kind].mean() for kind in range(3)]
    assert found["class_accuracy"] == pytest.approx(np.mean(by_class), abs=0.05)
    assert found["class_accuracy"] < found["accuracy"] - 0.03
    assert found["converged"]


def test_logistic_is_scikit_learns_at_the_inverse_penalty():
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    (x, y), (other, truth) = classes(60, 0), classes(2000, 1)
    found = logistic((x, y), (other, truth), seed=0, penalties=[40.0])
    expected = [
        make_pipeline(StandardScaler(), LogisticRegression(C=c)).fit(x, y).score(other, truth)
        for c in (1 / 40, 40)
    ]
    assert found["accuracy"] == pytest.approx(expected[0], abs=1e-9)
    assert abs(expected[0] - expected[1]) > 0.01
    assert found["penalty"] == 40


def test_folds_are_seeded():
    train, test = classes(90, 0), classes(300, 1)
    first, again = (logistic(train, test, seed=4, penalties=FEW) for _ in range(2))
    assert first == again


def test_a_fit_that_does_not_converge_says_so(monkeypatch):
    from invariance.measures.readouts import penalty_grid

    monkeypatch.setattr(penalty_grid, "MOST_ITERATIONS", 1)
    assert not logistic(classes(90, 0), classes(90, 1), seed=0, penalties=FEW)["converged"]


@pytest.mark.parametrize(
    ("train", "test", "words"),
    [
        (lambda x, y: (x, y[:-1]), None, "rows for"),
        (lambda x, y: (np.where(x > 1, np.inf, x), y), None, "not finite"),
        (lambda x, y: (x, y * 0), None, "1 classes"),
        (lambda x, y: (x, np.where(np.arange(len(y)) < 2, 5, y)), None, "smallest with 2 images"),
        (None, lambda x, y: (x, y + 1), "class 3 is only in the test images"),
    ],
)
def test_refused_in_one_line(train, test, words):
    same = lambda x, y: (x, y)  # noqa: E731
    with pytest.raises(UserError, match=words) as error:
        logistic((train or same)(*classes(90, 0)), (test or same)(*classes(90, 1)), seed=0)
    assert "\n" not in str(error.value)


def test_fused_networks_know_what_either_knows():
    rng = np.random.default_rng(5)
    latents = rng.normal(size=(900, 2))
    networks = [
        np.column_stack([scale * (latents[:, at] + 0.3 * rng.normal(size=900)), np.full(900, 4.0)])
        for at, scale in ((0, 1e4), (1, 1e-4), (0, 1.0))
    ]
    target = latents.sum(axis=1, keepdims=True)

    def value(*parts):
        train, test = [one[:600] for one in parts], [one[600:] for one in parts]
        x, x_test = fuse(train, test) if len(parts) > 1 else (train[0], test[0])
        return ridge((x, target[:600]), (x_test, target[600:]), seed=0, penalties=FEW)["r2"]

    first, second, same = networks
    single, ensemble, fused = value(first), value(first, same), value(first, second)
    assert fused > ensemble + 0.3 > single + 0.3


def test_fused_features_are_standardised_on_the_training_images():
    rng = np.random.default_rng(5)
    train = [rng.normal(3, scale, (200, 3)).astype(np.float32) for scale in (1, 1e4)]
    x, other = fuse(train, [one[:50] for one in train])
    assert x.shape == (200, 6) and other.shape == (50, 6)
    assert np.abs(x.mean(axis=0)).max() < 1e-9 and np.allclose(x.std(axis=0), 1)
    assert np.array_equal(other, x[:50])


@pytest.mark.parametrize(
    ("train", "test", "words"),
    [
        ([(9, 2)], [(9, 2)], "two or more"),
        ([(9, 2), (8, 2)], [(9, 2), (9, 2)], "network 1: train: 9 rows for 8 images"),
        ([(9, 2), (9, 2)], [(9, 2), (7, 2)], "network 1: test: 9 rows for 7 images"),
        ([(9, 2), (9, 2)], [(9, 2), (9, 3)], "network 1: 2 features to fit and 3"),
    ],
)
def test_features_that_do_not_fit(train, test, words):
    with pytest.raises(UserError, match=words):
        fuse([np.ones(shape) for shape in train], [np.ones(shape) for shape in test])
