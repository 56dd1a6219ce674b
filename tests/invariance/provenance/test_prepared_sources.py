"""Prepared images must be those that the configuration names, by all that chooses images."""

from dataclasses import replace

import pytest
from support.small_images import small_base, small_natural

from invariance.measures import sensitivity
from invariance.provenance.input_images import load_images
from invariance.provenance.recipes import RECIPES
from transforms2d.errors import UserError

BASE = {"source": "procedural", "seed": 3, "objects": 5, "backgrounds": 7, "prototypes": 2}
NATURAL = {"source": "procedural", "seed": 3, "train_per_class": 4, "test_per_class": 1}
HUB = {"source": "huggingface", "repository": "a/b", "revision": "main"}


def configured(base=BASE, natural=NATURAL, image_size=32) -> dict:
    return {"base_images": base, "natural_images": {"cifar10": natural}, "image_size": image_size}


def of(stage, settings, recipe=None):
    return {"settings": settings, "recipe": recipe or RECIPES[stage], "image_size": 32}


def base_of(settings, recipe=None, **changes):
    return replace(small_base(), identity=of("base_images", settings, recipe), **changes)


def natural_of(settings, *arguments, recipe=None, **options):
    made = small_natural(*arguments, **options)
    return replace(made, identity=of("natural_images", settings, recipe))


@pytest.fixture
def paths(tmp_path) -> dict:
    paths = {"base": tmp_path / "base.safetensors", "natural_train": tmp_path / "train.safetensors"}
    base_of(BASE).save(paths["base"])
    natural_of(NATURAL, count=40).save(paths["natural_train"])
    return paths


def refused(paths, kind, line, **config):
    with pytest.raises(UserError, match=rf"{paths[kind]}: made for something else: {line}"):
        load_images({kind: paths[kind]}, "train", config=configured(**config))


def test_images_of_the_configured_sources_are_read(paths):
    loaded = load_images(paths, "train", "cifar10", configured())
    assert len(loaded["base"].objects) == 10 and len(loaded["natural"].labels) == 40


@pytest.mark.parametrize("key", ["seed", "objects", "backgrounds", "prototypes"])
def test_base_images_of_another_setting_are_refused(paths, key):
    line = rf"settings.{key} is {BASE[key]}, not {BASE[key] + 1}; delete it"
    refused(paths, "base", line, base={**BASE, key: BASE[key] + 1})


@pytest.mark.parametrize("key", ["seed", "train_per_class", "test_per_class"])
def test_natural_images_of_another_setting_are_refused(paths, key):
    line = rf"settings.{key} is {NATURAL[key]}, not {NATURAL[key] + 1}; delete it"
    refused(paths, "natural_train", line, natural={**NATURAL, key: NATURAL[key] + 1})


@pytest.mark.parametrize("kind", ["base", "natural_train"])
def test_another_size_is_refused(paths, kind):
    refused(paths, kind, "image_size is 32, not 64", image_size=64)


@pytest.mark.parametrize("kind", ["base", "natural_train"])
def test_another_recipe_is_refused(paths, kind):
    made = base_of(BASE, 1) if kind == "base" else natural_of(NATURAL, count=40, recipe=1)
    made.save(paths[kind])
    refused(paths, kind, "recipe is 1, not 2")


def test_another_source_is_refused(paths):
    hub = {**HUB, "objects": 5, "backgrounds": 7, "prototypes": 2}
    refused(paths, "base", "settings.repository is missing, not .a/b", base=hub)
    folder = {"source": "folder", "folder": "pictures"}
    refused(paths, "natural_train", r".*folder is missing, not .pictures", natural=folder)


@pytest.mark.parametrize(("key", "other"), [("repository", "c/d"), ("revision", "v2")])
def test_another_data_set_of_a_hub_is_refused(paths, key, other):
    hub = {**HUB, "objects": 5, "backgrounds": 7, "prototypes": 2}
    base_of({**hub, key: other}, source="huggingface").save(paths["base"])
    refused(paths, "base", f'settings.{key} is "{other}", not "{hub[key]}"', base=hub)


def test_a_mirror_of_the_same_archive_is_no_other_source(paths):
    natural_of({"source": "torchvision"}, count=40).save(paths["natural_train"])
    for natural in (
        {"source": "torchvision"},
        {"source": "torchvision", "base_url": "https://b.c"},
    ):
        assert load_images(
            {"natural_train": paths["natural_train"]}, "train", config=configured(natural=natural)
        )


def test_scoring_refuses_them_too(paths, tmp_path):
    test = tmp_path / "test.safetensors"
    natural_of(NATURAL, "test").save(test)
    sets = {"set": {"natural": "cifar10", "changes": ["hue"]}}
    with pytest.raises(UserError, match=r"test.safetensors: made .*settings.seed is 3, not 4"):
        config = configured(natural={**NATURAL, "seed": 4})
        sensitivity.run("model", sets, {"cifar10": test}, {}, config=config)
    with pytest.raises(UserError, match=r"base.safetensors: made .*settings.prototypes is 2"):
        config = configured(base={**BASE, "prototypes": 1})
        sensitivity.run("model", {}, {"base": paths["base"]}, {}, config=config)
