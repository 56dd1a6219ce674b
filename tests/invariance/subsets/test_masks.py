"""Masks: by counter, so that a longer list begins with a shorter one; refused where they fail."""

import numpy as np
import pytest

from invariance.studies.influence.masks import draw
from invariance.subsets import masks
from transforms2d.errors import DamagedFileError, UserError
from transforms2d.seeds import uniform


@pytest.mark.parametrize(("kind", "classes"), [("bernoulli", 24), ("half", 24), ("full", 5)])
def test_a_row_depends_on_its_number_alone(kind, classes):
    whole = draw(kind, 3, range(40), classes)
    assert whole.dtype == np.uint8 and whole.shape == (40, classes)
    for rows in (range(7), range(7, 21), range(21, 40), range(8, 9)):
        assert np.array_equal(draw(kind, 3, rows, classes), whole[rows.start : rows.stop])
    if kind != "full":
        assert not np.array_equal(draw(kind, 4, range(40), classes), whole)


def test_bernoulli_masks_hold_each_class_half_of_the_time_apart_from_others():
    drawn = draw("bernoulli", 0, range(4000), 20).astype(float)
    # Standard errors: .008 of a mean, .016 of a correlation; 190 pairs.
    assert abs(drawn.mean(axis=0) - 0.5).max() < 0.032
    correlations = np.corrcoef(drawn.T)[np.triu_indices(20, 1)]
    assert abs(correlations).max() < 0.075 and abs(correlations.mean()) < 0.006
    assert 3.5 < drawn.sum(axis=1).var() < 6.5  # 5 of independent draws, 0 of exact halves


def test_half_masks_are_halves_and_their_complements():
    drawn = draw("half", 0, range(4000), 20)
    assert (drawn.sum(axis=1) == 10).all()
    assert (drawn[0::2] + drawn[1::2] == 1).all()
    correlations = np.corrcoef(drawn[::2].T.astype(float))[np.triu_indices(20, 1)]
    assert correlations.mean() == pytest.approx(-1 / 19, abs=0.004)


def test_full_masks_hold_all():
    assert draw("full", 0, range(3), 7).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("half", 0, range(4), 45), "masks.kinds: 'half' needs an even number .* not 45"),
        (("thirds", 0, range(4), 45), "masks.kinds: 'thirds' is not one of bernoulli, half, full"),
    ],
)
def test_refusals(arguments, message):
    with pytest.raises(UserError, match=message) as refused:
        draw(*arguments)
    assert "\n" not in str(refused.value)


def test_a_row_without_a_class_is_drawn_again_and_no_other():
    first = uniform(0, "masks/bernoulli", range(4000), 2) < 0.5
    drawn, empty = draw("bernoulli", 0, range(4000), 2), ~first.any(axis=1)
    assert 900 < empty.sum() < 1100 and drawn.any(axis=1).all()
    assert np.array_equal(drawn[~empty], first[~empty])
    # The three masks that have a class are as frequent as each other: standard error .0075.
    shares = np.bincount(drawn @ (1, 2))[1:] / 4000
    assert abs(shares - 1 / 3).max() < 0.025
    assert np.array_equal(draw("bernoulli", 0, range(70, 90), 2), drawn[70:90])
    assert draw("bernoulli", 0, range(20), 1).all()


def test_a_mask_without_a_class_is_refused():
    given = np.array([[1, 0], [0, 0], [0, 0]])
    with pytest.raises(UserError, match="masks: row 1 has no class to train on"):
        masks.check(given)
    with pytest.raises(UserError, match="masks: row 9 has no class to train on"):
        masks.check(given, np.array([7, 9, 8]))


def test_only_0_and_1_are_masks():
    with pytest.raises(UserError, match=r"masks: int64 \[1, 2\] given; give 0 and 1"):
        masks.check(np.array([[1, 2]]))
    with pytest.raises(UserError, match=r"\[2\] given"):
        masks.check(np.array([1, 0]))


@pytest.fixture
def planned():
    names = ("leak 1", "carrier 1", 'neutral "1", here')
    drawn = np.array([[1, 0, 1], [0, 1, 1]], dtype=np.uint8)
    return masks.Planned(np.array([8, 9]), np.array([2**62 + 1, 3]), drawn, names)


def test_a_file_gives_back_what_was_written(tmp_path, planned):
    path = tmp_path / "masks.csv"
    masks.write(path, planned)
    found = masks.read(path, planned.class_names)
    assert found.class_names == planned.class_names
    for name in ("rows", "seeds", "masks"):
        first, second = getattr(found, name), getattr(planned, name)
        assert np.array_equal(first, second) and first.dtype == second.dtype
    before = path.read_bytes()
    masks.write(path, found)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("old", "new"),
    [("1,0,1", "1,0,2"), ("1,0,1", "1,0"), ("1,0,1", "1,x,1"), ("1,0,1", "0,0,0"), ("row", "raw")],
)
def test_damage_is_found(tmp_path, planned, old, new):
    path = tmp_path / "masks.csv"
    masks.write(path, planned)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(DamagedFileError, match="damaged: not readable as masks") as refused:
        masks.read(path)
    assert "\n" not in str(refused.value) and str(path) in str(refused.value)


def test_files_that_are_empty_missing_or_of_other_classes(tmp_path, planned):
    path = tmp_path / "masks.csv"
    with pytest.raises(UserError, match="no such file"):
        masks.read(path)
    path.write_text("")
    with pytest.raises(DamagedFileError):
        masks.read(path)
    masks.write(path, planned)
    with pytest.raises(UserError, match="made for other source classes"):
        masks.read(path, planned.class_names[::-1])
