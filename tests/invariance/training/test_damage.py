"""Every kind of intermediate file, damaged: its reader names the file and what to do about it."""

import errno
import logging
import os
import random
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from support.small_images import small_base, small_natural
from support.small_training import SETTINGS

from invariance import models
from invariance.jobs.context import REMEDIES, job
from invariance.measures import sensitivity
from invariance.provenance.input_images import load_images
from invariance.records.results import collect, read_record, write_record
from invariance.training import features, fine_tune, linear_probe
from transforms2d.errors import UserError
from transforms2d.files.signed import read_signed_json, write_signed_json
from transforms2d.spec import DatasetSpec
from transforms2d.storage.shards import read_shard, write_shard

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
    keys = ("epochs", "learning_rate", "weight_decay", "schedule", "model_selection", "device")
    settings = {**{key: SETTINGS[key] for key in keys}, "batch_size": 10, "seed": 0}
    linear_probe.run(heads, kept, settings)
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
        "heads": Kind(heads, (lambda path: linear_probe.read_head(path, "target"),)),
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
        assert "run the workflow again" in message or "make it with the workflow" in message


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


CHAIN = {"target": ("train", "val", "test")}
FINE_TUNING = {
    **{"samples": 1.0, "epochs": 1, "decay_epochs": 1, "batch_size": 10, "learning_rate": 1e-3},
    **{"seed": 0, "model_selection": "last_epoch", "precision": "fp32"},
    **{"channels_last": False, "device": "cpu"},
}


def chain(folder: Path, name: str, seed: int) -> dict:
    """Shards, weights, features and heads of one model, and what they must say they are of."""
    base, specs = small_base(), {}
    for split in CHAIN["target"]:
        spec = DatasetSpec(split, 30, seed, classes=(0, 1, 2, 4), transforms=TRANSFORMS)
        write_shard(folder / f"{split}.safetensors", spec, base)
        specs[split] = spec.to_dict()
    of = {"cell": {"model": name}, "data": {"seed": 7}}
    files = {"dataset": {"target": specs}, "pretrain": of}
    files["features"] = {**of, "targets": specs}
    files["linear_probe"] = {**files["features"], "linear_probe": {"epochs": 1}}
    network = models.from_settings(NETWORK)
    models.save(folder / "model.safetensors", network, NETWORK, files["pretrain"])
    return files


def extract(folder: Path, files: dict) -> None:
    shards = {split: folder / f"{split}.safetensors" for split in CHAIN["target"]}
    computing = {"batch_size": 30, "precision": "fp32", "device": "cpu"}
    out, model = folder / "features.safetensors", folder / "model.safetensors"
    features.extract_to(out, model, {"target": shards}, computing, identities=files)


def train_heads(folder: Path, files: dict) -> None:
    keys = ("learning_rate", "weight_decay", "schedule", "model_selection", "device")
    settings = {**{key: SETTINGS[key] for key in keys}, "epochs": 1, "batch_size": 10, "seed": 0}
    linear_probe.run(folder / "heads.safetensors", folder / "features.safetensors", settings, files)


def tune(folder: Path, files: dict) -> None:
    shards = {split: folder / f"{split}.safetensors" for split in CHAIN["target"]}
    model, heads = folder / "model.safetensors", folder / "heads.safetensors"
    fine_tune.run(model, heads, shards, [FINE_TUNING], "target", files)


def score(folder: Path, files: dict) -> None:
    settings = {
        **{"pairs": 4, "metrics": ["l2"], "normaliser": "independent_pairs", "batch_size": 4},
        **{"seed": 0, "precision": "fp32", "device": "cpu"},
    }
    sensitivity.run(folder / "model.safetensors", {}, {}, settings, files["pretrain"])


@pytest.fixture(scope="module")
def chains(tmp_path_factory) -> dict[str, tuple[Path, dict]]:
    made = {}
    for seed, name in enumerate(("same", "different")):
        folder = tmp_path_factory.mktemp(name)
        files = chain(folder, name, seed)
        for step in (extract, train_heads, tune, score):
            step(folder, files)
        made[name] = folder, files
    return made


SWAPS = [
    *((extract, f"{split}.safetensors", "seed") for split in CHAIN["target"]),
    (extract, "model.safetensors", "cell.model"),
    (train_heads, "features.safetensors", "cell.model"),
    *((tune, f"{split}.safetensors", "seed") for split in CHAIN["target"]),
    (tune, "model.safetensors", "cell.model"),
    (tune, "heads.safetensors", "cell.model"),
    (score, "model.safetensors", "cell.model"),
]


