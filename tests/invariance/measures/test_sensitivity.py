"""Sensitivity and similarity against closed forms."""

import json

import numpy as np
import pytest
import torch
from support.small_training import NETWORK
from torch import nn

from invariance import models
from invariance.measures import sensitivity, similarity
from invariance.measures.sensitivity_score import RunningScore
from invariance.measures.twin_batches import distinct
from transforms2d.base_images import BaseImages
from transforms2d.errors import UserError
from transforms2d.natural_images import NaturalImages
from transforms2d.spec import DatasetSpec

PLAIN = {"mean": [0.0, 0.0, 0.0], "std": [1.0, 1.0, 1.0]}
SETTINGS = {
    "pairs": 300,
    "metrics": list(similarity.METRICS),
    "normaliser": "independent_pairs",
    "batch_size": 64,
    "seed": 1,
    "precision": "fp32",
    "device": "cpu",
}


class Fixed(nn.Module):
    """A network whose representation is a fixed function of its input."""

    def __init__(self, function):
        super().__init__()
        self.represent = function


COLOUR_MEAN = Fixed(lambda x: x.double().mean(dim=(2, 3)))
HUE_BLIND = Fixed(lambda x: x.amax(dim=1).flatten(1))
SORTED_PIXELS = Fixed(lambda x: x.flatten(2).sort(dim=2).values.flatten(1))
PIXELS = Fixed(lambda x: x.flatten(1))


def base_images(classes: int = 5) -> BaseImages:
    """Coloured squares with soft edges, on noise."""
    generator = torch.Generator().manual_seed(4)
    objects = torch.zeros(classes, 4, 32, 32, dtype=torch.uint8)
    colours = torch.randint(256, (classes, 3, 22, 22), generator=generator, dtype=torch.uint8)
    objects[:, :3, 5:27, 5:27] = colours
    objects[:, 3, 5:27, 5:27] = 128
    objects[:, 3, 8:24, 8:24] = 255
    backgrounds = torch.randint(256, (9, 3, 32, 32), generator=generator, dtype=torch.uint8)
    names = [f"class {kind}" for kind in range(classes)]
    return BaseImages(objects, torch.arange(classes), backgrounds, names, 32, "procedural")


def spec(**changes) -> DatasetSpec:
    return DatasetSpec(
        **{"split": "test", "samples": 200, "seed": 7, "classes": range(5), **changes}
    )


def score_one(model, dataset, change, **settings) -> dict:
    [record] = sensitivity.score_sets(
        [(model, PLAIN)], {"set": (dataset, change)}, base_images(), {}, {**SETTINGS, **settings}
    )
    return record["sets"]["set"]


def noise_twins(batches: int = 8, n: int = 64, seed: int = 0):
    generator = torch.Generator().manual_seed(seed)
    images = torch.randint(256, (batches, 2, n, 3, 8, 8), generator=generator, dtype=torch.uint8)
    return [(first, second) for first, second in images]


@pytest.mark.parametrize("normaliser", ["independent_pairs", "within_batch"])
def test_a_network_blind_to_the_difference_has_sensitivity_zero(normaliser):
    flipped = [(first, first.flip(3)) for first, _ in noise_twins(3)]
    result = sensitivity.score(SORTED_PIXELS, PLAIN, flipped, normaliser=normaliser, device="cpu")
    assert result["scores"]["l2"] == 0.0
    assert result["twins"]["l2"] == 0.0
    assert result["unrelated"]["l2"] > 0
    assert result["scores"]["linear_cka"] == pytest.approx(1, abs=1e-6)
    assert result["twins"]["cosine"] == pytest.approx(1, abs=1e-6)
    seeing = sensitivity.score(PIXELS, PLAIN, flipped, device="cpu", normaliser=normaliser)
    assert seeing["scores"]["l2"] > 0.9


def test_independent_pairs_have_sensitivity_one():
    result = sensitivity.score(PIXELS, PLAIN, noise_twins(10, 100), device="cpu")
    assert result["pairs"] == 1000
    for metric in ("l2", "cosine", "dot_product"):
        assert result["scores"][metric] == pytest.approx(1, abs=0.005)
    assert result["scores"]["linear_cka"] == pytest.approx(0, abs=0.05)


def test_within_batch_shuffles_keep_some_images_in_place():
    # A permutation of n leaves one fixed point on average, at distance zero: n / (n - 1).
    twins = noise_twins(300, 10)
    result = sensitivity.score(PIXELS, PLAIN, twins, normaliser="within_batch", device="cpu")
    assert result["scores"]["l2"] == pytest.approx(10 / 9, abs=0.03)


