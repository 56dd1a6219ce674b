"""Shards: what was rendered, whole, verified, and refused when it is another dataset."""

from dataclasses import replace

import pytest
import torch
from support.small_images import same_latents, small_base, small_natural

from transforms2d.base_images import BaseImages
from transforms2d.errors import DamagedFileError, UserError
from transforms2d.files.signed import read_tensors, write_tensors
from transforms2d.rendering.renderer import render
from transforms2d.spec import DatasetSpec
from transforms2d.storage.shards import read_shard, write_shard

BASE, NATURAL = small_base(), small_natural()
SPEC = DatasetSpec(
    "train", 700, 3, classes=(4, 1), transforms=("translate", "hue", "noise", "elastic")
)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("shard") / "train.safetensors"
    write_shard(path, SPEC, BASE)
    return path


def test_rows_are_what_render_gives_again_from_the_manifest(path):
    shard = read_shard(path, expect=SPEC)
    assert shard.spec == SPEC and len(shard) == 700
    assert shard.class_names == ["thing 4", "thing 1"]
    again = render(shard.spec, range(650, 700), BASE)
    assert torch.equal(again.images, shard.images[650:])
    assert torch.equal(again.labels, shard.labels[650:])
    assert same_latents(again.latents, {k: v[650:] for k, v in shard.latents.items()})


def test_latents_name_everything_but_the_large_fields(path):
    assert set(read_shard(path).latents) == {
        "object",
        "object_label",
        "prototype",
        "background",
        "translate.shift_x",
        "translate.shift_y",
        "hue.hue_turns",
        "noise.applied",
        "elastic.applied",
    }


def test_same_spec_same_bytes(path, tmp_path):
    write_shard(tmp_path / "again.safetensors", SPEC, BASE)
    assert (tmp_path / "again.safetensors").read_bytes() == path.read_bytes()


def test_natural_shard_of_all_images(tmp_path):
    spec = DatasetSpec(
        "val",
        0,
        3,
        foreground="none",
        background="natural",
        natural_classes=(1, 4),
        transforms={0: ("rotate",), 1: ("hue", "noise")},
    )
    write_shard(tmp_path / "val.safetensors", spec, None, NATURAL)
    shard = read_shard(tmp_path / "val.safetensors", expect=spec)
    assert len(shard) == 8 and shard.class_names == ["scene 1", "scene 4"]
    assert shard.spec.transforms == {0: ("rotate",), 1: ("hue", "noise")}
    assert shard.made_from == {"natural": NATURAL.digest()}
    with pytest.raises(UserError, match="val shard: made from other natural images"):
        shard.check_images(None, replace(NATURAL, labels=NATURAL.labels.flip(0)))


def test_a_shard_knows_the_images_it_was_made_from(path, tmp_path):
    shard = read_shard(path)
    assert shard.made_from == {"base": BASE.digest()}
    shard.check_images(BASE)
    other = replace(BASE, objects=BASE.objects.flip(0))
    for wrong in (other, None):
        with pytest.raises(UserError, match="train shard: made from other base images"):
            shard.check_images(wrong)
    renamed = replace(BASE, class_names=[f"{name}s" for name in BASE.class_names])
    assert len({BASE.digest(), other.digest(), renamed.digest(), NATURAL.digest()}) == 4
    BASE.save(tmp_path / "base.safetensors")
    assert BaseImages.load(tmp_path / "base.safetensors").digest() == BASE.digest()


@pytest.mark.parametrize(
    "change",
    [{"seed": 4}, {"split": "val"}, {"transforms": ("hue",)}, {"classes": (1, 4)}, {"samples": 5}],
)
def test_a_shard_of_another_dataset_is_refused(path, change):
    with pytest.raises(UserError, match=f"made for something else: {next(iter(change))}"):
        read_shard(path, expect=replace(SPEC, **change))


def test_a_changed_byte_is_noticed(path, tmp_path):
    data = bytearray(path.read_bytes())
    data[-1000] ^= 1
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(data)
    with pytest.raises(DamagedFileError, match="broken"):
        read_shard(broken)


def break_rows(tensors, manifest):
    tensors["images"] = tensors["images"][:-1]


def break_labels(tensors, manifest):
    tensors["labels"] = tensors["labels"] + 7


def break_size(tensors, manifest):
    manifest["spec"]["image_size"] = 64


def break_count(tensors, manifest):
    manifest["spec"]["samples"] = 9


def break_spec(tensors, manifest):
    manifest["spec"]["colour"] = "red"


def break_images(tensors, manifest):
    manifest["made_from"] = {"natural": manifest["made_from"]["base"]}


def break_latent(tensors, manifest):
    tensors["latents/object"] = tensors["latents/object"][:3]


def break_truth(tensors, manifest):
    tensors["labels"] = 1 - tensors["labels"]


def break_name(tensors, manifest):
    tensors["latents/hue.turns"] = tensors.pop("latents/hue.hue_turns")


BREAKS = [break_rows, break_labels, break_size, break_count, break_spec, break_images]
BREAKS += [break_latent, break_truth, break_name]


@pytest.mark.parametrize("change", BREAKS, ids=lambda change: change.__name__)
def test_a_manifest_that_does_not_match_the_content_is_refused(path, tmp_path, change):
    tensors, manifest = read_tensors(path)
    change(tensors, manifest)
    write_tensors(tmp_path / "wrong.safetensors", tensors, manifest)
    with pytest.raises(DamagedFileError, match=r"wrong.*does not match its manifest") as caught:
        read_shard(tmp_path / "wrong.safetensors")
    assert "\n" not in str(caught.value)


def test_another_kind_of_file_is_refused(tmp_path):
    BASE.save(tmp_path / "base.safetensors")
    with pytest.raises(DamagedFileError, match="holds no dataset shard"):
        read_shard(tmp_path / "base.safetensors")
    with pytest.raises(UserError, match="no such file"):
        read_shard(tmp_path / "none.safetensors")
