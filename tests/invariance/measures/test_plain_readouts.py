"""Readouts that share work among fits give what fits without any shared work give."""

import numpy as np
import pytest
from support import plain_readouts as plain

from invariance.measures.readouts.latent_regression import ALPHAS, GAMMAS, regress_latents
from invariance.measures.readouts.penalty_grid import PENALTIES, logistic, ridge


def features(n: int, seed: int, size: int = 24, **signal) -> tuple[np.ndarray, np.ndarray]:
    """Features whose variances fall, of classes with own means; one is constant. And the labels."""
    rng = np.random.default_rng(seed)
    fall = np.arange(1, size + 1) ** -0.75
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(size, size)))[0]
    means = np.random.default_rng(1).normal(size=(4, size)) * signal.get("signal", 0.6)
    labels = rng.permutation(np.arange(n) % 4)
    x = ((rng.normal(size=(n, size)) + means[labels]) * fall) @ turn
    return np.column_stack([x, np.full(n, 3.0)]).astype(np.float32), labels


def targets(x: np.ndarray, seed: int, columns: int = 2) -> np.ndarray:
    """What the features hold, bent, with noise."""
    mix = np.random.default_rng(2).normal(size=(x.shape[1], columns))
    return np.tanh(x @ mix) + np.random.default_rng(seed).normal(size=(len(x), columns)) * 0.4


@pytest.mark.parametrize("images", [20, 90, 400])  # fewer than features, and more
def test_ridge_of_all_penalties_at_once(images):
    x, other = features(images, 3)[0], features(300, 4)[0]
    y, truth = targets(x, 5), targets(other, 6)
    options = {"seed": 1, "folds": 4, "penalties": PENALTIES}
    expected = plain.ridge((x.astype(float), y), (other.astype(float), truth), **options)
    found = ridge((x, y), (other, truth), **options)
    assert found["penalty"] == pytest.approx(expected["penalty"], rel=1e-12)
    assert found["r2"] == pytest.approx(expected["r2"], abs=1e-8)


@pytest.mark.parametrize("columns", [1, 2])
def test_kernel_ridges_that_share_their_kernels(columns):
    x, other = features(120, 3)[0], features(200, 4)[0]
    y, truth = targets(x, 5, columns), targets(other, 6, columns)
    options = {"seed": 1, "folds": 3, "alphas": ALPHAS, "gammas": GAMMAS}
    found = regress_latents((x, {"own": y}), (other, {"own": truth}), **options)["own"]
    expected = plain.latent((x.astype(float), y), (other.astype(float), truth), **options)
    assert (found["alpha"], found["gamma"]) == (expected["alpha"], expected["gamma"])
    assert found["r2"] == pytest.approx(expected["r2"], abs=1e-8)


@pytest.mark.parametrize(("images", "signal"), [(120, 0.3), (120, 2.0), (36, 0.6)])
def test_logistic_along_the_penalties(images, signal):
    """Classes that overlap, that do not, and that any features of so few images tell apart."""
    train, test = (features(n, at, size=12, signal=signal) for n, at in ((images, 3), (1000, 4)))
    options = {"seed": 1, "folds": 3, "penalties": PENALTIES[::8]}
    found = logistic(train, test, **options)
    exact = [(x.astype(float), y) for x, y in (train, test)]
    expected = plain.logistic(*exact, **options, tol=1e-6)
    # Where the same image is on one side or the other of a border, the neighbour may be chosen.
    in_folds = dict(zip(options["penalties"], expected["in_folds"], strict=True))
    lost = in_folds[expected["penalty"]] - in_folds[found["penalty"]]
    assert 0 <= lost <= 1 / images + 1e-9
    again = plain.logistic(*exact, **{**options, "penalties": [found["penalty"]]}, tol=1e-6)
    assert found["accuracy"] == pytest.approx(again["accuracy"], abs=0.003)
    assert found["converged"]


def test_penalties_may_come_in_any_order():
    train, test = features(60, 3, size=6), features(200, 4, size=6)
    penalties = list(PENALTIES[::8])
    own, turned = (
        logistic(train, test, seed=1, folds=3, penalties=given)
        for given in (penalties, penalties[3:] + penalties[:3])
    )
    assert own == turned