def test_a_colour_mean_does_not_see_translation():
    plain = spec(background="uniform")
    assert score_one(COLOUR_MEAN, plain, "translate")["scores"]["l2"] < 1e-6
    assert score_one(PIXELS, plain, "translate")["scores"]["l2"] > 0.3
    assert score_one(COLOUR_MEAN, plain, "brightness")["scores"]["l2"] > 0.1


def test_a_gray_front_end_does_not_see_hue():
    # The value of the HSV model, the largest channel, is what a shift of hue leaves alone; bytes
    # are rounded, so a step of 255 may remain. Blending with black keeps the largest the largest.
    plain = spec(background="uniform")
    assert score_one(HUE_BLIND, plain, "hue")["scores"]["l2"] < 0.01
    assert score_one(PIXELS, plain, "hue")["scores"]["l2"] > 0.3


def test_twins_may_differ_in_background_or_object():
    object_only = Fixed(lambda x: x[:, :, 12:20, 12:20].flatten(1))
    border_only = Fixed(lambda x: x[:, :, :5].flatten(1))
    assert score_one(object_only, spec(), "background")["scores"]["l2"] == 0.0
    assert score_one(border_only, spec(), "object")["scores"]["l2"] == 0.0
    assert score_one(border_only, spec(), "background")["scores"]["l2"] > 0.9
    assert score_one(object_only, spec(), "object")["scores"]["l2"] > 0.9


def solid_images(count: int) -> BaseImages:
    """As many objects as backgrounds; each of one colour that no other has: 0, 10, 20 and so on."""
    colours = 10 * torch.arange(count, dtype=torch.uint8)[:, None, None, None]
    objects = torch.full((count, 4, 32, 32), 255, dtype=torch.uint8)
    objects[:, :3] = colours + 5
    objects[:, 3, :2] = 0
    names = [f"c{i}" for i in range(count)]
    backgrounds = colours.expand(-1, 3, 32, 32).contiguous()
    return BaseImages(objects, torch.arange(count), backgrounds, names, 32, "procedural")


def one_hot_of(row: int, column: int) -> Fixed:
    """A network that tells the colours at this place apart, all equally, and sees nothing else."""
    return Fixed(lambda x: nn.functional.one_hot((x[:, 0, row, column] * 25.5).long(), 26).float())


@pytest.mark.parametrize("normaliser", ["independent_pairs", "within_batch"])
@pytest.mark.parametrize("change, place", [("object", (16, 16)), ("background", (0, 0))])
@pytest.mark.parametrize("count", [2, 5, 10])
def test_a_network_that_tells_all_apart_equally_scores_one(count, change, place, normaliser):
    # Equation 1 draws both sides independently: 1 pair in `count` shows the same on both sides.
    dataset = spec(classes=range(count), samples=4000, background="images")
    settings = {**SETTINGS, "pairs": 4000, "batch_size": 500, "normaliser": normaliser}
    sets = {"set": (dataset, change)}
    base = solid_images(count)
    [record] = sensitivity.score_sets([(one_hot_of(*place), PLAIN)], sets, base, {}, settings)
    scored = record["sets"]["set"]
    # Three standard errors of a share of 4,000 pairs.
    error = 3 * (count - 1) ** 0.5 / count / 4000**0.5 * count / (count - 1)
    assert scored["scores"]["l2"] == pytest.approx(1, abs=2 * error)
    assert scored["twins"]["l2"] == pytest.approx(2**0.5 * (1 - 1 / count), abs=1.5 * error)


def test_change_none_draws_all_transformations_of_the_spec():
    dataset = spec(background="uniform", transforms=("translate", "h_flip"))
    assert score_one(COLOUR_MEAN, dataset, None)["scores"]["l2"] < 1e-6
    assert score_one(COLOUR_MEAN, spec(), None)["twins"]["l2"] == 0.0
    one = score_one(PIXELS, dataset, "h_flip")
    assert one == score_one(PIXELS, spec(background="uniform", transforms=("h_flip",)), None)


def test_batch_size_does_not_change_independent_pairs():
    whole, parts, single = (
        score_one(PIXELS, spec(), "rotate", batch_size=size, metrics=["l2", "cosine"])
        for size in (200, 7, 199)
    )
    for other in (parts, single):
        assert other["pairs"] == whole["pairs"] == 200
        for metric in ("l2", "cosine"):
            assert other["scores"][metric] == pytest.approx(whole["scores"][metric], rel=1e-6)


