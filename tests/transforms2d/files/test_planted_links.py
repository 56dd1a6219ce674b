"""Links that somebody planted in a shared folder are not followed when files are written."""

import os
import platform
import secrets
from pathlib import Path

import pytest

from invariance.training import resume
from transforms2d.files.atomic import atomic_folder, atomic_path
from transforms2d.files.signed import write_json, write_tensors

NAME = ".{name}.{host}.{process}{random}.tmp{suffix}"


def plant(folder, victim, name="a.json", suffix=".json", random=""):
    """A link under the name that this process, or one that is gone, writes to."""
    for process in (os.getpid(), 4_000_000):
        link = folder / NAME.format(
            name=name, host=platform.node(), process=process, random=random, suffix=suffix
        )
        link.symlink_to(victim)


@pytest.fixture
def victim(tmp_path):
    (tmp_path / "home").mkdir()
    file = tmp_path / "home/precious"
    file.write_text("precious")
    return file


@pytest.fixture
def shared(tmp_path):
    folder = tmp_path / "shared"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("random", ["", ".0a1b2c3d"])
def test_a_link_under_the_temporary_name(shared, victim, random):
    plant(shared, victim, random=random)
    write_json(shared / "a.json", {"a": 1})
    assert victim.read_text() == "precious"
    assert not (shared / "a.json").is_symlink()


def test_a_link_under_a_name_that_was_guessed(shared, victim, monkeypatch):
    monkeypatch.setattr(secrets, "token_hex", lambda count: "0a1b2c3d")
    plant(shared, victim, random=".0a1b2c3d")
    with pytest.raises(FileExistsError):
        write_json(shared / "a.json", {"a": 1})
    assert victim.read_text() == "precious"
    assert not (shared / "a.json").exists()


def test_a_link_to_a_folder_is_removed_and_the_folder_is_not(shared, victim):
    plant(shared, victim.parent, name="out", suffix="", random=".0a1b2c3d")
    with atomic_folder(shared / "out") as out:
        (out / "file").touch()
    assert victim.read_text() == "precious"
    assert (shared / "out/file").exists() and not (shared / "out").is_symlink()


def test_what_a_killed_process_left_and_cannot_be_removed_is_left_alone(shared, monkeypatch):
    left = shared / NAME.format(
        name="a.json", host=platform.node(), process=4_000_000, random=".0a1b2c3d", suffix=".json"
    )
    left.touch()
    unlink = Path.unlink

    def sticky(path, missing_ok=False):
        if path == left:
            raise PermissionError(1, "Operation not permitted", str(path))
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", sticky)
    write_json(shared / "a.json", 1)
    assert left.exists() and (shared / "a.json").read_text() == "1\n"


def test_a_file_that_was_changed_for_a_link_while_it_was_written(shared, victim):
    with pytest.raises(OSError), atomic_path(shared / "a.json") as temporary:
        temporary.unlink()
        temporary.symlink_to(victim)
    assert not (shared / "a.json").exists()


def test_names_differ_each_time_and_files_are_as_readable_as_others(shared):
    names = set()
    for _ in range(3):
        with atomic_path(shared / "a.json") as temporary:
            names.add(temporary.name)
            temporary.write_text("1")
    assert len(names) == 3
    other = shared / "other"
    other.touch()
    assert (shared / "a.json").stat().st_mode == other.stat().st_mode


def test_the_file_that_tells_of_a_training_is_no_link(shared, tmp_path):
    (shared / "resume.lock").symlink_to(tmp_path / "made")
    with pytest.raises(OSError), resume.exclusive(shared / "resume"):
        pass
    assert not (tmp_path / "made").exists()


def test_tensors_are_written_the_same_way(shared, victim):
    torch = pytest.importorskip("torch")
    for random in ("", ".1"):
        plant(shared, victim, "a.safetensors", ".safetensors", random)
    write_tensors(shared / "a.safetensors", {"a": torch.zeros(3)})
    assert victim.read_text() == "precious"
