"""Every kind of intermediate file, damaged: its reader names the file and what to do about it."""

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from dataset_case import small_base, small_natural
from training_case import SETTINGS

from invariance import features, models, probe
from invariance.data import load_images
from invariance.results import collect, read_record, write_record
from transforms2d.errors import UserError
from transforms2d.io import read_signed_json, write_signed_json
from transforms2d.shards import read_shard, write_shard
from transforms2d.spec import DatasetSpec

NETWORK = {**SETTINGS, "image_size": 32}
FLIPS = 1000  # of shards and of weights each
TRANSFORMS = ("translate", "hue", "noise")


@dataclass
class Kind:
    """A file and the functions of the workflow that read it."""

    path: Path
    readers: tuple[Any, ...]


@pytest.fixture(scope="module")
def kinds(tmp_path_factory) -> dict[str, Kind]:
    folder = tmp_path_factory.mktemp("kinds")
    base, natural = small_base(), small_natural(count=40)
    base.save(folder / "images.safetensors")
    natural.save(folder / "cifar10.safetensors")
    shards = {}
    for split in ("train", "val", "test"):
        shards[split] = folder / f"{split}.safetensors"
        spec = DatasetSpec(split, 30, 3, classes=(0, 1, 2, 4), transforms=TRANSFORMS)
        write_shard(shards[split], spec, base)
    model = folder / "model.safetensors"
    models.save(model, models.from_settings(NETWORK), NETWORK)
    computing = {"batch_size": 30, "precision": "fp32", "device": "cpu"}
    kept = folder / "features.safetensors"
    features.extract_to(kept, model, {"target": shards}, computing)
    heads = folder / "heads.safetensors"
    keys = ("epochs", "learning_rate", "weight_decay", "schedule", "device")
    settings = {**{key: SETTINGS[key] for key in keys}, "batch_size": 10, "seed": 0}
    probe.run(heads, kept, settings)
    record = folder / "record.json"
    cell = {"study": "s", "domain": "t2d", "seed": 0, "model": "m"}
    counts = {"test": {"correct": [3, 1], "total": [4, 6]}}
    evaluations = [{"target": "target", "counts": counts}]
    write_record(record, method="linear_probe", cell=cell, evaluations=evaluations)
    index = folder / "index.json"
    write_signed_json(index, {"class_names": ["a", "b"], "objects": [{"class": 0}, {"class": 1}]})
    return {
        "base images": Kind(
            folder / "images.safetensors", (lambda path: load_images({"base": path}, "train"),)
        ),
        "natural images": Kind(
            folder / "cifar10.safetensors",
            (lambda path: load_images({"natural_train": path}, "train"),),
        ),
        "shard": Kind(shards["train"], (read_shard,)),
        "weights": Kind(model, (models.load,)),
        "features": Kind(kept, (features.read_features, features.read_provenance)),
        "heads": Kind(heads, (lambda path: probe.read_head(path, "target"),)),
        "record": Kind(record, (read_record, lambda path: collect([path]))),
        "index": Kind(index, (read_signed_json,)),
    }


KINDS = (
    "base images",
    "natural images",
    "shard",
    "weights",
    "features",
    "heads",
    "record",
    "index",
)


def refused(kind: Kind, path: Path) -> None:
    for read in kind.readers:
        with pytest.raises(UserError) as error:
            read(path)
        message = str(error.value)
        assert str(path) in message and "\n" not in message
        assert "run the workflow again" in message or "ask the workflow" in message


@pytest.mark.parametrize("name", KINDS)
def test_flipped_bits_are_noticed(kinds, tmp_path, name):
    kind, draw = kinds[name], random.Random(name)
    for read in kind.readers:
        read(kind.path)
    whole, path = kind.path.read_bytes(), tmp_path / kind.path.name
    for _ in range(FLIPS if name in ("shard", "weights") else 200):
        bit = draw.randrange(len(whole) * 8)
        broken = bytearray(whole)
        broken[bit // 8] ^= 1 << bit % 8
        path.write_bytes(broken)
        refused(kind, path)


@pytest.mark.parametrize("name", KINDS)
def test_cut_empty_and_missing_files_are_noticed(kinds, tmp_path, name):
    kind, draw = kinds[name], random.Random(name)
    whole, path = kind.path.read_bytes(), tmp_path / kind.path.name
    for size in (0, 1, 8, len(whole) - 1, *(draw.randrange(len(whole)) for _ in range(20))):
        path.write_bytes(whole[:size])
        if path.suffix == ".json" and whole[:size].strip() == whole.strip():
            continue  # without its last line break it says the same
        refused(kind, path)
    path.write_bytes(whole + b"\0")
    refused(kind, path)
    path.unlink()
    refused(kind, path)


@pytest.mark.parametrize("name", KINDS[:-1])
@pytest.mark.parametrize("other", KINDS)
def test_one_kind_is_not_read_as_another(kinds, tmp_path, name, other):
    if name == other:
        return
    kind = kinds[name]
    path = tmp_path / kind.path.name
    path.write_bytes(kinds[other].path.read_bytes())
    with pytest.raises(UserError) as error:
        for read in kind.readers:
            read(path)
    assert str(path) in str(error.value) and "\n" not in str(error.value)


def test_the_weights_that_are_read_are_those_that_were_written(kinds):
    model, settings = models.load(kinds["weights"].path)
    written = models.from_settings(NETWORK).state_dict()
    assert settings == NETWORK
    assert all(torch.equal(tensor, written[name]) for name, tensor in model.state_dict().items())
