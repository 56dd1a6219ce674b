"""Natural images from a folder and drawn, their files, and settings that are refused."""

import tarfile

import numpy as np
import pytest
import torch
from support.image_files import file_bytes, noise, write

from transforms2d import natural_images
from transforms2d.errors import DamagedFileError, UserError
from transforms2d.natural_images import NaturalImages

PROCEDURAL = {"source": "procedural", "seed": 0, "train_per_class": 2, "test_per_class": 1}


@pytest.fixture
def root(tmp_path):
    """Ten classes, two training images and one test image each."""
    for label in range(10):
        for name in ("train/{}/a.png", "train/{}/b.jpg", "test/{}/a.png"):
            path, kind = name.format(f"class {label}"), "JPEG" if name.endswith("jpg") else "PNG"
            write(tmp_path, path, file_bytes(noise((32, 32), label).convert("RGB"), kind))
    return tmp_path


def from_folder(root, split="train", **options):
    settings = {"source": "folder", "folder": str(root)}
    return natural_images.prepare("cifar10", settings, split, **options)


def test_folder(root):
    train, test = from_folder(root), from_folder(root, "test")
    assert train.images.shape == (20, 3, 32, 32)
    assert train.labels.tolist() == [label for label in range(10) for _ in range(2)]
    assert train.class_names == [f"class {label}" for label in range(10)]
    expected = np.asarray(noise((32, 32), 3).convert("RGB")).transpose(2, 0, 1)
    assert (test.images[3].numpy() == expected).all()
    found = natural_images.fetch("cifar10", {"source": "folder", "folder": str(root)})
    assert found["images"]["train"]["class 4"] == 2


def test_images_of_other_sizes_are_cut_and_shrunk(root):
    write(root, "train/class 0/a.png", file_bytes(noise((90, 50)).convert("RGB")))
    assert from_folder(root).images.shape == (20, 3, 32, 32)
    assert from_folder(root, image_size=16).image_size == 16


def test_folder_refusals(root):
    def refused(message):
        with pytest.raises(UserError) as caught:
            from_folder(root)
        assert message in str(caught.value)
        assert "\n" not in str(caught.value)

    damaged = write(root, "train/class 0/a.png", file_bytes(noise((32, 32)))[:-30])
    refused("class 0/a.png: truncated or damaged")
    damaged.unlink()
    extra = write(root, "train/class 10/a.png")
    refused("class 'class 10' is in only one of train and test")
    extra.rename(root / "train/class 9/c.png")
    refused("train/class 10: a class without images")
    (root / "train/class 10").rmdir()
    refused("class 9/c.png: partly transparent")
    for part in ("train", "test"):
        write(root, f"{part}/class 10/a.png")
    (root / "train/class 9/c.png").unlink()
    for part in ("train", "test"):
        write(root, f"{part}/class 10/a.png", file_bytes(noise((32, 32)).convert("RGB")))
    refused("cifar10: 11 classes found, not 10")


def test_a_part_of_cifar10_as_images(shared_data, tmp_path):
    taken = {}
    with tarfile.open(shared_data / "cifar10_images.tar.xz") as archive:
        for member in archive:
            folder = member.name.rsplit("/", 1)[0]
            if member.isfile() and taken.setdefault(folder, 0) < 2:
                taken[folder] += 1
                write(tmp_path, member.name, archive.extractfile(member).read())
    test = from_folder(tmp_path, "test")
    assert test.images.shape == (20, 3, 32, 32)
    assert test.class_names[:3] == ["airplane", "automobile", "bird"]
    assert 0.1 < test.images.float().std() / 255 < 0.4


@pytest.mark.parametrize(("name", "classes"), [("cifar10", 10), ("cifar100", 100)])
def test_procedural(name, classes):
    train = natural_images.prepare(name, PROCEDURAL, "train")
    assert train.images.shape == (2 * classes, 3, 32, 32)
    assert train.labels.bincount().tolist() == [2] * classes
    assert train.class_names == sorted(train.class_names)
    more = natural_images.prepare(name, PROCEDURAL | {"train_per_class": 3}, "train")
    assert torch.equal(more.images[more.labels == 3][:2], train.images[train.labels == 3])
    test = natural_images.prepare(name, PROCEDURAL, "test")
    assert not torch.equal(test.images[:2], train.images[:2])
    assert (train.images.flatten(1).unique(dim=0).shape[0]) == len(train.images)


def test_saving_and_loading(tmp_path):
    made = natural_images.prepare("cifar10", PROCEDURAL, "test")
    for name in ("a", "b"):
        made.save(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    read = NaturalImages.load(tmp_path / "a")
    assert torch.equal(read.images, made.images)
    assert (read.name, read.split, read.origin) == ("cifar10", "test", made.origin)
    data = bytearray((tmp_path / "a").read_bytes())
    data[-1000] ^= 4
    (tmp_path / "a").write_bytes(data)
    with pytest.raises(DamagedFileError, match="damaged"):
        NaturalImages.load(tmp_path / "a")


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("cifar1000", PROCEDURAL, "natural_images.cifar1000: unknown"),
        ("cifar10", {"source": "folder"}, "natural_images.cifar10.folder: missing"),
        ("cifar10", {"source": "folder", "folder": ""}, "cifar10.folder: '' is not a path"),
        ("cifar10", {"source": "web"}, "cifar10.source: 'web' is not one of torchvision, folder"),
        ("cifar10", PROCEDURAL | {"train_per_class": 0}, "train_per_class: 0 is not a whole"),
        ("cifar10", PROCEDURAL | {"seed": "x"}, "seed: 'x' is not a whole"),
        ("cifar10", PROCEDURAL | {"colour": 1}, "cifar10.colour: unknown"),
        ("cifar10", {"source": "torchvision", "base_url": "file:///etc"}, "must start with https"),
    ],
)
def test_settings(name, settings, message):
    with pytest.raises(UserError) as caught:
        natural_images.used_settings(name, settings)
    assert message in str(caught.value)


@pytest.mark.parametrize("size", [7, "32", True])
def test_image_sizes_that_are_refused(size):
    with pytest.raises(UserError, match=f"image_size: {size!r} is not a whole number >= 8"):
        natural_images.prepare("cifar10", PROCEDURAL, "train", image_size=size)


def test_an_unknown_split():
    with pytest.raises(UserError, match="split: 'val' is not one of train, test"):
        natural_images.prepare("cifar10", PROCEDURAL, "val")


def test_used_settings_leave_out_the_other_sources():
    plain = PROCEDURAL | {"folder": "x", "base_url": None, "source": "torchvision"}
    assert natural_images.used_settings("cifar10", plain) == {"source": "torchvision"}
