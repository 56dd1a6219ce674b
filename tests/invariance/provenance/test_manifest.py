"""A manifest lists every file of a finished run; any change since is found and named."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from invariance.provenance.manifest import manifest, verify
from transforms2d.errors import DamagedFileError, UserError
from transforms2d.files.signed import write_signed_json


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "results" / "run"
    for name in ("study/seed0/record.json", "figures/fig2.png", "config.yaml", "logs/a.log"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(random.Random(name).randbytes(3000))
    (folder / "study/seed0/.record.json.1.tmp").touch()
    write_signed_json(folder / "manifest.json", manifest(folder))
    return folder


def test_files_recipes_and_packages_are_listed(run):
    listed = json.loads((run / "manifest.json").read_text())
    assert list(listed["files"]) == ["config.yaml", "figures/fig2.png", "study/seed0/record.json"]
    assert listed["files"]["config.yaml"]["bytes"] == 3000
    assert listed["recipes"]["pretrain"] >= 1
    assert {"torch", "numpy", "snakemake"} <= set(listed["packages"])
    assert verify(run / "manifest.json") == []


def test_it_can_be_made_again_and_moved(run, tmp_path):
    before = (run / "manifest.json").read_bytes()
    write_signed_json(run / "manifest.json", manifest(run))
    assert (run / "manifest.json").read_bytes() == before
    run.rename(tmp_path / "elsewhere")
    assert verify(tmp_path / "elsewhere" / "manifest.json") == []


def test_any_flipped_bit_is_found(run):
    draw = random.Random(0)
    for _ in range(200):
        name = draw.choice(["config.yaml", "figures/fig2.png", "study/seed0/record.json"])
        data = bytearray((run / name).read_bytes())
        bit = draw.randrange(len(data) * 8)
        data[bit // 8] ^= 1 << bit % 8
        (run / name).write_bytes(data)
        (fault,) = verify(run / "manifest.json")
        assert fault == f"{run / name}: differs from the listed file (SHA-256)"
        data[bit // 8] ^= 1 << bit % 8
        (run / name).write_bytes(data)
    assert verify(run / "manifest.json") == []


def test_missing_cut_and_empty_files_are_found_and_later_ones_are_no_fault(run):
    (run / "report.html").write_text("made later")
    assert verify(run / "manifest.json") == []
    (run / "config.yaml").unlink()
    (run / "figures/fig2.png").write_bytes(b"")
    (run / "study/seed0/record.json").write_bytes(b"cut")
    assert [fault.split(": ")[1].split(" ")[0] for fault in verify(run / "manifest.json")] == [
        "missing",
        "differs",
        "differs",
    ]


def test_a_changed_manifest_is_refused(run):
    path = run / "manifest.json"
    path.write_text(path.read_text().replace("3000", "3001", 1))
    with pytest.raises(DamagedFileError, match=r"manifest\.json: damaged"):
        verify(path)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"files": {}}, "lists no files"),
        ({"files": None}, "lists no files"),
        ({"files": ["config.yaml"]}, "lists no files"),
        ({"format": 99}, "format 99, not 1"),
        ({"format": None}, "format None, not 1"),
        ({"files": {"../../outside": {}}}, "leads out"),
        ({"files": {"/etc/passwd": {}}}, "leads out"),
    ],
)
def test_a_manifest_that_says_nothing_of_these_files_is_refused(run, change, line):
    path = run / "manifest.json"
    write_signed_json(path, {**manifest(run), **change})
    with pytest.raises(UserError, match=line) as error:
        verify(path)
    assert str(path) in str(error.value) and "\n" not in str(error.value)


def test_a_manifest_without_files_and_one_that_is_a_folder_are_refused(run):
    path = run / "manifest.json"
    write_signed_json(path, {"format": 1})
    with pytest.raises(DamagedFileError, match="lists no files"):
        verify(path)
    with pytest.raises(UserError, match="a folder, not a file"):
        verify(run)


def test_a_name_that_is_no_text_is_named(run):
    name = os.fsencode(run) + b"/figures/\xff.png"
    Path(os.fsdecode(name)).touch()
    with pytest.raises(UserError, match=r"udcff\.png' is not UTF-8; rename or remove it"):
        manifest(run)


def test_the_command_line_tells_by_its_status(run, repository):
    def ask():
        return subprocess.run(
            [sys.executable, "-m", "invariance.provenance.manifest", run / "manifest.json"],
            env={**os.environ, "PYTHONPATH": str(repository / "workflow" / "lib")},
            capture_output=True,
            text=True,
            check=False,
        )

    assert ask().returncode == 0 and "every file matches the manifest" in ask().stdout
    (run / "config.yaml").write_text("changed")
    wrong = ask()
    assert wrong.returncode == 1
    assert f"{run / 'config.yaml'}: differs from the listed file" in wrong.stderr
    (run / "manifest.json").unlink()
    (said,) = ask().stderr.splitlines()
    assert "manifest.json: missing; make demo writes the manifest of results/demo" in said


def test_make_verify_computes_the_digests_anew(run, repository):
    def ask():
        return subprocess.run(
            [
                *("make", "--assume-old=setup", "verify"),  # what is installed stays as it is
                *(f"BIN={Path(sys.executable).parent}", f"MANIFEST={run / 'manifest.json'}"),
            ],
            cwd=repository,
            env={**os.environ, "PYTHONPATH": str(repository / "workflow" / "lib")},
            capture_output=True,
            text=True,
            check=False,
        )

    assert ask().returncode == 0 and "every file matches the manifest" in ask().stdout
    data = bytearray((run / "figures/fig2.png").read_bytes())
    data[100] ^= 1
    (run / "figures/fig2.png").write_bytes(data)
    wrong = ask()
    assert wrong.returncode != 0
    assert f"{run / 'figures/fig2.png'}: differs from the listed file" in wrong.stderr


def test_a_report_written_later_changes_nothing(tmp_path):
    (tmp_path / "fig2.csv").write_text("a\n")
    (tmp_path / "report.html").write_text("of today")
    path = tmp_path / "manifest.json"
    write_signed_json(path, manifest(tmp_path))
    (tmp_path / "report.html").write_text("of tomorrow")
    assert verify(path) == []
