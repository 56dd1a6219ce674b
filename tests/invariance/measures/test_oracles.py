"""Networks whose invariance is known by construction score as they must under every measure."""

import pytest
import torch
from torch import nn

from invariance.measures.grids import grid
from invariance.measures.invariances import score_transformations
from invariance.measures.pair_measures import PairMeasures, score_groups
from invariance.measures.representation import Represent
from invariance.measures.sensitivity import score_sets
from invariance.measures.whitening import statistics
from transforms2d import apply
from transforms2d.base_images import BaseImages
from transforms2d.spec import DatasetSpec

SIDE = 32
SETTINGS = {"grid": 24, "draws": 2, "batch_size": 100, "seed": 1, "identity": False}
LAMBDAS = [0.0, 1e-3, 1e-2, 1e-1]
BYTES = {"mean": [0.0, 0.0, 0.0], "std": [1 / 255] * 3}  # images as 0..255


class Fixed(nn.Module):
    """A network whose representation is a fixed function of its input."""

    def __init__(self, function):
        super().__init__()
        self.represent = function


def gray(x: torch.Tensor) -> torch.Tensor:
    """Whole grays of images in 0..255: those of gray images are the images themselves."""
    bytes_ = x.double().round()
    weights = torch.tensor([19595, 38470, 7471], dtype=torch.float64).view(1, 3, 1, 1)
    return (((bytes_ * weights).sum(dim=1) + 32768) / 65536).floor()


PROJECTION = torch.randn(SIDE * SIDE, 10, generator=torch.Generator().manual_seed(0)).double()
WEIGHTS = torch.randn(3 * SIDE * SIDE, 10, generator=torch.Generator().manual_seed(1)).double()
AXIS = torch.arange(SIDE, dtype=torch.float64)


def mean_colour(x: torch.Tensor) -> torch.Tensor:
    return x.double().mean(dim=(2, 3))


def centre_of_mass(x: torch.Tensor) -> torch.Tensor:
    mass = (x.amax(dim=1) > 0.5).double()
    total = mass.sum(dim=(1, 2)).clamp(min=1)
    return torch.stack([(mass.sum(dim=1) @ AXIS) / total, (mass.sum(dim=2) @ AXIS) / total], dim=1)


def random_features(x: torch.Tensor) -> torch.Tensor:
    """A linear network with random weights, invariant to nothing."""
    return x.double().flatten(1) @ WEIGHTS


COLOUR_BLIND = Fixed(lambda x: gray(x).flatten(1) @ PROJECTION)
MEAN_COLOUR = Fixed(mean_colour)
CENTRE_OF_MASS = Fixed(centre_of_mass)
CONSTANT = Fixed(lambda x: torch.full((len(x), 4), 0.3))
RANDOM = Fixed(random_features)


def blobs(count: int, seed: int = 0) -> torch.Tensor:
    """Bright squares on black, 11 px or more from every edge: no shift of a draw cuts them."""
    generator = torch.Generator().manual_seed(seed)
    images = torch.zeros(count, 3, SIDE, SIDE, dtype=torch.uint8)
    for image in images:
        left, top = torch.randint(11, 17, (2,), generator=generator).tolist()
        colour = torch.randint(80, 250, (3, 1, 1), generator=generator).to(torch.uint8)
        image[:, top : top + 5, left : left + 5] = colour
    return images


def plain(count: int, seed: int = 0) -> torch.Tensor:
    """Images of one colour each, pale enough for all saturations of the grid."""
    generator = torch.Generator().manual_seed(seed)
    gray = torch.randint(80, 176, (count, 1, 1, 1), generator=generator)
    tint = torch.randint(-8, 9, (count, 3, 1, 1), generator=generator)
    return (gray + tint).to(torch.uint8).expand(-1, -1, SIDE, SIDE).contiguous()