@pytest.mark.parametrize(("step", "name", "key"), SWAPS)
def test_an_intact_file_of_another_model_or_dataset_is_refused(chains, tmp_path, step, name, key):
    shutil.copytree(chains["same"][0], tmp_path / "copy")
    shutil.copy(chains["different"][0] / name, tmp_path / "copy" / name)
    refused_as_other(tmp_path / "copy", name, key, step, chains["same"][1])


@pytest.mark.parametrize("step", [extract, tune])
@pytest.mark.parametrize(("split", "other"), [("test", "train"), ("train", "val"), ("val", "test")])
def test_an_intact_shard_of_another_split_is_refused(chains, tmp_path, step, split, other):
    shutil.copytree(chains["same"][0], tmp_path / "copy")
    name = f"{split}.safetensors"
    shutil.copy(tmp_path / "copy" / f"{other}.safetensors", tmp_path / "copy" / name)
    refused_as_other(tmp_path / "copy", name, "split", step, chains["same"][1])


def refused_as_other(folder: Path, name: str, key: str, step, files: dict) -> None:
    with pytest.raises(UserError) as error:
        step(folder, files)
    message = str(error.value)
    assert message.startswith(f"{folder / name}: made for something else: {key} is "), message
    assert "delete it and run the workflow again" in message and "\n" not in message


def test_files_that_do_not_say_what_they_are_of_are_refused(chains, kinds):
    files = chains["same"][1]
    with pytest.raises(UserError, match="cell is missing"):
        models.load(kinds["weights"].path, files["pretrain"])
    with pytest.raises(UserError, match="cell is missing"):
        features.read_features(kinds["features"].path, files["features"])
    with pytest.raises(UserError, match="cell is missing"):
        linear_probe.read_head(kinds["heads"].path, "target", None, files["linear_probe"])


def test_natural_images_of_another_part_or_name_are_refused(tmp_path):
    path = tmp_path / "images.safetensors"
    small_natural(count=40).save(path)
    assert len(load_images({"natural_train": path}, "val", "cifar10")["natural"].labels) == 40
    with pytest.raises(UserError, match='something else: split is "train", not "test"'):
        load_images({"natural_test": path}, "test")
    with pytest.raises(UserError, match='something else: name is "cifar10", not "cifar100"'):
        load_images({"natural_train": path}, "train", "cifar100")
    with pytest.raises(UserError, match='something else: split is "train", not "test"'):
        sets = {"set": {"natural": "cifar10", "changes": ["hue"]}}
        sensitivity.run("model", sets, {"cifar10": path}, {})


@pytest.fixture
def kept_logging():
    """The root logger as it was: a job takes it for its own file."""
    root, raises = logging.getLogger(), logging.raiseExceptions
    handlers, level = root.handlers[:], root.level
    yield
    for handler in root.handlers[:]:
        if handler not in handlers:
            root.removeHandler(handler)
            handler.close()
    root.handlers[:], logging.raiseExceptions = handlers, raises
    root.setLevel(level)


@pytest.mark.parametrize("number", REMEDIES)
def test_what_the_system_refuses_is_told_in_one_line(tmp_path, kept_logging, number):
    with pytest.raises(SystemExit) as told, job(tmp_path / "job.log", 1):
        raise OSError(number, os.strerror(number), "some/file")
    line = f"some/file: {os.strerror(number)}; {REMEDIES[number]} and run the workflow again"
    assert told.value.code == f"error: {line}"
    log = (tmp_path / "job.log").read_text()
    assert line in log and "Traceback" not in log


def test_files_where_folders_must_be_are_told_in_one_line(tmp_path, kept_logging):
    (tmp_path / "file").touch()
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    places = {
        "file/a.json": errno.EEXIST,
        "file/new/a.json": errno.ENOTDIR,
        "folder.json": errno.EISDIR,
        "a/new/c.json": errno.ELOOP,
        f"{'x' * 300}.json": errno.ENAMETOOLONG,
    }
    for place, number in places.items():
        with pytest.raises(SystemExit) as told, job(tmp_path / "job.log", 1):
            write_signed_json(tmp_path / place, {"a": 1})
        assert os.strerror(number) in told.value.code and "\n" not in told.value.code
        assert REMEDIES[number] in told.value.code and str(tmp_path) in told.value.code


def test_a_mistake_of_the_code_keeps_its_traceback(tmp_path, kept_logging):
    with pytest.raises(ZeroDivisionError), job(tmp_path / "job.log", 1):
        print(1 / 0)
    assert "Traceback" in (tmp_path / "job.log").read_text()
