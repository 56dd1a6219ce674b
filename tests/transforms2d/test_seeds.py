"""Counter-based draws: functions of (seed, purpose, index), and of nothing else."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms2d import seeds

INDICES = st.lists(st.integers(0, 4000), min_size=1, max_size=60)
WIDTHS = st.sampled_from([1, 2, 3, 4, 5, 9, 130])
PINNED = [0.5202066879563999, 0.5763060240005194]
PINNED_BITS = [53912, 6686]
PINNED_ORDER = [3, 2, 4, 0, 1]


@settings(deadline=None, max_examples=60)
@given(indices=INDICES, k=WIDTHS)
def test_any_indices_in_any_order_give_the_rows_of_the_whole(indices, k):
    whole = seeds.uniform(3, "purpose", range(4001), k)
    assert np.array_equal(seeds.uniform(3, "purpose", indices, k), whole[indices])
    field = seeds.small_bits(3, "field", range(4001), k)
    assert np.array_equal(seeds.small_bits(3, "field", indices, k), field[indices])


def test_far_apart_indices_are_reached_directly():
    far = [10**15, 5, 10**12]
    together = seeds.uniform(1, "far", far, 3)
    alone = np.concatenate([seeds.uniform(1, "far", [index], 3) for index in far])
    assert np.array_equal(together, alone)


def test_dense_fields_are_drawn_in_bounded_pieces():
    every_other = np.arange(0, 4000, 2)
    whole = seeds.small_bits(1, "field", range(4000), 3072)
    assert np.array_equal(seeds.small_bits(1, "field", every_other, 3072), whole[::2])


@pytest.mark.parametrize(
    "other",
    [
        seeds.uniform(1, "b", range(1000), 2),
        seeds.uniform(2, "a", range(1000), 2),
        seeds.uniform(1, "a", range(1000), 3)[:, :2],
        seeds.uniform(1, "a", range(1, 1001), 2),
    ],
    ids=["purpose", "seed", "width", "index"],
)
def test_streams_are_independent(other):
    drawn = seeds.uniform(1, "a", range(1000), 2)
    assert not np.isin(drawn, other).any() or np.array_equal(drawn[1:], other[:-1])
    assert abs(np.corrcoef(drawn[:, 0], other[:, 0])[0, 1]) < 0.15


def test_neighbouring_indices_are_uncorrelated():
    drawn = seeds.uniform(0, "x", range(20001))[:, 0]
    assert abs(np.corrcoef(drawn[1:], drawn[:-1])[0, 1]) < 0.03


def test_uniform_fills_the_unit_interval_evenly():
    drawn = seeds.uniform(0, "x", range(50_000), 2)
    assert drawn.dtype == np.float64 and drawn.min() >= 0 and drawn.max() < 1
    counts = np.histogram(drawn, bins=20, range=(0, 1))[0]
    # 20 bins of 5000 expected; five standard deviations
    assert np.abs(counts - 5000).max() < 5 * np.sqrt(5000)


def test_integers_reach_every_value_and_no_other():
    drawn = seeds.integers(0, "x", range(20_000), 7)
    assert drawn.dtype == np.int64
    counts = np.bincount(drawn[:, 0], minlength=7)
    assert len(counts) == 7 and np.abs(counts - 20_000 / 7).max() < 5 * np.sqrt(20_000 / 7)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_small_bits_fill_their_range_evenly(dtype):
    drawn = seeds.small_bits(0, "x", range(2000), 300, dtype)
    assert drawn.itemsize == np.dtype(dtype).itemsize
    share = drawn / float(np.iinfo(dtype).max + 1)
    assert abs(share.mean() - 0.5) < 0.002 and abs(share.std() - 12**-0.5) < 0.002


def test_known_values_stay_what_they_are():
    """Draws are part of every dataset: another version must not change them."""
    assert seeds.uniform(0, "pin", [0, 7])[:, 0].tolist() == PINNED
    assert seeds.small_bits(0, "pin", [3], 2).tolist() == [PINNED_BITS]
    assert seeds.generator(0, "pin").permutation(5).tolist() == PINNED_ORDER


def test_generator_belongs_to_its_purpose():
    first = seeds.generator(4, "order").permutation(50)
    assert np.array_equal(first, seeds.generator(4, "order").permutation(50))
    assert not np.array_equal(first, seeds.generator(4, "other").permutation(50))


def test_no_indices_give_no_rows():
    assert seeds.uniform(0, "x", [], 3).shape == (0, 3)
    assert seeds.small_bits(0, "x", [], 5).shape == (0, 5)


def test_a_negative_index_is_refused():
    with pytest.raises(ValueError, match="x: index -1 is below 0"):
        seeds.uniform(0, "x", [3, -1])
