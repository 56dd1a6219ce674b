"""Ranges, absolute values and shares: their values, and that they are never too sure."""

import numpy as np
import pytest
from scipy import stats

from invariance.analysis.quantities import Share, differences, largest, linear, smallest
from invariance.analysis.seed_statistics import interval_of, leave_one_out

RUNS = 400
SURE = 1 - 0.05 - 0.02  # what is simulated so often is off by less


def rows(values):
    return np.tensordot(leave_one_out(len(values)), values, 1)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_one_part_is_the_classical_interval_and_test(rng):
    values = rng.normal(0.1, 1, size=8)
    for one in (linear(rows(values)), largest(rows(values)), smallest(rows(values))):
        assert one.interval() == pytest.approx(interval_of(values))
        above = stats.ttest_1samp(values, 0.3, alternative="greater").pvalue
        assert one.chances(0.3) == (pytest.approx(above), pytest.approx(1 - above))


def test_values_are_those_of_the_means(rng):
    line = rng.normal(size=(6, 4))
    means = line.mean(axis=0)
    span = largest(differences(rows(line), rows(line)))
    assert span.rows[0] == pytest.approx(np.ptp(means))
    assert span.rows[1] == pytest.approx(np.ptp(line[1:].mean(axis=0)))
    gap = smallest(differences(rows(line[:, :2]), rows(line[:, 2:])))
    assert gap.rows[0] == pytest.approx(means[:2].min() - means[2:].max())
    assert Share(rows(line)[:, :, None]).rows[0] == np.mean(means > 0)


def test_ends_are_those_of_the_parts(rng):
    """One part that is large is enough for the largest; that all are small takes each of them."""
    line = rng.normal(size=(6, 3))
    each = stats.ttest_1samp(line, 0)
    one = stats.ttest_1samp(line, 0).confidence_interval(1 - 0.05 / 3)
    every = each.confidence_interval(0.95)
    expected = one.low.max(), every.high.max()
    assert largest(rows(line)).interval() == pytest.approx(expected)
    expected = every.low.min(), one.high.min()
    assert smallest(rows(line)).interval() == pytest.approx(expected)
    above = stats.ttest_1samp(line, 0, alternative="greater").pvalue
    found = largest(rows(line)).chances(0)
    assert found == pytest.approx((min(1, 3 * above.min()), 1 - above.min()))
    found = smallest(rows(line)).chances(0)
    assert found == pytest.approx((above.max(), min(1, 3 * (1 - above.max()))))


@pytest.mark.parametrize("seeds", [3, 5, 10])
@pytest.mark.parametrize("apart", [0.0, 0.3, 5.0])
def test_the_interval_of_a_range_covers_it(rng, seeds, apart):
    """Also where means are equal but for noise, around which the range itself is too large."""
    line = apart * np.arange(5)
    inside = 0
    for _ in range(RUNS):
        found = rows(line + rng.normal(size=(seeds, 5)))
        low, high = largest(differences(found, found)).interval()
        assert low >= 0
        inside += low <= np.ptp(line) <= high
    assert inside / RUNS > SURE


@pytest.mark.parametrize("parts", [1, 3])
def test_a_share_at_its_threshold_is_seldom_said_to_be_above_or_below(rng, parts):
    """9 of 18 conditions are met for sure; the others lie at the edge."""
    inside = 0
    for _ in range(RUNS):
        values = rng.normal(size=(5, 18, parts))
        values[:, :9] += 20
        share = Share(rows(values))
        low, high = share.interval()
        above, below = share.chances(0.5 + 1e-9)
        assert (low > 0.5) == (above <= 0.025)
        inside += low <= 0.5 <= high
        assert below > 0.025
    assert inside / RUNS > SURE


def test_a_clear_share_is_decided(rng):
    values = 0.1 * rng.normal(size=(5, 10, 2)) + 20
    values[:, :3, 1] -= 40
    share = Share(rows(values))
    assert share.rows[0] == 0.7 and share.interval() == (0.7, 0.7)
    above, below = share.chances(0.5)
    assert above < 0.001 and below == 1
    above, below = share.chances(0.9)
    assert above == 1 and below < 0.001


def test_what_does_not_vary_over_seeds_is_decided_by_its_value():
    same = np.full((5, 3), [0.2, 0.5, 0.9])
    span = largest(differences(rows(same), rows(same)))
    assert span.interval() == pytest.approx((0.7, 0.7))
    assert span.chances(0.6) == (0, 1) and span.chances(0.8) == (1, 0)
    none = Share(np.zeros((6, 4, 2)))
    assert none.rows[0] == 0 and none.interval() == (0, 0) and none.chances(0.5)[1] == 0


def test_few_seeds_have_no_interval():
    two = rows(np.array([[0.1, 0.4], [0.2, 0.3]]))
    assert np.isnan(largest(two).interval()).all()
    assert np.isnan(Share(two[:, :, None]).interval()).all()
    assert largest(rows(np.array([[0.1, 0.4]]))).rows == pytest.approx([0.4])
