"""Measures of one network on images that are rendered for them."""

from dataclasses import replace

import pytest
import torch
from support.small_images import small_base, small_natural
from support.small_training import NETWORK

from invariance import models
from invariance.measures import of_rendered, represent
from invariance.records.required_measures import measures
from invariance.records.required_results import names_of
from transforms2d.errors import UserError
from transforms2d.spec import DatasetSpec
from transforms2d.storage.shards import make_shard

BASE = small_base(backgrounds=20)
SPEC = DatasetSpec("test", 110, 3, classes=range(4), placement="random", object_scale=0.6)
SETTINGS = {
    "transformations": ["rotate", "hue", "noise"],
    "images": 40,
    "fit": 70,
    "grid": 3,
    "draws": 1,
    "shrinkages": [0, 0.01, "ledoit_wolf"],
    "identity": False,
    "batch_size": 32,
    "seed": 5,
    "precision": "fp32",
    "device": "cpu",
    "data": "target",
    "spec": SPEC.to_dict(),
    "natural": None,
}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    BASE.save(folder / "base.safetensors")
    settings = {**NETWORK, "image_size": 32, "init_seed": 1}
    model = models.from_settings(settings)
    with torch.no_grad():
        model((make_shard(SPEC, BASE).images.float() / 255 - 0.5) / 0.5)
    models.save(folder / "model.safetensors", model.eval(), settings, {"number": 1})
    return folder


def run(files, expect=None, shown=None, **changes):
    shown = shown or {"base": files / "base.safetensors", "model": "another input of the job"}
    return of_rendered.run(
        files / "model.safetensors", shown, {**SETTINGS, **changes}, expect or {"number": 1}
    )


def test_it_has_every_result_that_its_settings_require(files):
    found = run(files)
    required = measures({"measures": SETTINGS})
    present = {names_of(one, "measures"): one for one in found["evaluations"]}
    assert set(present) == {names for names, _ in required}
    for names, scores in required:
        assert set(scores) <= set(present[names]["scores"])
    assert {one["target"] for one in found["evaluations"]} == {"target"}
    ways = [(one["method"], one.get("change")) for one in found["evaluations"]]
    assert ("invariance", "noise") not in ways  # noise has no grid
    assert ("invariance_draws", "noise") in ways
    assert {key: found["settings"][key] for key in SETTINGS} == SETTINGS


def test_it_measures_the_rendered_images_as_those_of_a_shard(files):
    loaded = models.load(files / "model.safetensors")
    own = {k: v for k, v in SETTINGS.items() if k not in ("data", "spec", "natural")}
    own |= of_rendered.INVARIANCE_ALONE
    shard = make_shard(SPEC, BASE)
    expected = represent.measure(loaded, shard, BASE, own).evaluations
    found = run(files)["evaluations"]
    assert [one["scores"] for one in found] == [one["scores"] for one in expected]
    rows = represent.used_rows(shard, own)
    assert len(set(rows[:70]) & set(rows[70:])) == 0  # fitted and scored images


def test_it_is_the_same_every_time_and_other_images_give_other_numbers(files):
    first = run(files)["evaluations"]
    assert run(files)["evaluations"] == first
    assert run(files, seed=6)["evaluations"] != first
    assert run(files, spec=replace(SPEC, seed=4).to_dict())["evaluations"] != first


def test_natural_images_are_those_of_the_test_part(files):
    spec = DatasetSpec(
        "test", 30, 3, foreground="none", background="natural", natural_classes=range(3)
    )
    small = {"spec": spec.to_dict(), "natural": "cifar10", "fit": 20, "images": 10}
    for split in ("train", "test"):
        small_natural(split).save(files / f"{split}.safetensors")
    found = run(files, shown={"natural_test": files / "test.safetensors"}, **small)
    assert len(found["evaluations"]) == 6
    with pytest.raises(UserError, match="made for something else: split"):
        run(files, shown={"natural_test": files / "train.safetensors"}, **small)


def test_the_file_of_another_network_is_refused(files):
    with pytest.raises(UserError, match=r"model\.safetensors: made for something else: number"):
        run(files, expect={"number": 2})


def test_a_setting_that_it_does_not_know_is_refused(files):
    with pytest.raises(UserError, match=r"represent\.grids: unknown; did you mean 'grid'"):
        run(files, grids=3)
