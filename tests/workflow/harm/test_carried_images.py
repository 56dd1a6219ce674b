"""Prepared images brought to a machine that cannot make them: used or refused, never deleted."""

import copy
import os
import shutil

import pytest
from support.hub_cache import copy_in
from support.hub_layouts import backgrounds, classes_layout
from support.hub_server import Hub
from support.image_files import file_bytes, noise, write
from support.small_run import FOLDER, SMALL, new_project, run

from invariance.provenance.input_images import load_natural
from transforms2d.errors import UserError
from transforms2d.image_files import dates

CLASSES = 8
IMAGES = f"{FOLDER}/base_images/images.safetensors"
LIST = f"{FOLDER}/base_images/index.json"
NATURAL = [f"{FOLDER}/natural_images/cifar10/{part}.safetensors" for part in ("train", "test")]
HOUR = 3600


def configured(project):
    """Base images of a hub, natural images of a folder of the project."""
    changed = copy.deepcopy(SMALL)
    numbers = {"objects": CLASSES, "backgrounds": len(backgrounds())}
    hub = {"source": "huggingface", "repository": Hub.repository, "revision": "main"}
    changed["base_images"] = hub | numbers
    changed["natural_images"]["cifar10"] = {"source": "folder", "folder": "photographs"}
    project.overlay(changed)
    for label in range(10):
        for part in ("train", "test"):
            image = noise((16, 16), label).convert("RGB")
            write(project.folder, f"photographs/{part}/class {label}/a.png", file_bytes(image))


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A project whose images were prepared where the hub's cache was."""
    project, home = new_project(tmp_path_factory.mktemp("there")), tmp_path_factory.mktemp("home")
    configured(project)
    copy_in(home / "hub", classes_layout(CLASSES))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_HOME", str(home))
        patch.setenv("HF_HUB_OFFLINE", "1")
        made = run(project, IMAGES, *NATURAL)
    assert made.returncode == 0, made.stdout
    shutil.rmtree(home)
    shutil.rmtree(project.folder / ".snakemake")
    return project


@pytest.fixture
def carried(prepared, tmp_path, monkeypatch):
    """A project that has the prepared images alone: neither what they are of nor a network."""
    project = new_project(tmp_path)
    for part in ("config", "photographs", "results"):
        shutil.copytree(prepared.folder / part, project.folder / part, dirs_exist_ok=True)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "yes")
    return project


def content(project):
    return {name: (project.folder / name).read_bytes() for name in (LIST, IMAGES, *NATURAL)}


def dated(project, **hours):
    """Give the two files of base images dates, in hours from now."""
    for name, path in (("list", LIST), ("images", IMAGES)):
        at = os.stat(project.folder / path).st_atime + HOUR * hours[name]  # noqa: PTH116
        os.utime(project.folder / path, (at, at))


def lines(done):
    assert "Traceback" not in done.stdout
    return [line for line in done.stdout.splitlines() if line.startswith("error: ")]


def test_base_images_are_used_whatever_their_dates(carried):
    before = content(carried)
    dated(carried, list=-1, images=-2)
    done = run(carried, IMAGES)
    assert done.returncode == 0 and "rule prepare_base_images" in done.stdout, done.stdout
    assert content(carried) == before
    # Now Snakemake knows them, and one more date sets it to work again.
    dated(carried, list=0, images=-2)
    done = run(carried, IMAGES, "--forcerun=download_base_images")
    assert done.returncode == 0, done.stdout
    assert content(carried) == before
    (carried.folder / LIST).unlink()
    done = run(carried, IMAGES)
    assert "Nothing to be done" in done.stdout or done.returncode == 0, done.stdout
    assert (carried.folder / IMAGES).read_bytes() == before[IMAGES]


def test_images_of_other_settings_are_refused_and_stay(carried):
    before = content(carried)
    overlay = carried.folder / "config" / "overlay.yaml"
    overlay.write_text(overlay.read_text().replace("revision: main", "revision: v2"))
    dated(carried, list=-1, images=-2)
    done = run(carried, IMAGES)
    assert done.returncode != 0
    assert any("v2" in line for line in lines(done)), done.stdout
    assert content(carried) == before


def test_natural_images_stay_while_a_picture_is_broken(carried):
    before = content(carried)
    picture = carried.folder / "photographs/train/class 3/a.png"
    right = picture.read_bytes()
    picture.write_bytes(right[:200])
    done = run(carried, *NATURAL)
    assert done.returncode != 0
    assert any("class 3/a.png: truncated or damaged" in line for line in lines(done)), done.stdout
    assert content(carried) == before
    picture.write_bytes(right)
    done = run(carried, *NATURAL)
    assert done.returncode == 0, done.stdout
    assert load_natural(carried.folder / NATURAL[0], "train").digest()


@pytest.mark.parametrize("name", [LIST, NATURAL[1], "photographs/test/class 4/a.png"])
def test_dates_in_the_future_are_told_before_any_work(small_project, name):
    configured(small_project)
    path = small_project.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    os.utime(path, (4e9, 4e9))  # October 2096
    asked = run(small_project, IMAGES, *NATURAL, "-n")
    assert asked.returncode != 0
    (line,) = lines(asked)
    assert f"{name}: dated 2096-10-" in line and "touch" in line


def test_dates_that_no_calendar_has(tmp_path, monkeypatch):
    """Some disks keep them; the one of the tests may not."""
    monkeypatch.setattr(dates, "_changed", lambda path: 4e11)
    with pytest.raises(UserError, match=r"a.png: dated after the year 9999, in the future"):
        dates.check_dates([tmp_path / "a.png"])