def test_within_batch_is_the_ratio_of_means_over_batches():
    rows = torch.randn(2, 50, 6, generator=torch.Generator().manual_seed(2))
    running = RunningScore(["l2"], "within_batch", seed=9)
    generator, over, under = torch.Generator().manual_seed(9), [], []
    for first, second in zip(rows[0].split(20), rows[1].split(20), strict=True):
        running.add(first, second)
        order = torch.randperm(len(first), generator=generator)
        over.append(np.linalg.norm(first - second, axis=1).mean())
        under.append(np.linalg.norm(first - first[order], axis=1).mean())
    assert running.result()["scores"]["l2"] == pytest.approx(np.mean(over) / np.mean(under))


def test_independent_pairs_are_neighbours_in_a_ring():
    rows = torch.randn(2, 50, 6, generator=torch.Generator().manual_seed(2))
    running = RunningScore(["l2"], "independent_pairs")
    for first, second in zip(rows[0].split(20), rows[1].split(20), strict=True):
        running.add(first, second)
    expected = np.linalg.norm(rows[0] - rows[0].roll(1, 0), axis=1).mean()
    assert running.result()["unrelated"]["l2"] == pytest.approx(expected, rel=1e-6)
    assert running.result() == running.result()


def test_a_smaller_number_of_pairs_is_a_random_part():
    result = score_one(PIXELS, spec(), "rotate", pairs=50)
    assert result["pairs"] == 50
    assert result == score_one(PIXELS, spec(), "rotate", pairs=50)
    assert result != score_one(PIXELS, spec(), "rotate", pairs=50, seed=2)


def test_a_network_that_tells_nothing_apart_has_no_sensitivity():
    constant = Fixed(lambda x: torch.ones(len(x), 3))
    result = sensitivity.score(constant, PLAIN, noise_twins(2), device="cpu")
    assert result["scores"]["l2"] is None
    assert result["scores"]["linear_cka"] is None
    json.dumps(result, allow_nan=False)


def test_models_share_the_images_of_a_set(monkeypatch):
    rendered = []
    real = sensitivity.render_pairs

    def count(*arguments):
        for pair in real(*arguments):
            rendered.append(len(pair[0]))
            yield pair

    monkeypatch.setattr(sensitivity, "render_pairs", count)
    sets = {"rotate": (spec(), "rotate"), "hue": (spec().to_dict(), "hue")}
    networks = [(PIXELS, PLAIN), (COLOUR_MEAN, PLAIN), (HUE_BLIND, PLAIN)]
    records = sensitivity.score_sets(networks, sets, base_images(), {}, SETTINGS)
    assert sum(rendered) == 2 * 200
    for network, record in zip(networks, records, strict=True):
        [alone] = sensitivity.score_sets([network], sets, base_images(), {}, SETTINGS)
        assert alone == record


def test_every_different_image_is_passed_once():
    passed = []
    counting = Fixed(lambda x: passed.append(len(x)) or x.flatten(1))
    changes = ("h_flip", "grayscale", "rotate", "background")
    sets = {change: (spec(), change) for change in changes}
    [record] = sensitivity.score_sets([(counting, PLAIN)], sets, base_images(), {}, SETTINGS)
    for change in changes:
        pairs = sensitivity.render_pairs(
            spec(), change, base_images(), None, SETTINGS, torch.device("cpu")
        )
        apart = sensitivity.score(
            PIXELS, PLAIN, pairs, seed=SETTINGS["seed"], metrics=SETTINGS["metrics"], device="cpu"
        )
        assert record["sets"][change] == apart
    # Of 200 samples: all as they are, both rotations, another background for eight in nine, and
    # both coin flips' outcomes for three in four.
    assert sum(passed) == pytest.approx(200 * (1 + 2 + 8 / 9 + 2 * 0.75), abs=40)
    assert max(passed) == SETTINGS["batch_size"]


def test_different_images_and_where_they_are():
    generator = torch.Generator().manual_seed(0)
    plain, a, b = torch.randint(256, (3, 40, 3, 8, 8), generator=generator, dtype=torch.uint8)
    coins = torch.rand(3, 40, generator=generator) < 0.5
    flip, same_flip = (torch.where(c[:, None, None, None], a, plain) for c in coins[:2])
    one_pixel = torch.where(coins[2][:, None, None, None], b, plain)
    one_pixel[0] = plain[0]
    one_pixel[0, 2, 7, 7] ^= 1
    pairs = [(flip, same_flip), (plain, one_pixel), (b, b)]
    images, rows = distinct(plain, pairs)
    for pair, places in zip(pairs, rows, strict=True):
        for image, at in zip(pair, places, strict=True):
            assert torch.equal(images[at], image)
    expected = 40 + (coins[0] | coins[1]).sum() + (one_pixel != plain).flatten(1).any(1).sum() + 40
    assert len(images) == expected
    assert len(distinct(plain, [(a, b)])[0]) == 80