def scores(network, name: str, way: str, images=blobs, **changes) -> dict:
    represent = Represent(network, BYTES, torch.device("cpu"), "fp32")
    measures = PairMeasures(statistics(represent(images(500)), ledoit_wolf=False), LAMBDAS)
    found = score_transformations(
        represent, measures, images(200, seed=1), [name], {**SETTINGS, **changes}
    )
    [one] = [one for one in found if one["target"] == way]
    assert one["change"] == name
    return one["scores"]


def assert_invariant(found: dict):
    assert len(found) == 2 + 3 * len(LAMBDAS)
    for name, value in found.items():
        assert value == pytest.approx(1 if "cosine" in name else 0, abs=1e-4), (name, value)


def assert_sensitive(found: dict):
    for name, value in found.items():
        if "cosine" in name:
            assert value < 0.7, (name, value)
        else:
            assert value > 0.25, (name, value)


INVARIANT = [
    (COLOUR_BLIND, "grayscale", "grid"),
    (COLOUR_BLIND, "grayscale", "draws"),
    (MEAN_COLOUR, "translate", "draws"),
    (MEAN_COLOUR, "h_flip", "grid"),
    (MEAN_COLOUR, "v_flip", "draws"),
    (CENTRE_OF_MASS, "hue", "grid"),
    (CENTRE_OF_MASS, "hue", "draws"),
    (CENTRE_OF_MASS, "brightness", "grid"),
    (CENTRE_OF_MASS, "grayscale", "grid"),
    (CENTRE_OF_MASS, "saturation", "grid"),
]
SENSITIVE = [
    (MEAN_COLOUR, "hue", "grid"),
    (MEAN_COLOUR, "hue", "draws"),
    (MEAN_COLOUR, "brightness", "draws"),
    (CENTRE_OF_MASS, "translate", "grid"),
    (CENTRE_OF_MASS, "translate", "draws"),
    (CENTRE_OF_MASS, "h_flip", "grid"),
    (COLOUR_BLIND, "translate", "draws"),
    (CENTRE_OF_MASS, "crop_flip", "grid"),
    (MEAN_COLOUR, "crop_flip", "grid"),  # a crop shows more of the square, or none of it
]


@pytest.mark.parametrize(("network", "name", "way"), INVARIANT)
def test_what_a_network_cannot_see_scores_1(network, name, way):
    assert_invariant(scores(network, name, way))


@pytest.mark.parametrize(("network", "name", "way"), SENSITIVE)
def test_what_a_network_is_made_to_see_does_not(network, name, way):
    assert_sensitive(scores(network, name, way))


def test_a_network_that_sees_no_place_is_invariant_to_crops_of_plain_images():
    assert_invariant(scores(MEAN_COLOUR, "crop_flip", "grid", plain))


def test_a_colour_blind_network_is_invariant_to_saturation_up_to_rounding():
    """Colours move along lines of equal gray; their bytes are cut off below."""
    mean_gray = Fixed(lambda x: gray(x).mean(dim=(1, 2))[:, None])
    blind, seeing = (
        scores(network, "saturation", "grid", plain) for network in (mean_gray, MEAN_COLOUR)
    )
    spread = plain(500).double().mean(dim=(1, 2, 3)).std()
    # Pairs of independent normal grays are 2 / sqrt(pi) standard deviations apart.
    assert 0 < blind["sensitivity"] < 1 / (spread * 2 / torch.pi**0.5)
    assert blind["centred_cosine"] > 0.97
    assert seeing["sensitivity"] > 5 * blind["sensitivity"]


def test_of_saturation_a_colour_gets_the_distances_of_the_factors():
    """A network that sees how far red is from gray sees each factor as a factor."""
    tint = Fixed(lambda x: (x.double()[:, :1] - gray(x)[:, None]).mean(dim=(2, 3)))
    found = scores(tint, "saturation", "grid", plain)["sensitivity"]
    own = tint.represent(plain(200, seed=1).float()).flatten()
    factors = torch.tensor([one["factor"] for one in grid("saturation", SETTINGS["grid"])])
    apart = (own[:, None] - own).abs().sum() / (200 * 199)
    expected = (factors - 1).abs().mean() * own.abs().mean() / apart
    assert found == pytest.approx(float(expected), rel=0.06)  # bytes are cut off below


