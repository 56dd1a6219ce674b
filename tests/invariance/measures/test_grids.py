"""Grids of parameters: the published ranges, and no parameter that changes nothing."""

import numpy as np
import pytest
import torch

from invariance.measures.grids import GRIDS, drawn, grid, repeated
from invariance.studies.contrastive.measurable import MEASURABLE, ways
from transforms2d import apply
from transforms2d.errors import UserError
from transforms2d.names import ALL

APPLIED = set(GRIDS) & set(ALL)  # crops and saturation belong to views


def images(count=6, side=32) -> torch.Tensor:
    generator = torch.Generator().manual_seed(3)
    return torch.randint(0, 256, (count, 3, side, side), generator=generator).to(torch.uint8)


def values(name: str, key: str, **options) -> np.ndarray:
    return np.array([one[key] for one in grid(name, **options)])


def test_every_transformation_with_a_grid_is_known_to_have_one():
    assert set(GRIDS) == {name for name in MEASURABLE if "grid" in ways(name)}
    for name in MEASURABLE:
        assert ("draws" in ways(name)) == ("twins" in ways(name)) == (name in ALL), name


def test_published_ranges_with_the_identity():
    assert len(grid("rotate", identity=True)) == 256
    assert values("rotate", "angle_deg", identity=True)[:3].tolist() == [0, 360 / 256, 720 / 256]
    for key in ("shift_x", "shift_y"):
        shifts = values("translate", key, identity=True)
        assert len(shifts) == 256 and sorted(set(shifts)) == list(range(-16, 15, 2))
    for key in ("shear_x_deg", "shear_y_deg"):
        degrees = values("shear", key, identity=True)
        assert sorted(set(degrees)) == list(range(-160, 141, 20))
    for name, key, low, high in (
        ("scale", "factor", 0.25, 2),
        ("brightness", "factor", 0.25, 5),
        ("contrast", "factor", 0.25, 5),
        ("saturation", "factor", 0.25, 5),
        ("hue", "hue_turns", -0.5, 0.5),
    ):
        scan = values(name, key, identity=True)
        assert (len(scan), scan[0], scan[-1]) == (256, low, high)
        assert np.allclose(np.diff(scan), (high - low) / 255)


@pytest.mark.parametrize("name", sorted(APPLIED))
@pytest.mark.parametrize("size", [2, 9, 25])
def test_every_entry_changes_an_image_and_no_two_are_the_same(name, size):
    entries = grid(name, size)
    assert entries and len(entries) <= size
    original = images()
    changed = [apply(name, original, repeated(one, len(original))) for one in entries]
    for entry, one in zip(entries, changed, strict=True):
        assert not torch.equal(one, original), entry
    assert len({tuple(one.items()) for one in entries}) == len(entries)


MEETS = {"scale": 8, "brightness": 20, "contrast": 20, "hue": 25}  # sizes that do, for all 16


@pytest.mark.parametrize("name", sorted(APPLIED - {"erasing"}))
def test_where_a_grid_meets_the_identity_its_entry_is_left_out(name):
    with_identity, without = (grid(name, MEETS.get(name, 16), identity=i) for i in (True, False))
    [left_out] = [one for one in with_identity if one not in without]
    assert [one for one in with_identity if one != left_out] == without
    original = images()
    same = apply(name, original, repeated(left_out, len(original)))
    # Hue and saturation are bytes, so that a shift of 0 rounds.
    most = 8 if name == "hue" else 0
    assert (same.int() - original.int()).abs().max() <= most


def test_pixels_are_in_proportion_to_the_input():
    at_64 = values("translate", "shift_x", identity=True, side=64)
    assert sorted(set(at_64)) == list(range(-32, 29, 4))
    assert max(values("blur", "sigma_px", side=64)) > 1.5 * max(values("blur", "sigma_px"))
    assert max(values("erasing", "x", side=64)) == 64 - 28


def test_coins_have_one_entry():
    assert grid("grayscale") == [{"applied": True}]
    assert grid("grayscale", identity=True) == [{"applied": True}, {"applied": False}]


@pytest.mark.parametrize("name", ["noise", "elastic", "sepia"])
def test_what_has_no_grid_is_refused_in_one_line(name):
    with pytest.raises(UserError, match=f"'{name}' has none") as error:
        grid(name)
    assert "\n" not in str(error.value)


def test_too_small_a_grid_is_refused():
    with pytest.raises(UserError, match="size"):
        grid("rotate", 1)


@pytest.mark.parametrize("name", ALL)
def test_draws_depend_on_the_index_alone_and_change_the_image(name):
    options = {"seed": 5, "draw": 1, "side": 32}
    parameters, kept = drawn(name, range(40), **options)
    fewer, _ = drawn(name, [7, 3], **options)
    for key, value in parameters.items():
        assert torch.equal(value[[7, 3]], fewer[key])
        if value.is_floating_point():
            other, _ = drawn(name, range(40), seed=5, draw=2, side=32)
            assert not torch.equal(value, other[key])
    original = images(40)
    differ = (apply(name, original, parameters) != original).flatten(1).any(dim=1)
    assert not differ[~kept].any()
    assert differ[kept].float().mean() > 0.85
    assert kept.float().mean() > 0.8


def test_with_the_identity_draws_are_the_transformations_own():
    parameters, kept = drawn("h_flip", range(400), seed=5, draw=0, side=32, identity=True)
    assert kept is None
    assert 0.4 < parameters["applied"].float().mean() < 0.6


@pytest.mark.parametrize("side", [32, 64])
def test_crops_are_all_over_the_image(side):
    boxes = grid("crop_flip", side=side)
    assert len(boxes) == 4**4
    assert not any(box["flipped"] for box in boxes)
    for length in ("height", "width"):
        assert {box[length] for box in boxes} == {
            round(share * side) for share in (3 / 4, 7 / 12, 5 / 12, 1 / 4)
        }
    for start, length in (("top", "height"), ("left", "width")):
        assert min(box[start] for box in boxes) == 0
        assert max(box[start] + box[length] for box in boxes) == side
        middle = np.mean([box[start] + box[length] / 2 for box in boxes])
        assert middle == pytest.approx(side / 2, abs=0.5)
    assert len(grid("crop_flip", 16, side=side)) == 2**4


def test_the_grid_of_saturation_leaves_out_the_identity():
    assert {"factor": 1.0} in grid("saturation", 20, identity=True)
    assert {"factor": 1.0} not in grid("saturation", 20)
