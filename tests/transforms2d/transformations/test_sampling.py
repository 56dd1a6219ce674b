"""Distributions of every parameter (figure 5), and that a row depends on its index alone."""

import math

import numpy as np
import pytest
import torch
from torchvision.transforms import ElasticTransform

from transforms2d import UserError, preset, sample, sample_list
from transforms2d.names import ALL

N = 20_000
RELEASED = preset("released_code")
CONTINUOUS = {
    ("scale", "factor"): (0.4, 1.0),
    ("rotate", "angle_deg"): (0, 360),
    ("shear", "shear_x_deg"): (-50, 50),
    ("shear", "shear_y_deg"): (-50, 50),
    ("hue", "hue_turns"): (-0.5, 0.5),
    ("brightness", "factor"): (0, 2),
    ("contrast", "factor"): (0, 2),
    ("blur", "sigma_px"): (0.1, 1.5),
}
COINS = ("v_flip", "h_flip", "grayscale", "posterize", "invert", "sharpen")
COINS += ("noise", "pixelate", "elastic", "erasing")


@pytest.mark.parametrize(("name", "key"), list(CONTINUOUS))
def test_continuous_parameters_are_uniform(name, key):
    low, high = CONTINUOUS[name, key]
    drawn = sample(name, N, seed=1)
    values = drawn[key].double().numpy()
    assert "applied" not in drawn and drawn[key].dtype == torch.float32
    assert low <= values.min() and values.max() <= high
    counts = np.histogram(values, bins=20, range=(low, high))[0]
    assert np.abs(counts - N / 20).max() < 5 * math.sqrt(N / 20)


@pytest.mark.parametrize(
    ("arguments", "low", "high"),
    [
        ({}, -5, 4),  # a box of 22 px from 5 to anywhere from 0 to 9
        ({"channels": 3}, -9, 9),
        ({"channels": 3, "protocol": RELEASED}, 4, 13),
        ({"image_size": 64}, -9, 9),  # a box of 45 px from 9 to anywhere from 0 to 18
    ],
    ids=["objects", "natural", "natural as released", "64 px"],
)
def test_translation_is_uniform_over_whole_pixels(arguments, low, high):
    drawn = sample("translate", N, seed=1, **arguments)
    for shift in (drawn["shift_x"], drawn["shift_y"]):
        assert shift.dtype == torch.int64
        counts = np.bincount((shift - low).numpy(), minlength=high - low + 1)
        expected = N / (high - low + 1)
        if arguments.get("protocol") is RELEASED:  # 0.3 * 32 = 9.6: the last is drawn less often
            expected = np.array([N / 9.6] * 9 + [N * 0.6 / 9.6])
        assert len(counts) == high - low + 1
        assert np.abs(counts - expected).max() < 5 * math.sqrt(N / len(counts))
    assert abs(np.corrcoef(drawn["shift_x"], drawn["shift_y"])[0, 1]) < 0.03


@pytest.mark.parametrize("name", COINS)
def test_coins_are_fair(name):
    n = 4000 if name in ("noise", "elastic") else N
    applied = sample(name, n, seed=2)["applied"]
    assert applied.dtype == torch.bool
    assert abs(applied.double().mean() - 0.5) < 2.5 / math.sqrt(n)


def test_transformations_without_a_coin_have_none():
    assert {name for name in ALL if "applied" in sample(name, 1)} == set(COINS)


def test_noise_is_a_clipped_normal():
    noise = sample("noise", 200, seed=0)["noise"]
    assert noise.shape == (200, 3, 32, 32) and noise.dtype == torch.float32
    assert noise.min() == 0 and noise.max() == 1
    assert abs((noise == 0).double().mean() - 0.5) < 0.003
    assert abs((noise == 1).double().mean() - 0.1587) < 0.003
    assert abs((noise < 0.5).double().mean() - 0.6915) < 0.003
    assert abs(np.corrcoef(noise[:, 0].flatten(), noise[:, 1].flatten())[0, 1]) < 0.01