def test_changes_of_views_have_no_draws():
    for name in ("crop_flip", "saturation"):
        with pytest.raises(ValueError, match="not enough values"):
            scores(MEAN_COLOUR, name, "draws")


def test_a_constant_network_is_invariant_to_everything():
    for name in ("rotate", "invert", "noise"):
        found = scores(CONSTANT, name, "draws")
        assert {value for key, value in found.items() if "cosine" in key} == {1.0}
        assert "sensitivity" not in found  # 0 / 0


def test_leaving_the_identity_out_reproduces_s_where_it_gave_half_of_1_plus_s():
    for name in ("h_flip", "grayscale", "invert"):
        own = scores(RANDOM, name, "grid")
        published = scores(RANDOM, name, "grid", identity=True)
        for key, s in own.items():
            expected = (1 + s) / 2 if "cosine" in key else s / 2
            assert published[key] == pytest.approx(expected, abs=1e-9), key
        assert own["whitened_cosine@0"] < 0.95


def base_images() -> BaseImages:
    """Opaque objects of one colour each, far from the edges of their canvas, on black."""
    images = blobs(5, seed=2)
    alpha = (images.amax(dim=1, keepdim=True) > 0).to(torch.uint8) * 255
    return BaseImages(
        objects=torch.cat([images, alpha], dim=1),
        object_class=torch.arange(5),
        backgrounds=blobs(3, seed=3),
        class_names=[f"blob {number}" for number in range(5)],
        image_size=SIDE,
        source="procedural",
    )


@pytest.mark.parametrize(
    ("network", "change", "invariant"),
    [
        (COLOUR_BLIND, "grayscale", True),
        (MEAN_COLOUR, "translate", True),
        (MEAN_COLOUR, "hue", False),
        (CENTRE_OF_MASS, "hue", True),
        (CENTRE_OF_MASS, "translate", False),
    ],
)
def test_the_projects_sensitivity_of_twins_says_the_same(network, change, invariant):
    spec = DatasetSpec("test", 200, 3, classes=range(5), background="uniform")
    settings = {
        "pairs": 200,
        "metrics": ["l2"],
        "normaliser": "independent_pairs",
        "batch_size": 100,
        "seed": 0,
        "precision": "fp32",
        "device": "cpu",
    }
    [record] = score_sets(
        [(network, BYTES)], {"twins": (spec, change)}, base_images(), {}, settings
    )
    value = record["sets"]["twins"]["scores"]["l2"]
    assert value < 1e-4 if invariant else value > 0.25


def test_groups_of_views_say_the_same():
    """Views that differ in place alone: nothing for the mean colour, all for the centre."""
    original = blobs(60, seed=4)
    shifts = torch.arange(-9, 10, 6)
    views = [
        apply("translate", original, {"shift_x": shift.repeat(60), "shift_y": -shift.repeat(60)})
        for shift in shifts
    ]
    group = torch.arange(60).repeat(len(shifts))
    for network, invariant in ((MEAN_COLOUR, True), (CENTRE_OF_MASS, False)):
        represent = Represent(network, BYTES, torch.device("cpu"), "fp32")
        measures = PairMeasures(statistics(represent(blobs(500)), ledoit_wolf=False), LAMBDAS)
        found = score_groups(measures, represent(torch.cat(views)), group)["scores"]
        if invariant:
            assert_invariant(found)
        else:
            assert_sensitive(found)


def test_draws_with_the_identity_are_those_of_the_coin():
    own = scores(RANDOM, "h_flip", "draws", draws=6)["whitened_cosine@0"]
    published = scores(RANDOM, "h_flip", "draws", draws=6, identity=True)["whitened_cosine@0"]
    assert own < 0.8
    assert published == pytest.approx((1 + own) / 2, abs=0.05)