def test_natural_images_and_their_normalisation():
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(256, (80, 3, 32, 32), generator=generator, dtype=torch.uint8)
    natural = NaturalImages(
        images, torch.arange(80) // 20, list("abcd"), "cifar10", "test", "procedural"
    )
    dataset = DatasetSpec(
        split="test",
        samples=0,
        seed=3,
        foreground="none",
        background="natural",
        natural_classes=(0, 1, 2, 3),
        labels="background",
    )
    half = {"mean": [0.0] * 3, "std": [2.0] * 3}
    sets = {"own": (dataset, "invert"), "theirs": (dataset, "invert", half)}
    [record] = sensitivity.score_sets(
        [(PIXELS, PLAIN)], sets, None, dict.fromkeys(sets, natural), SETTINGS
    )
    own, theirs = record["sets"]["own"], record["sets"]["theirs"]
    assert own["pairs"] == 80
    assert theirs["twins"]["l2"] == pytest.approx(own["twins"]["l2"] / 2)
    assert theirs["scores"]["l2"] == pytest.approx(own["scores"]["l2"])


def test_the_whole_job_gives_one_record_a_model(tmp_path):
    settings = {**NETWORK, "width": 2, "num_classes": 3, "init_seed": 1, "image_size": 32}
    path, base = tmp_path / "model.safetensors", tmp_path / "base.safetensors"
    models.save(path, models.from_settings(settings), settings)
    base_images().save(base)
    one = {"spec": spec().to_dict(), "normalisation": None, "natural": None}
    changes = {"flips": ["h_flip", "v_flip"], "noises": ["noise"]}
    sets = {name: {**one, "changes": some} for name, some in changes.items()}
    found = sensitivity.run(path, sets, {"base": base, "model": path}, SETTINGS)
    asked = [("flips", "h_flip"), ("flips", "v_flip"), ("noises", "noise")]
    assert [(one["target"], one["change"]) for one in found["evaluations"]] == asked
    twins = {change: (spec(), change) for _, change in asked}
    [alone] = sensitivity.score_sets([models.load(path)], twins, base_images(), {}, SETTINGS)
    for one in found["evaluations"]:
        assert set(one["scores"]) == set(similarity.METRICS)
        assert one["scores"] == alone["sets"][one["change"]]["scores"]
    assert found["settings"] == SETTINGS
    json.dumps(found, allow_nan=False)


@pytest.mark.parametrize(
    ("key", "value"), [("metrics", ["l1"]), ("normaliser", "none"), ("pairs", 1), ("device", "tpu")]
)
def test_bad_settings_are_named(key, value):
    with pytest.raises(UserError, match=rf"sensitivity\.{key}"):
        score_one(PIXELS, spec(), "hue", **{key: value})


def test_an_unknown_change_is_named():
    with pytest.raises(UserError, match="sideways"):
        score_one(PIXELS, spec(), "sideways")


def test_too_few_pairs_are_refused():
    with pytest.raises(UserError, match="1 pairs"):
        sensitivity.score(PIXELS, PLAIN, noise_twins(1, 1), device="cpu")


def test_linear_cka_ignores_rotation_and_scale():
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(100, 12, generator=generator)
    rotation = torch.linalg.qr(torch.randn(12, 12, generator=generator)).Q
    value = similarity.linear_cka(similarity.hsic(x, 3 * x @ rotation + 5))
    assert float(value) == pytest.approx(1, abs=1e-5)


def test_hsic_is_unbiased_at_any_batch_size():
    # Linear HSIC of the whole distribution is the squared Frobenius norm of the cross-covariance.
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(40000, 3, generator=generator)
    y = x @ torch.tensor([[1.0, 0.5], [0.0, 1.0], [0.0, 0.0]])
    y = y + torch.randn(40000, 2, generator=generator)
    parts = [similarity.hsic(a, b) for a, b in zip(x.split(8), y.split(8), strict=True)]
    covariance = y.T.cov()
    expected = [3.0, float(covariance.square().sum()), 1 + 0.25 + 1]
    assert torch.stack(parts).mean(0).tolist() == pytest.approx(expected, rel=0.05)


def test_pairwise_similarities():
    a, b = torch.tensor([[3.0, 4.0], [0.0, 0.0]]), torch.tensor([[0.0, 0.0], [1.0, 2.0]])
    assert similarity.l2(a, b).tolist() == pytest.approx([5, 5**0.5])
    assert similarity.dot_product(a, a).tolist() == [25, 0]
    assert similarity.cosine(a, torch.tensor([[4.0, 3.0], [1.0, 0.0]])).tolist() == pytest.approx(
        [0.96, 0]
    )
