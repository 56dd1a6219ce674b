"""Intermediates of a finished run, damaged: named in an error, or made again the same."""

import os
import random
import shutil

import pytest
from support.project import Project
from support.small_run import FACTORS, FOLDER, TARGETS, TRANSFER, content, run

pytestmark = [pytest.mark.faults, pytest.mark.timeout(3600)]
MODEL = "same/disjoint/n60/resnet-18"
# An intermediate, and a file that is made of it.
STEPS = {
    "base images": (f"{FOLDER}/base_images/images.safetensors", f"{FACTORS}/data/target/val"),
    "natural images": (
        f"{FOLDER}/natural_images/cifar10/test.safetensors",
        f"{TRANSFER}/sensitivity/image/rotate/resnet-18/record.json",
    ),
    "index": (f"{FOLDER}/base_images/index.json", f"{FOLDER}/base_images/images"),
    "shard": (f"{FACTORS}/data/target/train", f"{FACTORS}/probe/{MODEL}/heads"),
    "weights": (f"{FACTORS}/pretrain/{MODEL}/model", f"{FACTORS}/probe/{MODEL}/heads"),
    "features": (f"{FACTORS}/features/{MODEL}/features", f"{FACTORS}/probe/{MODEL}/heads"),
    "heads": (f"{FACTORS}/probe/{MODEL}/heads", f"{FACTORS}/finetune/{MODEL}/target.json"),
    "record": (
        f"{FACTORS}/probe/{MODEL}/record.json",
        f"{FOLDER}/invariance_vs_factors/results.csv",
    ),
    "table": (
        f"{FOLDER}/invariance_vs_factors/results.csv",
        f"{FOLDER}/figures/fig2.csv",
    ),
}


def path_of(name: str) -> str:
    return name if name.rpartition("/")[2].count(".") else f"{name}.safetensors"


def flipped(data: bytes) -> bytes:
    bit = random.Random(len(data)).randrange(len(data) * 8)
    broken = bytearray(data)
    broken[bit // 8] ^= 1 << bit % 8
    return bytes(broken)


HARMS = {
    "flipped": flipped,
    "cut": lambda data: data[: len(data) * 2 // 3],
    "empty": lambda data: b"",
    "deleted": None,
}
# With the time of the whole file, as a disk damages it: only what reads the file can notice it.
# With a time of its own, Snakemake's records are not of this file, and the workflow looks into it.
UNSEEN = {"flipped", "cut"}


@pytest.mark.parametrize("harm", HARMS)
@pytest.mark.parametrize("kind", STEPS)
def test_damage(finished_small, tmp_path, kind, harm):
    shutil.copytree(finished_small[0].folder, tmp_path / "project", symlinks=True)
    project = object.__new__(Project)
    project.folder = tmp_path / "project"
    damaged, made_of_it = map(path_of, STEPS[kind])
    whole = finished_small[1]
    if kind == "features":
        assert run(project, damaged, "--notemp", "--force").returncode == 0
    file, result = project.folder / damaged, project.folder / made_of_it
    if HARMS[harm] is None:
        file.unlink()
    else:
        time = file.stat().st_mtime_ns
        damage = HARMS[harm](file.read_bytes())
        file.write_bytes(damage)
        if harm in UNSEEN:
            os.utime(file, ns=(time, time))
    result.unlink()
    done = run(project, made_of_it)
    if done.returncode:
        assert not result.exists()
        named = [line for line in done.stdout.splitlines() if line.startswith("error: ")]
        assert named and all(damaged in line for line in named), done.stdout
        assert "delete it" in named[0] or "run the workflow again" in named[0]
        file.unlink()
    elif harm != "deleted":
        made_again = not file.exists() or file.read_bytes() != damage
        assert harm not in UNSEEN and made_again, f"damage of {damaged} was not noticed"
    mended = run(project, made_of_it, *TARGETS)
    assert mended.returncode == 0, mended.stdout
    assert content(project.folder / FOLDER) == whole
