"""A small run, and what two runs must have in common to be the same."""

import copy
import hashlib
import json

from support.project import Project
from support.tiny_config import TINY

SPLITS = {"train": 60, "val": 20, "test": 30}
FEW = {"source": "procedural", "seed": 1, "train_per_class": 3, "test_per_class": 1}


def smaller(tiny: dict) -> dict:
    """All kinds of jobs, and as few of each as there can be: killing them takes long enough."""
    small = copy.deepcopy(tiny) | {"results": "results/small"}
    studies = small["studies"]
    factors = studies["invariance_vs_factors"]
    factors["target_samples"] = SPLITS
    factors["factors"]["class_relationship"] = ["disjoint"]
    factors["sizes"]["t2d"] |= {"default_samples": 60, "pretraining_samples": [60]}
    factors["sizes"]["t2d"]["target_samples"] = []
    studies["invariance_transfer"] |= {"classes": 3, "samples": SPLITS}
    small["natural_images"] = {"cifar10": {**FEW, "train_per_class": 20}, "cifar100": FEW}
    small["measures"]["natural"] = {"fit": 6, "scored": 4}  # of the test images of ten classes
    studies["contrastive"]["conditions"] |= {"supervised": []}
    studies["contrastive"]["groups"] |= {"backgrounds": None}
    studies["influence"]["masks"] |= {"kinds": ["bernoulli"], "repeated": 0}
    for name in ("irrelevant_features", "invariance_mismatch"):
        studies[name] = None
    return small


SMALL = smaller(TINY)
FOLDER = SMALL["results"]
FACTORS = f"{FOLDER}/invariance_vs_factors/t2d/seed0"
TRANSFER = f"{FOLDER}/invariance_transfer/t2d/seed0"
# Every stage at least once: a study to its figure, a sensitivity score, a study without models.
TARGETS = (
    f"{FOLDER}/figures/fig2.png",
    f"{TRANSFER}/sensitivity/image/rotate/resnet-18/record.json",
    f"{FOLDER}/influence/results.csv",
    f"{FOLDER}/config.yaml",
)
# Of how a result was made, not of what it is.
MEASURED = (
    "provenance",
    "sha256",
    "images_per_second",
    "seconds",
    "training_seconds",
)
# Made of what was measured.
APART = (
    *(".log", "ledger.csv", "ledger.html", "manifest.json"),
    *("overview.html", "overview.rst", "overview.txt"),
    *("ledger.csv.json", "overview.html.json"),
)


def content(folder) -> dict[str, str]:
    """Digest of every file of a finished run, without what is measured, by its path."""
    return {
        path.relative_to(folder).as_posix(): _digest(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith(APART)
    }


def _digest(path) -> str:
    data = path.read_bytes()
    if path.suffix == ".json":
        data = json.dumps(_plain(json.loads(data)), sort_keys=True).encode()
    elif path.suffix == ".jsonl":
        lines = [_plain(json.loads(line)) for line in data.splitlines()]
        data = json.dumps(lines, sort_keys=True).encode()
    return hashlib.sha256(data).hexdigest()


def _plain(value):
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items() if key not in MEASURED}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value


def new_project(folder) -> Project:
    project_folder = folder / "project"
    project_folder.mkdir()
    project = Project(project_folder)
    project.overlay(SMALL)
    return project


def run(project, *arguments, cores=2, timeout=3000):
    """Ask for ``TARGETS``, or for what the arguments name; those with a dash are options."""
    targets = [a for a in arguments if not a.startswith("-")] or list(TARGETS)
    options = [a for a in arguments if a.startswith("-")]
    config = str(project.folder / "config" / "overlay.yaml")
    return project.run(
        *targets, *options, "--cores", str(cores), "--configfile", config, timeout=timeout
    )
