"""Images that were prepared from a folder, read again after the folder's images changed."""

import os

import numpy as np
import pytest
from PIL import Image
from support.image_files import file_bytes, make_folder, noise, write

from invariance.provenance.input_images import load_base, load_natural
from invariance.provenance.prepared_images import list_base, prepare_base, prepare_natural
from transforms2d import natural_images
from transforms2d.errors import UserError

OTHER = "made from other images than the present ones; delete it and run the workflow again"


@pytest.fixture
def config(tmp_path):
    base = make_folder(tmp_path / "base")
    for split in ("train", "test"):
        for label in range(10):
            image = noise((16, 16), label).convert("RGB")
            write(tmp_path / "natural", f"{split}/class {label}/a.png", file_bytes(image))
        opaque = file_bytes(noise((16, 16), 99).convert("RGB"))
        write(tmp_path / "natural", f"{split}/class 1/b.png", opaque)
    numbers = {"objects": 2, "backgrounds": 2, "prototypes": 1}
    natural = {"source": "folder", "folder": str(tmp_path / "natural")}
    return {
        "base_images": {"source": "folder", "folder": str(base), **numbers},
        "natural_images": {"cifar10": natural},
        "image_size": 16,
    }


@pytest.fixture
def made(tmp_path, config):
    """The files that the two jobs and the one of natural images write."""
    index, base = tmp_path / "made/index.json", tmp_path / "made/images.safetensors"
    list_base(index, config, offline=True)
    prepare_base(base, index, config)
    natural = [tmp_path / "natural.train", tmp_path / "natural.test"]
    prepare_natural(natural, "cifar10", config, offline=True)
    return index, base, *natural


def test_unchanged_folders_are_read(made, config):
    assert len(load_base(made[1], config).backgrounds) == 2
    assert len(load_natural(made[2], "train", "cifar10", config).labels) == 11


def test_touched_and_copied_images_are_the_same(made, config, tmp_path):
    for path in [*(tmp_path / "base").rglob("*.*"), *(tmp_path / "natural").rglob("*.png")]:
        os.utime(path, (1, 1))
    assert load_base(made[1], config) and load_natural(made[3], "test", "cifar10", config)


@pytest.mark.parametrize("change", ["pixels", "an old date", "gone"])
def test_changed_folders_are_noticed(made, config, tmp_path, change):
    base, natural = tmp_path / "base/backgrounds/one.jpg", tmp_path / "natural/test/class 3/a.png"
    for path in (base, natural):
        if change == "gone":
            path.rename(path.with_name("b.png"))
        path.write_bytes(file_bytes(Image.new("RGB", (40, 40), (1, 2, 3))))
        if change == "an old date":
            os.utime(path, (1, 1))
    if change == "gone":
        base.with_name("b.png").unlink()
    with pytest.raises(UserError, match=f"images.safetensors: {OTHER}"):
        load_base(made[1], config)
    with pytest.raises(UserError, match=f"natural.test: {OTHER}"):
        load_natural(made[3], "test", "cifar10", config)
    assert load_natural(made[2], "train", "cifar10", config), "the other split has not changed"


def _to_its_neighbour(folder):
    """The first image of a class becomes the last of the class before: their row is the same."""
    for split in ("train", "test"):
        (folder / split / "class 1/a.png").rename(folder / split / "class 0/z.png")


def _to_another_name(folder):
    for split in ("train", "test"):
        (folder / split / "class 4").rename(folder / split / "class 4 of cats")


@pytest.mark.parametrize("change", [_to_its_neighbour, _to_another_name])
def test_the_same_images_in_other_classes_are_noticed(made, config, tmp_path, change):
    change(tmp_path / "natural")
    with pytest.raises(UserError, match=f"natural.train: {OTHER}"):
        load_natural(made[2], "train", "cifar10", config)
    prepare_natural(made[2:], "cifar10", config, offline=True)
    for path, split in zip(made[2:], ("train", "test"), strict=True):
        folder = config["natural_images"]["cifar10"]
        wanted = natural_images.prepare("cifar10", folder, split, image_size=16)
        found = load_natural(path, split, "cifar10", config)
        assert found.labels.tolist() == wanted.labels.tolist()
        assert found.class_names == wanted.class_names


def test_images_of_another_list_are_refused(made, config, tmp_path):
    index, base = made[:2]
    image = file_bytes(Image.new("RGB", (30, 30), (9, 9, 9)))
    write(tmp_path / "base", "backgrounds/one.jpg", image)
    list_base(index, config, offline=True)
    with pytest.raises(UserError, match=f"images.safetensors: {OTHER}"):
        load_base(base, config)
    prepare_base(base, index, config)
    assert load_base(base, config)


def test_a_list_of_other_settings_is_refused(made, config):
    config["base_images"]["prototypes"] = 0
    with pytest.raises(UserError, match=r"index.json: made for something else: settings.prototype"):
        prepare_base(made[1], made[0], config)


def test_what_is_right_stays_and_what_is_not_is_made_again(made, config, tmp_path):
    index, base, train, test = made
    before = [path.stat().st_ino for path in made]
    prepare_base(base, index, config)
    prepare_natural([train, test], "cifar10", config, offline=True)
    assert [path.stat().st_ino for path in made] == before
    config["image_size"] = 24
    prepare_base(base, index, config)
    prepare_natural([train, test], "cifar10", config, offline=True)
    assert load_base(base, config).image_size == 24
    assert np.shape(load_natural(train, "train", "cifar10", config).images)[-1] == 24


def test_what_cannot_be_made_again_stays(made, config, tmp_path):
    index, base, train, test = made
    before = [path.read_bytes() for path in made]
    for path in ("base/backgrounds/one.jpg", "natural/train/class 0/a.png"):
        write(tmp_path, path, b"no picture")
    list_base(index, config, offline=True)
    with pytest.raises(UserError, match=r"one.jpg: not a PNG, JPEG or WebP"):
        prepare_base(base, index, config)
    with pytest.raises(UserError, match=r"class 0/a.png: not a PNG, JPEG or WebP"):
        prepare_natural([train, test], "cifar10", config, offline=True)
    assert [path.read_bytes() for path in made][1:] == before[1:]
