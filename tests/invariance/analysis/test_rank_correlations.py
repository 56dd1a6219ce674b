"""Rank correlations over models whose conditions repeat and whose seeds are shared."""

import itertools
import math

import numpy as np
import pytest
from scipy.stats import false_discovery_control, spearmanr

from invariance.analysis.rank_correlations import rank_correlation, rank_correlations
from transforms2d.errors import UserError


def models(conditions=6, seeds=5, effect=1.0, noise=0.2, seed=0):
    """Two quantities that share the effect of a condition, each with its own noise of a seed."""
    rng = np.random.default_rng(seed)
    shared = effect * rng.normal(size=(conditions, 1))
    return [shared + noise * rng.normal(size=(conditions, seeds)) for _ in range(2)]


def test_rho_is_spearmans_over_all_models():
    x, y = models()
    x[2, 1] = x[4, 0]  # ties
    found = rank_correlation(x, y)
    assert found["rho"] == pytest.approx(spearmanr(x.ravel(), y.ravel()).statistic, abs=1e-12)
    assert found["low"] < found["rho"] < found["high"]
    assert (found["conditions"], found["seeds"]) == (6, 5)


def test_p_permutes_whole_conditions():
    x, y = models(conditions=4, seeds=3)
    rhos = [
        spearmanr(x.ravel(), y[list(order)].ravel()).statistic
        for order in itertools.permutations(range(4))
    ]
    above = np.mean(np.array(rhos) >= rhos[0] - 1e-9)
    below = np.mean(np.array(rhos) <= rhos[0] + 1e-9)
    assert rank_correlation(x, y)["p"] == pytest.approx(min(1, 2 * min(above, below)))


def test_few_conditions_are_never_certain_however_many_seeds():
    x = np.arange(3)[:, None] + 0.01 * np.random.default_rng(0).normal(size=(3, 50))
    found = rank_correlation(x, x)
    assert found["rho"] == pytest.approx(1)
    assert found["p"] == pytest.approx(2 / math.factorial(3))


def test_chance_relations_of_conditions_do_not_look_certain():
    """Unrelated effects of conditions, hardly any noise: free permutations reject most of them."""
    p = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        x, y = (rng.normal(size=(5, 1)) + 0.1 * rng.normal(size=(5, 2)) for _ in range(2))
        p.append(rank_correlation(x, y)["p"])
    assert np.mean(np.array(p) <= 0.05) < 0.12


def test_the_interval_is_over_seeds():
    x, y = models(noise=0.0)
    still = rank_correlation(x, y)
    assert still["low"] == still["high"] == still["rho"] == pytest.approx(1)
    x, _ = models(noise=1.0)
    assert rank_correlation(x, x)["low"] == pytest.approx(1)  # both from the same seeds
    noisy = rank_correlation(*models(noise=1.0))
    assert noisy["high"] - noisy["low"] > 0.05
    two = rank_correlation(*(one[:, :2] for one in models()))
    assert np.isnan(two["low"]) and np.isnan(two["high"]) and np.isfinite(two["p"])


def test_a_seed_in_which_all_models_are_the_same_leaves_no_interval_and_no_warning(recwarn):
    x, y = models(seeds=3)
    x[:, 1] = 0.5
    found = rank_correlation(x, y)
    assert math.isfinite(found["p"]) and math.isnan(found["low"]) and math.isnan(found["high"])
    assert not recwarn


def test_the_same_seed_gives_the_same_numbers():
    x, y = models(conditions=9, noise=1.0)
    assert rank_correlation(x, y, seed=3) == rank_correlation(x, y, seed=3)
    assert rank_correlation(x, y, seed=3) != rank_correlation(x, y, seed=4)


def test_q_is_benjamini_and_hochbergs():
    pairs = {
        ("related",): models(noise=0.1),
        ("less",): models(noise=1.0, seed=1),
        ("unrelated",): (models(seed=2)[0], models(seed=3)[1]),
        ("constant",): (np.ones((6, 5)), models()[0]),
    }
    found = rank_correlations(pairs)
    names = [key for key in pairs if key != ("constant",)]
    expected = false_discovery_control([found[key]["p"] for key in names])
    assert [found[key]["q"] for key in names] == pytest.approx(expected.tolist())
    assert all(found[key]["q"] >= found[key]["p"] for key in names)
    assert all(np.isnan(found["constant",][key]) for key in ("rho", "p", "q", "low"))


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        (np.ones((4, 3)), np.ones((4, 2)), "of the same models"),
        (np.ones((2, 5)), np.ones((2, 5)), "3 or more conditions"),
        (np.ones(9), np.ones(9), "conditions, seeds"),
        (np.full((4, 3), np.nan), np.ones((4, 3)), "missing or not finite"),
    ],
)
def test_refused_in_one_line(x, y, words):
    with pytest.raises(UserError, match=words) as error:
        rank_correlation(x, y)
    assert "\n" not in str(error.value)
