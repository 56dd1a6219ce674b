"""A pretraining under views from files to files, as its job runs it."""

import json
import time

import pytest
import torch
from support.small_contrastive import OBJECTIVES
from support.small_training import make_shard

from invariance import models
from invariance.records.record_checks import check_record
from invariance.records.results import read_record
from invariance.training.contrastive import run as module
from invariance.training.contrastive.pretrain import pretrain
from transforms2d import Views

NAMES = {"model": "model.safetensors", "metrics": "metrics.jsonl", "record": "record.json"}
VIEWS = {"group": "ventral", "seed": 5, "crop_area": [0.3, 1.0]}
CELL = {"study": "contrastive", "domain": "t2d", "seed": 0, "model": "moco/ventral/resnet-18"}
SHARDS = {"train": make_shard(90), "val": make_shard(30, seed=1)}


@pytest.fixture
def shards(monkeypatch):
    monkeypatch.setattr(module, "read_split", lambda name, *_, **_more: SHARDS[name])


def job(folder, settings, began=0.0) -> dict:
    outputs = {key: folder / name for key, name in NAMES.items()}
    files = {"dataset": {"source": dict.fromkeys(SHARDS)}, "shards": {"source": None}}
    module.run(
        {split: split for split in SHARDS},
        outputs,
        settings,
        config={},
        identities={**files, "contrastive": {"cell": CELL}},
        lineage={"cell": CELL},
        run_started=began,
        threads=1,
        provenance=dict,
    )
    assert sorted(path.name for path in folder.iterdir()) == sorted(NAMES.values())
    return outputs


def described(objective: str) -> dict:
    settings = dict(OBJECTIVES[objective])
    return settings | ({"views": VIEWS} if "views" in settings else {})


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_each_objective_leaves_a_network_and_a_whole_record(tmp_path, shards, objective):
    outputs = job(tmp_path, described(objective))
    record = read_record(outputs["record"])
    check_record(outputs["record"], record)
    [evaluation] = record["evaluations"]
    assert evaluation["scores"] == {"knn_accuracy": record["details"]["knn_accuracy"]}
    assert record["details"]["networks"] == (objective != "none")
    lines = [json.loads(line) for line in outputs["metrics"].read_text().splitlines()]
    assert len(lines) == record["details"]["epochs_run"] == (0 if objective == "none" else 3)
    network, settings = models.load(outputs["model"], {"cell": CELL})
    assert settings["objective"] == objective and not network.training


def test_views_are_those_that_the_settings_describe(tmp_path, shards):
    (tmp_path / "job").mkdir()
    saved, _ = models.load(job(tmp_path / "job", described("moco"))["model"])
    for crop, same in (([0.3, 1.0], True), ([0.9, 1.0], False)):
        views = Views("ventral", 5, {"crop_area": crop})
        places = {"state_dir": tmp_path / f"{same}", "metrics_path": tmp_path / f"{same}.jsonl"}
        alone = pretrain(described("moco"), *SHARDS.values(), views, threads=1, **places)
        state = alone.model.state_dict()
        equal = [torch.equal(one, state[name]) for name, one in saved.state_dict().items()]
        assert all(equal) == same


def test_what_another_job_of_the_run_made_is_left(tmp_path, shards):
    def times(settings, began):
        return [path.stat().st_mtime_ns for path in job(tmp_path, settings, began).values()]

    settings = {**described("moco"), "epochs": 1}
    first = times(settings, 0)
    assert times(settings, 0) == first
    again = times(settings, time.time() + 60)
    other = times({**settings, "views": {**VIEWS, "seed": 6}}, 0)
    assert all(a < b < c for a, b, c in zip(first, again, other, strict=True))
