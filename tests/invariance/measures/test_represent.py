"""Every measure at once, of a saved network and a saved shard."""

import numpy as np
import pytest
import torch
from support.small_images import small_base
from support.small_training import NETWORK

from invariance import models
from invariance.measures import represent
from invariance.measures.sensitivity import score_sets
from invariance.measures.view_groups.groups import write_views
from invariance.measures.view_groups.rendered import render_views
from invariance.measures.whitening import statistics
from invariance.records.record_checks import check_record
from transforms2d.errors import UserError
from transforms2d.spec import DatasetSpec
from transforms2d.storage.shards import make_shard, write_shard

DRAWN = ["rotate", "hue", "h_flip", "noise"]
NAMES = [*DRAWN, "crop_flip", "saturation"]
SETTINGS = {
    "transformations": NAMES,
    "images": 60,
    "fit": 120,
    "grid": 4,
    "draws": 1,
    "twins": True,
    "shrinkages": [0.0, 0.01, "ledoit_wolf"],
    "readout_train": 100,
    "readout_test": 80,
    "latents": True,
    "penalties": 3,
    "folds": 3,
    "identity": False,
    "own_pairs": False,
    "normaliser": "independent_pairs",
    "batch_size": 50,
    "seed": 1,
    "precision": "fp32",
    "device": "cpu",
}
SPEC = DatasetSpec(
    "test",
    220,
    3,
    classes=range(4),
    transforms=("rotate", "hue"),
    placement="random",
    object_scale=0.6,
)
BASE = small_base(backgrounds=20)
GROUPS = {
    "objects": {"backgrounds": render_views(SPEC, BASE, None, "backgrounds", groups=9, views=3)}
}


def network():
    """An untrained network whose batch normalisation has seen images."""
    settings = {**NETWORK, "image_size": 32}
    model = models.from_settings(settings)
    images = make_shard(SPEC, BASE).images.float() / 255
    with torch.no_grad():
        model((images - 0.5) / 0.5)
    return model.eval(), settings


@pytest.fixture(scope="module")
def loaded():
    return network()


@pytest.fixture(scope="module")
def measured(loaded):
    return represent.measure(loaded, make_shard(SPEC, BASE), BASE, SETTINGS, groups=GROUPS)


def of(measured, method: str, target: str) -> dict:
    return {
        one.get("change"): one
        for one in measured.evaluations
        if (one["method"], one["target"]) == (method, target)
    }


def test_has_every_measure(measured):
    assert set(of(measured, "invariance", "draws")) == set(DRAWN)
    assert set(of(measured, "invariance", "grid")) == set(NAMES) - {"noise"}
    assert set(of(measured, "sensitivity", "twins")) == set(DRAWN)
    assert set(of(measured, "regression", "latents")) == {*("place", "rotate", "hue", "background")}
    assert set(of(measured, "views", "objects")) == {"backgrounds"}
    assert of(measured, "downstream", "classes")[None]["scores"]["accuracy"] > 0.1
    assert "r2" in of(measured, "downstream", "place")[None]["scores"]
    spectrum = of(measured, "invariance", "features")[None]["scores"]
    assert 1 < spectrum["effective_rank"] < spectrum["rank"] <= measured.features.shape[1]
    assert 0 < spectrum["ledoit_wolf"] < 1
    for one in of(measured, "invariance", "grid").values():
        assert set(one["scores"]) == {
            "centred_cosine",
            "sensitivity",
            *(
                f"{name}@{share}"
                for name in ("whitened_cosine", "mahalanobis", "whitened_sensitivity")
                for share in ("0", "0.01", "ledoit_wolf")
            ),
        }


def test_is_a_valid_record(measured):
    cell = {"study": "s", "domain": "d", "seed": 0, "model": "m"}
    check_record("r.json", {"method": "x", "cell": cell, "evaluations": measured.evaluations})


def test_features_are_those_of_the_rows(measured, loaded):
    model, _ = loaded
    images = make_shard(SPEC, BASE).images[measured.rows[:5]].float() / 255
    with torch.no_grad():
        expected = model.represent((images - 0.5) / 0.5)
    assert torch.allclose(measured.features[:5], expected, atol=1e-5)
    assert len(set(measured.rows.tolist())) == len(measured.rows) == 200


def test_the_spectrum_is_of_images_that_are_not_scored(measured):
    own = statistics(measured.features[: SETTINGS["fit"]])
    spectrum = of(measured, "invariance", "features")[None]["scores"]
    assert spectrum["effective_rank"] == pytest.approx(own.effective_rank)
    assert spectrum["ledoit_wolf"] == pytest.approx(own.ledoit_wolf)


def test_twins_are_scored_as_by_the_sensitivity_job(measured, loaded):
    settings = {key: SETTINGS[key] for key in ("normaliser", "batch_size", "seed", "precision")}
    [record] = score_sets(
        [loaded],
        {"own": (SPEC, "rotate")},
        BASE,
        {},
        {**settings, "pairs": 60, "metrics": ["l2"], "device": "cpu"},
    )
    own = of(measured, "sensitivity", "twins")["rotate"]["scores"]["l2"]
    assert own == pytest.approx(record["sets"]["own"]["scores"]["l2"], rel=1e-6)


def test_from_files_it_is_the_same_and_again_the_same(tmp_path, loaded, measured):
    models.save(tmp_path / "model.safetensors", *loaded)
    write_shard(tmp_path / "shard.safetensors", SPEC, BASE)
    BASE.save(tmp_path / "base.safetensors")
    write_views(tmp_path / "views.safetensors", GROUPS["objects"])
    found = represent.run(
        tmp_path / "model.safetensors",
        tmp_path / "shard.safetensors",
        {"base": tmp_path / "base.safetensors"},
        SETTINGS,
        views={"objects": tmp_path / "views.safetensors"},
    )
    assert found.evaluations == measured.evaluations
    assert np.array_equal(found.rows, measured.rows)
    assert torch.equal(found.features, measured.features)


def test_the_faithful_switches_change_the_values(loaded, measured):
    groups = {"objects": {"places": render_views(SPEC, BASE, None, "places", groups=9, views=2)}}
    settings = {**SETTINGS, "readout_train": 0, "transformations": ["h_flip"]}
    values = [
        represent.measure(
            loaded,
            make_shard(SPEC, BASE),
            BASE,
            {**settings, "identity": faithful, "own_pairs": faithful},
            groups=groups,
        )
        for faithful in (False, True)
    ]
    key = "whitened_cosine@0"
    for method, target in (("invariance", "grid"), ("views", "objects")):
        own, published = (
            next(iter(of(one, method, target).values()))["scores"][key] for one in values
        )
        assert published == pytest.approx((1 + own) / 2, abs=1e-6)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"images": 101}, "221 images .* has 220"),
        ({"readout_test": 101}, "221 images .* has 220"),
        ({"readout_train": 121}, "readout_train: 121 is more than represent.fit, 120"),
        ({"transformations": ["sepia"]}, "represent.transformations"),
        ({"shrinkages": [2]}, "represent.shrinkages"),
        ({"penalties": 46}, "represent.penalties"),
        ({"folds": 1}, "represent.folds"),
        ({"speed": 1}, "represent.speed: unknown"),
    ],
)
def test_refused_in_one_line(loaded, changes, words):
    with pytest.raises(UserError, match=words) as error:
        represent.measure(loaded, make_shard(SPEC, BASE), BASE, {**SETTINGS, **changes})
    assert "\n" not in str(error.value)
