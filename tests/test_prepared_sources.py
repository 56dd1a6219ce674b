"""Prepared images must be from the sources that the configuration names."""

from dataclasses import replace

import pytest
from dataset_case import small_base, small_natural

from invariance import sensitivity
from invariance.data import load_images
from invariance.lineage import prepared
from transforms2d.errors import UserError

NUMBERS = {"objects": 5, "backgrounds": 7, "prototypes": 2}
ORIGIN = {"seed": 3, "recipe": 1}


def configured(seed: int) -> dict:
    natural = {"source": "procedural", "seed": seed, "train_per_class": 4, "test_per_class": 1}
    base = {"source": "procedural", "seed": seed, **NUMBERS}
    return {"base_images": base, "natural_images": {"cifar10": natural}, "image_size": 32}


@pytest.fixture
def paths(tmp_path) -> dict:
    paths = {"base": tmp_path / "base.safetensors", "natural_train": tmp_path / "train.safetensors"}
    of = {"base": prepared(configured(seed=3)), "natural": prepared(configured(3), "cifar10")}
    replace(small_base(), origin=ORIGIN, of=of["base"]).save(paths["base"])
    natural = replace(small_natural(count=40), origin=ORIGIN, of=of["natural"])
    natural.save(paths["natural_train"])
    return paths


def test_images_of_the_configured_sources_are_read(paths):
    loaded = load_images(paths, "train", "cifar10", configured(seed=3))
    assert len(loaded["base"].objects) == 10 and len(loaded["natural"].labels) == 40


@pytest.mark.parametrize("kind", ["base", "natural_train"])
def test_another_seed_is_refused(paths, kind):
    line = rf"{paths[kind]}: made for something else: seed is 3, not 4; delete it"
    with pytest.raises(UserError, match=line):
        load_images({kind: paths[kind]}, "train", config=configured(seed=4))


def test_another_source_is_refused(paths):
    hub = {"source": "huggingface", "repository": "a/b", "revision": "main", **NUMBERS}
    with pytest.raises(UserError, match=r'base.safetensors.*source is "procedural", not "huggingf'):
        load_images(paths, "train", config={**configured(seed=3), "base_images": hub})


def test_another_repository_is_refused(paths):
    hub = {"source": "huggingface", "repository": "a/b", "revision": "main", **NUMBERS}
    of_hub = {"repository": "c/d", "commit": "0" * 40}
    replace(small_base(), source="huggingface", origin=of_hub).save(paths["base"])
    with pytest.raises(UserError, match='repository is "c/d", not "a/b"'):
        load_images(paths, "train", config={**configured(seed=3), "base_images": hub})


def test_scoring_refuses_them_too(paths, tmp_path):
    test = tmp_path / "test.safetensors"
    replace(small_natural("test"), origin=ORIGIN).save(test)
    naturals, config = {"set": (test, "cifar10")}, configured(seed=4)
    with pytest.raises(UserError, match=r"test.safetensors: made for something else: seed is 3"):
        sensitivity.run([], {}, None, naturals, {}, config=config)
    with pytest.raises(UserError, match=r"base.safetensors: made for something else: seed is 3"):
        sensitivity.run([], {}, paths["base"], {}, {}, config=config)