def test_displacements_are_those_of_torchvision():
    """Spread and correlation along an axis, and the published percentiles."""
    ours = sample("elastic", 1500, seed=0)["displacement"]
    assert ours.shape == (1500, 32, 32, 2) and ours.dtype == torch.float32
    torch.manual_seed(0)
    theirs = torch.cat(
        [ElasticTransform.get_params([150.0] * 2, [5.0] * 2, [32, 32]) * 16 for _ in range(1500)]
    )
    for axis in (0, 1):
        a, b = ours[..., axis].double(), theirs[..., axis].double()
        assert abs(a.mean()) < 0.25
        # by place: 1500 fields give a standard error of 2 % at each
        assert ((a.std(0) / b.std(0)) - 1).abs().max() < 0.15
        for step in (1, 4, 10):
            near = (a[:, :, step:] * a[:, :, :-step]).mean() / (a**2).mean()
            same = (b[:, :, step:] * b[:, :, :-step]).mean() / (b**2).mean()
            assert abs(near - same) < 0.04
    size = ours.abs().flatten().double()
    assert 2.9 < ours.double().std() < 3.3 and 2.2 < size.mean() < 2.6
    assert 7.7 < size[torch.randperm(len(size))[:1_000_000]].quantile(0.99) < 9.1


def test_displacements_grow_with_the_image():
    small, large = (sample("elastic", 200, image_size=s)["displacement"].std() for s in (32, 64))
    assert 1.8 < large / small < 2.2


def test_erasing_starts_anywhere_it_fits():
    drawn = sample("erasing", N, seed=0)
    for key in ("x", "y"):
        counts = np.bincount(drawn[key].numpy(), minlength=18)
        assert drawn[key].dtype == torch.int64 and len(counts) == 18
        assert np.abs(counts - N / 18).max() < 5 * math.sqrt(N / 18)
    assert sample("erasing", N, image_size=64)["x"].max() == 64 - 28 - 1


def test_pixel_sizes_scale_with_the_image():
    sigma = sample("blur", N, image_size=64)["sigma_px"]
    assert 0.2 <= sigma.min() < 0.21 and 2.99 < sigma.max() <= 3.0


@pytest.mark.parametrize("name", ALL)
def test_two_equal_sides_are_one_side(name):
    one, two = sample(name, 20, image_size=40), sample(name, 20, image_size=(40, 40))
    assert all(torch.equal(one[key], two[key]) for key in one)


def test_height_and_width_have_ranges_of_their_own():
    """Shifts go by their own axis; what has one size in px goes by the shorter side."""
    n, sides = 4000, {"image_size": (32, 64)}
    moved = sample("translate", n, **sides)
    assert (moved["shift_x"].aminmax(), moved["shift_y"].aminmax()) == ((-9, 9), (-5, 4))
    moved = sample("translate", n, channels=3, **sides)
    assert (moved["shift_x"].aminmax(), moved["shift_y"].aminmax()) == ((-19, 19), (-9, 9))
    erased = sample("erasing", n, **sides)
    assert (erased["x"].max(), erased["y"].max()) == (64 - 14 - 1, 32 - 14 - 1)
    assert 1.49 < sample("blur", n, **sides)["sigma_px"].max() <= 1.5
    assert sample("noise", 2, **sides)["noise"].shape == (2, 3, 32, 64)
    field = sample("elastic", 400, **sides)["displacement"]
    assert field.shape == (400, 32, 64, 2)
    spread = field.double().std((0, 1, 2))  # as far in either direction, as on a square of 32 px
    assert (spread / 3.1 - 1).abs().max() < 0.1


@pytest.mark.parametrize("sides", [(32, 32), (32, 80), (57, 20)])
def test_a_scaled_object_of_two_sides_stays_inside(sides):
    drawn = sample_list(["scale", "translate"], N, seed=0, image_size=sides)
    for key, side in zip(("shift_y", "shift_x"), sides, strict=True):
        size = (side * drawn["scale"]["factor"].double()).round()
        margin = (side - size).div(2, rounding_mode="floor")
        box = round(0.7 * side)
        corner = (side - box) // 2
        left = corner * size / side + margin + drawn["translate"][key]
        right = (corner + box) * size / side + margin + drawn["translate"][key]
        assert left.min() >= 0 and right.max() <= side


def test_a_translation_after_a_scaling_keeps_the_object_inside():
    drawn = sample_list(["scale", "translate"], N, seed=0)
    factor = drawn["scale"]["factor"].double()
    size = (32 * factor).round()
    margin = (32 - size).div(2, rounding_mode="floor")
    for key in ("shift_x", "shift_y"):
        left = 5 * size / 32 + margin + drawn["translate"][key]
        right = 27 * size / 32 + margin + drawn["translate"][key]
        assert left.min() >= 0 and right.max() <= 32
    # small objects travel further than large ones
    shift = drawn["translate"]["shift_x"].double().abs()
    assert shift[factor < 0.5].mean() > 1.5 * shift[factor > 0.9].mean()


