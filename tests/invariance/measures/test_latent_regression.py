"""Kernel ridge regression of latents: what it finds, what it does not, and what it refuses."""

import numpy as np
import pytest

from invariance.measures.readouts.latent_regression import (
    ALPHAS,
    GAMMAS,
    r2_with_interval,
    regress_latents,
)
from transforms2d.errors import UserError


def case(n: int, seed: int):
    """Features of an angle, bent and mixed; an independent latent; and one that is linear."""
    rng = np.random.default_rng(seed)
    angle, level, hidden = rng.uniform(0, 2 * np.pi, n), rng.uniform(size=n), rng.normal(size=n)
    features = np.column_stack(
        [np.exp(np.cos(angle)), np.sin(angle) ** 3, 100 * level, rng.normal(size=n)]
    )
    turn = np.column_stack([np.sin(angle), np.cos(angle)])
    return features, {"turn": turn, "level": level[:, None] + 7, "hidden": hidden[:, None]}


def test_published_grids():
    assert np.allclose(ALPHAS, [1, 1e-1, 1e-2, 1e-3, 1e-4])
    assert np.allclose(GAMMAS, [1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10, 100])


def test_finds_what_the_features_hold_and_no_more():
    found = regress_latents(case(300, 0), case(300, 1), seed=2)
    assert found["turn"]["r2"] > 0.9
    assert found["level"]["r2"] > 0.98  # a kernel without centred targets would miss its mean
    assert found["hidden"]["r2"] < 0.05
    for one in found.values():
        assert one["low"] < one["r2"] < one["high"] <= 1
        assert one["alpha"] in ALPHAS and one["gamma"] in GAMMAS
        assert one["at_edge"] == (
            one["alpha"] in (ALPHAS[0], ALPHAS[-1]) or one["gamma"] in (GAMMAS[0], GAMMAS[-1])
        )


def test_each_latent_chooses_for_itself():
    together = regress_latents(case(150, 0), case(100, 1), seed=2)
    for name in ("turn", "hidden"):
        parts = [(x, {name: y[name]}) for x, y in (case(150, 0), case(100, 1))]
        alone = regress_latents(*parts, seed=2)[name]
        assert alone == pytest.approx(together[name], rel=1e-6)


def test_units_and_offsets_change_nothing():
    (x, y), (other, truth) = case(120, 0), case(80, 1)
    options = {"seed": 2, "alphas": [0.5], "gammas": [0.02]}
    own = regress_latents((x, y), (other, truth), **options)
    unit, shift = np.array([1e3, 1e-3, 5, 1]), np.array([0, 40, -7, 1])
    moved = [
        (one * unit + shift, {name: 50 * values - 900 for name, values in targets.items()})
        for one, targets in ((x, y), (other, truth))
    ]
    again = regress_latents(*moved, **options)
    for name, one in own.items():
        assert again[name]["r2"] == pytest.approx(one["r2"], abs=1e-9)


def test_the_same_seed_gives_the_same_numbers():
    first, again, other = (regress_latents(case(80, 0), case(60, 1), seed=s) for s in (2, 2, 3))
    assert first == again
    assert first != other


def test_r2_is_over_all_columns_and_its_interval_covers_the_truth():
    rng = np.random.default_rng(0)
    true = rng.normal(size=(4000, 2)) * [3, 1]
    noise = rng.normal(size=true.shape) * [1.5, 0.5]
    expected = 1 - (1.5**2 + 0.5**2) / (3**2 + 1)  # of the generating process
    whole = r2_with_interval(true, true + noise, 0)
    manual = 1 - (noise**2).sum() / ((true - true.mean(axis=0)) ** 2).sum()
    assert whole["r2"] == pytest.approx(manual)
    inside = 0
    for start in range(0, 4000, 100):
        rows = slice(start, start + 100)
        one = r2_with_interval(true[rows], (true + noise)[rows], 0)
        inside += one["low"] <= expected <= one["high"]
    assert inside >= 34  # of 40


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda x, y: (x[:-1], y), "rows for"),
        (lambda x, y: (x * np.nan, y), "not finite"),
        (lambda x, y: (x, {}), "at least one"),
        (lambda x, y: (x, {"level": y["level"]}), "give the same"),
        (lambda x, y: (x, {**y, "level": y["level"] * 0}), "level is the same in all test images"),
    ],
)
def test_refused_in_one_line(change, words):
    with pytest.raises(UserError, match=words) as error:
        regress_latents(case(30, 0), change(*case(20, 1)), seed=0)
    assert "\n" not in str(error.value)
