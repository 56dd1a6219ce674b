"""Everything below the results is listed, behind links too; what cannot be listed is named."""

import os

import pytest

from invariance.provenance.files_below import files_below
from invariance.provenance.manifest import manifest, verify
from transforms2d.errors import UserError
from transforms2d.files.signed import write_signed_json


@pytest.fixture
def results(tmp_path):
    """Results of which a study, a seed within another and one file lie on another disk."""
    folder, disk = tmp_path / "results", tmp_path / "disk"
    for name in ("study/t2d/seed0/record.json", "deep/seed1/a/b/record.json", "one.csv"):
        (disk / name).parent.mkdir(parents=True, exist_ok=True)
        (disk / name).write_text(name)
    (folder / "other/t2d").mkdir(parents=True)
    (folder / "config.yaml").write_text("a: 1")
    (folder / "study").symlink_to(disk / "study")
    (folder / "other/t2d/seed1").symlink_to(disk / "deep/seed1")
    (folder / "other/one.csv").symlink_to(disk / "one.csv")
    return folder


NAMES = [
    "config.yaml",
    "other/one.csv",
    "other/t2d/seed1/a/b/record.json",
    "study/t2d/seed0/record.json",
]


def test_linked_folders_and_files_are_listed_and_verified(results):
    path = results / "manifest.json"
    write_signed_json(path, manifest(results))
    assert list(manifest(results)["files"]) == NAMES and verify(path) == []
    (results / "other/t2d/seed1/a/b/record.json").write_text("changed")
    (results / "study/t2d/seed0/record.json").unlink()
    assert {fault.partition(": ")[0] for fault in verify(path)} == {
        str(results / "other/t2d/seed1/a/b/record.json"),
        str(results / "study/t2d/seed0/record.json"),
    }


def test_the_results_themselves_may_be_a_link(results, tmp_path):
    (tmp_path / "linked").symlink_to(results)
    assert files_below(tmp_path / "linked") == NAMES


def test_a_folder_that_two_links_lead_to_is_listed_under_both(results, tmp_path):
    (results / "again").symlink_to(tmp_path / "disk/study")
    assert "again/t2d/seed0/record.json" in files_below(results)


@pytest.mark.parametrize("to", ["..", ".", "../..", "study"])
def test_a_link_that_leads_in_a_circle_is_named(results, tmp_path, to):
    link = tmp_path / "disk/study/t2d/loop"
    link.symlink_to(results if to == "study" else to)
    with pytest.raises(UserError, match=r"loop.*: a circular link; remove it"):
        files_below(results)


def test_a_link_to_itself_and_one_to_nothing_are_named(results):
    for name, to in (("self", "self"), ("gone", "nowhere")):
        (results / name).symlink_to(to)
        with pytest.raises(UserError, match=rf"{name}: a broken link.* remove it"):
            manifest(results)
        (results / name).unlink()


def test_a_pipe_is_named(results):
    os.mkfifo(results / "other/pipe")
    with pytest.raises(UserError, match="other/pipe: neither a file nor a folder"):
        manifest(results)


@pytest.mark.skipif(os.geteuid() == 0, reason="everything is open to root")
def test_a_folder_that_may_not_be_read_is_named(results):
    (results / "other").chmod(0)
    with pytest.raises(UserError, match=r"other: Permission denied; correct its rights"):
        manifest(results)


def test_hidden_files_and_those_left_out_are_not_listed(results):
    (results / ".lock").touch()
    (results / "logs").mkdir()
    (results / "logs/a.log").touch()
    (results / "study/t2d/.hidden").mkdir()
    (results / "study/t2d/.hidden/a").touch()
    assert list(manifest(results)["files"]) == NAMES
    assert "logs/a.log" in files_below(results)
