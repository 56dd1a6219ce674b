"""Intervals and tests over seeds: closed forms, and how often they are right when simulated."""

import numpy as np
import pytest
from scipy import stats

from invariance.analysis.seed_statistics import (
    chance_above,
    decimals,
    holm,
    interval,
    interval_of,
    leave_one_out,
    spread,
    standard_error,
)

SEEDS = (3, 5, 10)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("seeds", SEEDS)
def test_the_interval_of_a_mean_is_that_of_scipy(rng, seeds):
    values = rng.normal(0.8, 0.05, size=(seeds, 4))
    theirs = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    low, high = interval_of(values)
    assert low == pytest.approx(theirs.low) and high == pytest.approx(theirs.high)


@pytest.mark.parametrize("seeds", SEEDS)
def test_the_interval_of_a_difference_is_paired_by_seed(rng, seeds):
    common = rng.normal(size=seeds)
    these, those = (common + 0.1 * rng.normal(size=seeds) for _ in range(2))
    theirs = stats.ttest_rel(these, those).confidence_interval(0.95)
    weights = leave_one_out(seeds)
    low, high = interval(weights @ these - weights @ those)
    assert (low, high) == (pytest.approx(theirs.low), pytest.approx(theirs.high))
    apart = stats.ttest_ind(these, those).confidence_interval(0.95)
    assert high - low < apart.high - apart.low


def test_tests_are_those_of_scipy(rng):
    values = rng.normal(0.5, 0.2, size=(6, 5))
    theirs = stats.ttest_1samp(values, 0.45, alternative="greater").pvalue
    assert chance_above(leave_one_out(6) @ values, 0.45) == pytest.approx(theirs)


def test_more_tests_make_an_interval_that_errs_in_none(rng):
    values = rng.normal(size=7)
    low, high = interval(leave_one_out(7) @ values, tests=20)
    theirs = stats.ttest_1samp(values, 0).confidence_interval(1 - 0.05 / 20)
    assert (low, high) == (pytest.approx(theirs.low), pytest.approx(theirs.high))


@pytest.mark.parametrize("seeds", SEEDS)
def test_intervals_cover_as_often_as_they_say(rng, seeds):
    """Of a mean of normal values, and of a difference of two that share most of their noise."""
    runs = 20_000
    low, high = interval_of(rng.normal(0.7, 0.1, size=(seeds, runs)))
    assert 0.94 < np.mean((low <= 0.7) & (high >= 0.7)) < 0.96
    common = rng.normal(0.5, 0.3, size=(seeds, runs))
    weights = leave_one_out(seeds)
    these, those = (
        weights @ (common + mean + rng.normal(0, sd, size=(seeds, runs)))
        for mean, sd in ((0.1, 0.02), (0.0, 0.05))
    )
    low, high = interval(these - those)
    assert 0.94 < np.mean((low <= 0.1) & (high >= 0.1)) < 0.96


def test_few_seeds_have_no_interval_and_no_test():
    for seeds in (1, 2):
        rows = leave_one_out(seeds) @ np.arange(seeds, dtype=float)
        assert np.isnan(interval(rows)).all() and np.isnan(chance_above(rows, 0))
    assert np.isfinite(interval_of([0.0, 1.0, 2.0])).all()


def test_the_spread_of_a_mean_is_the_standard_deviation_over_seeds(rng):
    draws = rng.normal(size=7)
    rows = leave_one_out(7) @ draws
    assert rows[0] == pytest.approx(draws.mean())
    assert rows[1:] == pytest.approx([np.delete(draws, i).mean() for i in range(7)])
    assert spread(rows) == pytest.approx(draws.std(ddof=1))
    assert standard_error(3 * rows + 2) == pytest.approx(stats.sem(3 * draws))
    assert np.isnan(spread(leave_one_out(1) @ draws[:1]))


def test_what_does_not_vary_is_where_it_is():
    rows = leave_one_out(5) @ np.full(5, 0.7)
    assert interval(rows) == (pytest.approx(0.7), pytest.approx(0.7))
    assert [float(chance_above(rows, at)) for at in (0.6, 0.8)] == [0, 1]


def test_holm_multiplies_by_the_tests_that_are_left():
    # Holm 1979: the smallest by 4, the next by 3 and so on, and never below the one before.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == pytest.approx([1, 1]) and len(holm([])) == 0


@pytest.mark.parametrize(
    ("low", "high", "digits"),
    [
        (0.51, 0.55, 3),
        (0.2, 0.6, 2),
        (0.501, 0.505, 4),
        (-3, 3, 2),
        (0.5, 0.500001, 4),
        (0.5, 0.5, 3),
        (np.nan, np.nan, 3),
    ],
)
def test_decimals_follow_the_width_of_the_interval(low, high, digits):
    assert decimals(low, high) == digits
