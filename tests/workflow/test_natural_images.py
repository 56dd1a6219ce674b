"""Natural images from a folder, within the workflow: what changes in the folder is noticed."""

import copy
import os

import pytest
from support.image_files import file_bytes, noise, write
from support.small_run import FOLDER, SMALL, run

TARGET = f"{FOLDER}/natural_images/cifar10/test.safetensors"


@pytest.fixture
def folder(small_project):
    """Ten classes of two training images and a test image, which the configuration names."""
    root = small_project.folder / "my photographs"
    for label in range(10):
        for name in ("train/{}/a.png", "train/{}/b.png", "test/{}/a.png"):
            image = noise((32, 32), label).convert("RGB")
            write(root, name.format(f"class {label}"), file_bytes(image))
    changed = copy.deepcopy(SMALL)
    changed["natural_images"]["cifar10"] = {"source": "folder", "folder": str(root)}
    small_project.overlay(changed)
    return root


def planned(project, target=TARGET):
    """Whether the images would be prepared anew."""
    plan = run(project, target, "-n")
    assert plan.returncode == 0, plan.stdout
    assert ("Nothing to be done" in plan.stdout) != ("rule prepare_natural_images" in plan.stdout)
    return "rule prepare_natural_images" in plan.stdout


def test_images_that_come_go_or_change_are_noticed(small_project, folder):
    made = run(small_project, TARGET)
    assert made.returncode == 0, made.stdout
    assert not planned(small_project)
    image, aside = folder / "train/class 3/b.png", small_project.folder / "aside.png"
    image.rename(aside)
    assert planned(small_project)
    aside.rename(image)
    assert not planned(small_project)
    more = write(folder, "test/class 9/b.png")
    assert planned(small_project)
    more.unlink()
    image.write_bytes(file_bytes(noise((32, 32), 77).convert("RGB")))
    os.utime(image)
    assert planned(small_project)


def test_a_folder_that_is_not_fit_is_one_line_and_stops_no_other_job(small_project, folder):
    for name, message in (
        ("test/class 3/{braces}.png", "{braces}.png: Snakemake reads {...} and <...> in names"),
        ("test/class 3/<results>.png", "<results>.png: Snakemake reads {...} and <...> in names"),
        ("test/class 3/a.gif", "class 3/a.gif: not one of .jpeg"),
    ):
        path = write(folder, name)
        asked = run(small_project, TARGET, "-n")
        assert asked.returncode != 0 and "Traceback" not in asked.stdout
        (line,) = [line for line in asked.stdout.splitlines() if line.startswith("error: ")]
        assert message in line
        assert planned(small_project, TARGET.replace("cifar10", "cifar100"))
        path.unlink()