def test_the_released_box_drifts_after_a_scaling():
    drawn = sample_list(["scale", "translate"], N, seed=0, protocol=RELEASED)
    size = (32 * drawn["scale"]["factor"].double()).round()
    margin = (32 - size).div(2, rounding_mode="floor")
    believed = 5 + margin
    width = (22 * drawn["scale"]["factor"].double()).round()
    target = believed + drawn["translate"]["shift_x"]
    assert target.min() == 0 and (target <= 32 - width).all()
    left = 5 * size / 32 + margin + drawn["translate"]["shift_x"]
    assert left.min() < -1  # objects are cut


@pytest.mark.parametrize("name", ALL)
def test_rows_depend_on_their_index_alone(name):
    whole = sample(name, 300, seed=7)
    order = np.random.default_rng(0).permutation(300)[:90]
    some, later = sample(name, seed=7, indices=order), sample(name, 40, seed=7, start=260)
    lazily = sample(name, seed=7, indices=order, lazy=True)
    for key, column in whole.items():
        assert torch.equal(some[key], column[order])
        assert torch.equal(later[key], column[260:])
        part = lazily[key].index_select(0, torch.tensor([5, 3, 3]))
        assert torch.equal(part, column[order[[5, 3, 3]]])


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("change", [{"seed": 8}, {"stream": "other"}, {"start": 1}])
def test_seeds_streams_and_indices_give_other_draws(name, change):
    first, other = sample(name, 64, seed=7), sample(name, 64, **{"seed": 7, **change})
    assert all(not torch.equal(first[key], other[key]) for key in first)


def test_transformations_do_not_share_draws():
    columns = [
        value.double().numpy()
        for name in ALL
        for value in sample(name, 2000, seed=0, lazy=True).values()
        if value.ndim == 1
    ]
    off = np.corrcoef(columns) - np.eye(len(columns))
    assert np.abs(off).max() < 0.12  # five standard deviations of a correlation of 2000 pairs


def test_lists_draw_what_each_name_draws():
    names = ["rotate", "hue", "noise"]
    together = sample_list(names, 20, seed=1)
    assert list(together) == names
    for name in names:
        alone = sample(name, 20, seed=1)
        assert all(torch.equal(alone[key], together[name][key]) for key in alone)


@pytest.mark.parametrize(
    ("call", "line"),
    [
        (lambda: sample("rotat", 3), "transformation 'rotat': unknown; known are scale, .*none"),
        (lambda: sample("rotate"), "sample: n: None is not a whole number >= 0"),
        (lambda: sample("rotate", -1), "sample: n: -1 is not a whole number >= 0"),
        (lambda: sample("rotate", 2.5), "sample: n: 2.5 is not a whole number >= 0"),
        (lambda: sample("rotate", 3, start=-1), "sample: start: -1 is not a whole number >= 0"),
        (lambda: sample("rotate", 3, seed=-1), "sample: seed: -1 is not a whole number >= 0"),
        (lambda: sample("rotate", 3, seed=0.5), "sample: seed: 0.5 is not a whole number >= 0"),
        (lambda: sample("rotate", 3, image_size=7), "image_size: 7 px is too small; at least 8 px"),
        (lambda: sample("rotate", 3, image_size=(32, 7)), "image_size: 7 px is too small; at leas"),
        (lambda: sample("rotate", 3, image_size=32.0), "image_size: 32.0 is neither a side nor"),
        (lambda: sample_list([], 3, image_size="a"), "image_size: 'a' is neither a side nor"),
        (lambda: sample("rotate", 3, image_size=(9, 9, 9)), r"image_size: \(9, 9, 9\) is neither"),
        (lambda: sample("rotate", 3, channels=2), "channels: 2 is neither 3 .RGB. nor 4 .RGBA."),
        (lambda: sample("rotate", 3, indices=[1]), "sample: n = 3, but there are 1 indices"),
        (lambda: sample("rotate", indices=[-1]), "sample: index -1 is below 0"),
        (lambda: sample("rotate", indices=[0.5]), "sample: indices are not a list of whole number"),
        (lambda: sample("translate", 3, box=[[1, 2]]), r"box: its shape is \(1, 2\), not \(3, 4\)"),
        (lambda: sample("translate", 1, box=[[0.5, 1, 2, 3]]), "box: its numbers are not whole"),
        (lambda: sample_list(["hue", "hue"], 3), "transformation 'hue': named twice in one list"),
    ],
)
def test_bad_arguments_are_named_in_one_line(call, line):
    with pytest.raises(UserError, match=line) as caught:
        call()
    assert "\n" not in str(caught.value)
