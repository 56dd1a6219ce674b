"""Distributions of the parameters of views, and what they depend on."""

import math

import numpy as np
import pytest
import torch

from transforms2d import sample
from transforms2d.names import GEOMETRIC, KNOWN, PHOTOMETRIC
from transforms2d.transformations import TRANSFORMATIONS
from transforms2d.views import GROUPS, Views

N = 40_000
SQUARE, WIDE = (32, 32), (32, 48)


def uniform_in(values, low, high, bins=20):
    """Whether values fill a range evenly, by five standard deviations of each count."""
    assert low <= values.min() and values.max() <= high
    counts = np.histogram(values, bins=bins, range=(low, high))[0]
    expected = len(values) / bins
    assert np.abs(counts - expected).max() < 5 * math.sqrt(expected)


def share_is(flags, share):
    assert flags.dtype == torch.bool
    assert abs(flags.double().mean() - share) < 5 * math.sqrt(share * (1 - share) / len(flags))


def crops(sides=SQUARE, n=N, **settings):
    drawn = Views("ventral", 1, settings).sample(range(n), 0, sides)["crop_flip"]
    return {key: value.numpy() for key, value in drawn.items()}


def sizes_by_integration(sides, area, steps=3000):
    """The probability of each height and width, as torchvision's text tells them: [H + 1, W + 1].

    A box that does not fit is drawn again, so what fits keeps its proportions.
    """
    u = (np.arange(steps) + 0.5) / steps
    pixels = sides[0] * sides[1] * (area[0] + (area[1] - area[0]) * u[:, None])
    ratio = np.exp(math.log(3 / 4) + (math.log(4 / 3) - math.log(3 / 4)) * u[None, :])
    width, height = (np.rint(np.sqrt(each)) for each in (pixels * ratio, pixels / ratio))
    fits = (height <= sides[0]) & (width <= sides[1]) & (np.minimum(height, width) > 0)
    found = np.zeros((sides[0] + 1, sides[1] + 1))
    np.add.at(found, (height[fits].astype(int), width[fits].astype(int)), 1)
    return found / found.sum()


@pytest.mark.parametrize(
    ("sides", "area"), [(SQUARE, (0.2, 1.0)), (WIDE, (0.2, 1.0)), (SQUARE, (0.08, 0.5))]
)
def test_sizes_of_crops_have_the_probability_of_a_uniform_area_and_ratio(sides, area):
    drawn = crops(sides, crop_area=area)
    counts = np.zeros((sides[0] + 1, sides[1] + 1))
    np.add.at(counts, (drawn["height"], drawn["width"]), 1)
    expected = N * sizes_by_integration(sides, area)
    assert counts[expected == 0].sum() <= 5
    common = expected > 20
    assert common.sum() > 50
    off = np.abs(counts - expected)[common] / np.sqrt(expected[common])
    assert off.max() < 5 and (off**2).mean() < 1.3


def test_crops_lie_anywhere_inside_the_image():
    drawn = crops()
    for start, length in (("top", "height"), ("left", "width")):
        room = 32 - drawn[length]
        assert drawn[start].min() >= 0 and (drawn[start] <= room).all()
        for space in range(1, 17):
            counts = np.bincount(drawn[start][room == space], minlength=space + 1)
            expected = counts.sum() / len(counts)
            assert expected > 30 and np.abs(counts - expected).max() < 5 * math.sqrt(expected)
    share_is(torch.from_numpy(drawn["flipped"]), 0.5)
    down, across = (
        drawn[start] / np.maximum(32 - drawn[length], 1)
        for start, length in (("top", "height"), ("left", "width"))
    )
    related = np.corrcoef([down, across, drawn["flipped"]]) - np.eye(3)
    assert np.abs(related).max() < 5 / math.sqrt(N)


@pytest.mark.parametrize(
    ("sides", "box"),
    [((8, 200), (0, 94, 8, 11)), ((200, 8), (94, 0, 11, 8)), ((40, 120), (0, 33, 40, 53))],
)
def test_where_no_box_fits_the_middle_is_cropped(sides, box):
    drawn = crops(sides, 50, crop_area=(0.9, 1.0))
    for key, value in zip(("top", "left", "height", "width"), box, strict=True):
        assert set(drawn[key].tolist()) == {value}


def test_crops_are_distributed_as_torchvision_draws_them():
    torchvision = pytest.importorskip("torchvision.transforms.v2")
    crop = torchvision.RandomResizedCrop(32, scale=(0.2, 1.0))
    torch.manual_seed(0)
    image, n = torch.zeros(3, *WIDE, dtype=torch.uint8), 4000
    theirs = [crop.make_params([image]) for _ in range(n)]
    ours = crops(WIDE, n)
    for key in ("top", "left", "height", "width"):
        values = np.array([each[key] for each in theirs])
        at = np.arange(50)
        apart = np.abs((values[:, None] <= at).mean(0) - (ours[key][:, None] <= at).mean(0)).max()
        assert apart < 2 * math.sqrt(2 / n)  # Smirnov's test at 0.0007


