"""A full disk and read-only results: a clear error, no half file, and it goes on when mended."""

import os
import subprocess
import sys
from contextlib import contextmanager

import pytest
from support.small_run import FOLDER, run

from transforms2d.base_images import BaseImages

IMAGES = f"{FOLDER}/base_images/images.safetensors"
NATURAL = f"{FOLDER}/natural_images/cifar10/test.safetensors"
ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="mounting a file system needs root")


@contextmanager
def small_disk(folder, size):
    """A file system of its own in ``folder``; gives a function that mounts it anew."""
    folder.mkdir(parents=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    try:
        yield lambda how: subprocess.run(
            ["mount", "-o", f"remount,{how}", folder], check=True, capture_output=True
        )
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def files(folder):
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "logs" not in path.parts
    )


@ROOT
def test_a_full_disk(small_project):
    results = small_project.folder / FOLDER
    with small_disk(results, "48k") as mount_again:
        full = run(small_project, IMAGES, NATURAL)
        assert full.returncode != 0
        lines = [line for line in full.stdout.splitlines() if line.startswith("error: ")]
        assert any("No space left on device; make room on this disk" in line for line in lines)
        assert files(results) in (["base_images/index.json"], []), "half a file"
        mount_again("size=64m")
        mended = run(small_project, IMAGES, NATURAL)
        assert mended.returncode == 0, mended.stdout
        assert len(BaseImages.load(small_project.folder / IMAGES).objects) == 12


@ROOT
def test_read_only_results(small_project):
    results = small_project.folder / FOLDER
    with small_disk(results, "64m") as mount_again:
        mount_again("ro")
        refused = run(small_project, IMAGES)
        assert refused.returncode != 0
        assert "Read-only file system" in refused.stdout
        assert not list(results.rglob("*"))
        mount_again("rw")
        mended = run(small_project, IMAGES)
        assert mended.returncode == 0, mended.stdout


WRITER = """
import sys
from transforms2d.files.signed import write_tensors
import torch
write_tensors(sys.argv[1], {"x": torch.zeros(1 << 16)})
"""


@pytest.mark.parametrize("file", ["a.safetensors", "new/folder/a.safetensors"])
@ROOT
def test_a_writer_on_a_full_disk_keeps_what_was(tmp_path, repository, file):
    disk = tmp_path / "disk"
    with small_disk(disk, "64k"):
        target = disk / file
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(b"what was there before")
        done = subprocess.run(
            [sys.executable, "-c", WRITER, str(target)],
            env={**os.environ, "PYTHONPATH": str(repository / "workflow" / "lib")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode != 0 and "No space left on device" in done.stderr
        assert target.read_bytes() == b"what was there before"
        assert [path.name for path in target.parent.iterdir()] == ["a.safetensors"]
