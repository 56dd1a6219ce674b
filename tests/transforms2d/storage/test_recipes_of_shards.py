"""Shards without pixels: a reader renders the images again, equal to the bit, or refuses."""

from dataclasses import replace

import pytest
import torch
from support.small_images import same_latents, small_base, small_natural

from transforms2d.errors import DamagedFileError, UserError
from transforms2d.files.signed import read_tensors, write_tensors
from transforms2d.spec import DatasetSpec
from transforms2d.storage.shards import read_shard, write_shard

BASE, NATURAL = small_base(), small_natural()
OBJECTS = DatasetSpec("val", 60, 3, classes=(4, 1), transforms=("translate", "noise", "elastic"))
PASTED = replace(
    OBJECTS,
    split="train",
    samples=0,
    background="natural",
    natural_classes=(0, 1),
    placement="random",
    transforms=(),
)


def images():
    return {"base": BASE, "natural": NATURAL}


@pytest.fixture(params=[OBJECTS, PASTED], ids=["objects", "pasted"])
def spec(request):
    return request.param


@pytest.fixture
def recipe(tmp_path, spec):
    path = tmp_path / "recipe.safetensors"
    write_shard(path, spec, **images(), identity={"source": "x"}, keep="recipe")
    return path


def test_a_reader_has_the_same_shard(tmp_path, spec, recipe):
    write_shard(tmp_path / "pixels.safetensors", spec, **images())
    whole = read_shard(tmp_path / "pixels.safetensors")
    again = read_shard(recipe, spec, {"source": "x"}, images)
    assert torch.equal(again.images, whole.images) and torch.equal(again.labels, whole.labels)
    assert same_latents(again.latents, whole.latents)
    assert (again.class_names, again.made_from) == (whole.class_names, whole.made_from)


def test_the_file_has_no_pixels(recipe, spec):
    tensors, _ = read_tensors(recipe)
    rows = len(tensors["labels"])
    assert "images" not in tensors
    assert sum(t.numel() * t.element_size() for t in tensors.values()) < 100 * rows


def test_images_are_only_asked_for_where_they_are_needed(tmp_path):
    path = tmp_path / "pixels.safetensors"
    write_shard(path, OBJECTS, BASE)

    def never():
        raise AssertionError

    assert len(read_shard(path, OBJECTS, None, never)) == 60


def test_only_what_is_known_is_kept(tmp_path):
    with pytest.raises(UserError, match="keep: 'latents' is not one of pixels, recipe"):
        write_shard(tmp_path / "x.safetensors", OBJECTS, BASE, keep="latents")


def test_another_dataset_is_refused_before_anything_is_rendered(recipe, spec):
    def never():
        raise AssertionError

    with pytest.raises(UserError, match="made for something else"):
        read_shard(recipe, replace(spec, seed=4), None, never)


def test_without_images_it_is_refused(recipe):
    with pytest.raises(UserError, match=r"keeps a recipe and no pixels.*datasets\.keep"):
        read_shard(recipe)


def test_other_images_are_refused(tmp_path):
    path = tmp_path / "recipe.safetensors"
    write_shard(path, OBJECTS, BASE, keep="recipe")
    other = small_base()
    other.backgrounds[0, 0, 0, 0] ^= 1
    with pytest.raises(UserError, match="made from other images than those at hand"):
        read_shard(path, OBJECTS, None, lambda: {"base": other, "natural": None})


def test_images_that_come_out_differently_are_refused(tmp_path, recipe):
    tensors, manifest = read_tensors(recipe)
    write_tensors(recipe, tensors, {**manifest, "pixels": "0" * 64})
    with pytest.raises(UserError, match="come out differently here"):
        read_shard(recipe, None, None, images)


def test_neither_pixels_nor_their_digest_is_damage(recipe):
    tensors, manifest = read_tensors(recipe)
    del manifest["pixels"]
    write_tensors(recipe, tensors, manifest)
    with pytest.raises(DamagedFileError, match="neither images nor their digest"):
        read_shard(recipe, None, None, images)


def test_another_dataset_or_identity_is_refused(recipe, spec):
    with pytest.raises(UserError, match="made for something else"):
        read_shard(recipe, replace(spec, seed=4), None, images)
    with pytest.raises(UserError, match="made for something else"):
        read_shard(recipe, spec, {"source": "y"}, images)