def test_jitter_gray_and_blur_are_uniform_for_their_shares_of_the_views():
    drawn = Views("dorsal", 3).sample(range(N), 7)
    jitter = drawn["jitter"]
    for key in ("brightness", "contrast", "saturation"):
        uniform_in(jitter[key].numpy(), np.float32(0.6), np.float32(1.4))
    uniform_in(jitter["hue_turns"].numpy(), np.float32(-0.1), np.float32(0.1))
    uniform_in(jitter["order"].numpy() + 0.5, 0, 24, bins=24)
    uniform_in(drawn["blur"]["sigma_px"].numpy(), np.float32(0.1), np.float32(1.5))
    for name, share in (("jitter", 0.8), ("grayscale", 0.2), ("blur", 0.5)):
        share_is(drawn[name]["applied"], share)


def test_settings_move_the_ranges():
    settings = {
        "jitter": [0.1, 0, 2, 0.5],
        "jitter_share": 0.3,
        "gray_share": 1,
        "blur_share": 0,
    }
    drawn = Views("default", 3, settings).sample(range(N), 0, 64)
    uniform_in(drawn["jitter"]["brightness"].numpy(), np.float32(0.9), np.float32(1.1))
    assert drawn["jitter"]["contrast"].unique().tolist() == [1]
    uniform_in(drawn["jitter"]["saturation"].numpy(), 0, 3)
    uniform_in(drawn["jitter"]["hue_turns"].numpy(), -0.5, 0.5)
    uniform_in(drawn["blur"]["sigma_px"].numpy(), np.float32(0.2), np.float32(3))
    share_is(drawn["jitter"]["applied"], 0.3)
    assert drawn["grayscale"]["applied"].all() and not drawn["blur"]["applied"].any()


def columns(drawn):
    return {(name, key): value for name in drawn for key, value in drawn[name].items()}


@pytest.mark.parametrize("group", GROUPS)
def test_parameters_depend_on_the_index_alone(group):
    views = Views(group, 7)
    whole = columns(views.sample(range(300), 2))
    order = torch.randperm(300, generator=torch.Generator().manual_seed(0))[:90]
    for at in (order, order.tolist(), order.numpy()):
        some = columns(views.sample(at, 2))
        assert some.keys() == whole.keys()
        assert all(torch.equal(some[key], whole[key][order]) for key in whole)


def test_nothing_is_drawn_twice():
    """Neither by two parameters of a view nor in two draws or seeds."""
    drawn = [
        columns(Views(group, seed).sample(range(5000), draw))
        for group in ("default", "geometric", "appearance")
        for seed, draw in ((0, 0), (0, 1), (1, 0))
    ]
    rows = [
        value.double().numpy()
        for at, each in enumerate(drawn)
        for (name, key), value in each.items()
        # The last three share these with the first three; other sides of a box follow the height
        if not (at >= 6 and name in ("blur", "grayscale")) and key not in ("top", "left", "width")
    ]
    related = np.corrcoef(rows) - np.eye(len(rows))
    assert np.abs(related).max() < 5 / math.sqrt(5000)


def test_groups_share_the_draws_of_their_common_steps():
    default, ventral, dorsal = (
        Views(group, 5).sample(range(40), 1) for group in ("default", "ventral", "dorsal")
    )
    assert list(default) == ["crop_flip", "jitter", "grayscale", "blur"]
    assert [*ventral, *dorsal] == list(default)
    parts = columns(ventral | dorsal)
    assert all(torch.equal(value, parts[key]) for key, value in columns(default).items())


@pytest.mark.parametrize(
    ("group", "names"),
    [("geometric", GEOMETRIC), ("appearance", (*PHOTOMETRIC, "blur", "contrast"))],
)
def test_published_transformations_keep_their_distributions_and_have_streams_of_their_own(
    group, names
):
    drawn = Views(group, 2).sample(range(50), 3)
    assert tuple(drawn) == names
    for name in names:
        same = sample(name, 50, seed=2, stream="views/3", channels=3)
        assert same.keys() == drawn[name].keys()
        for stream in ("train/3", "val/3", "test/3", "/3"):
            other = sample(name, 50, seed=2, stream=stream, channels=3)
            for key, value in drawn[name].items():
                assert torch.equal(value, same[key]) and not torch.equal(value, other[key])


def test_no_list_of_transformations_can_have_the_new_changes():
    new = {"crop_flip", "jitter", "saturation"}
    assert not new & set(KNOWN) and not new & set(TRANSFORMATIONS)
