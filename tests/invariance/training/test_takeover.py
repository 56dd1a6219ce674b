"""Two jobs of one training: the second waits for the first, and takes what the same run made."""

import multiprocessing
import os
import signal
import time
from pathlib import Path

import pytest
from support.small_training import SETTINGS, make_shard

from invariance import models
from invariance.jobs import file_lock
from invariance.records.results import read_record, write_record
from invariance.training import resident, resume
from invariance.training.pretrain import pretrain, run, training_identity

TRAIN, VAL, TEST = make_shard(60), make_shard(30, seed=1), make_shard(30, seed=2)
ONE_EPOCH = SETTINGS | {"epochs": 1}


def hold(state: Path, seconds: float, held, times):
    with resume.exclusive(state):
        times.append(("in", time.monotonic()))
        held.set()
        time.sleep(seconds)
        times.append(("out", time.monotonic()))


@pytest.fixture
def fork():
    context = multiprocessing.get_context("fork")
    with context.Manager() as manager:
        yield context, manager


def test_the_second_waits_until_the_first_is_done(tmp_path, fork):
    context, manager = fork
    held, times = context.Event(), manager.list()
    jobs = [
        context.Process(target=hold, args=(tmp_path / "resume", 1.5, held, times)) for _ in range(3)
    ]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join(20)
    moments = sorted(times, key=lambda one: one[1])
    assert [what for what, _ in moments] == ["in", "out"] * 3
    assert list(tmp_path.iterdir()) == []


def test_a_killed_job_keeps_nobody_waiting(tmp_path, fork):
    context, manager = fork
    held, times = context.Event(), manager.list()
    job = context.Process(target=hold, args=(tmp_path / "resume", 60, held, times))
    job.start()
    assert held.wait(10)
    os.kill(job.pid, signal.SIGKILL)
    job.join(10)
    started = time.monotonic()
    with resume.exclusive(tmp_path / "resume"):
        assert time.monotonic() - started < 5


def test_without_locks_nothing_is_waited_for(tmp_path, monkeypatch, caplog):
    def refuse(*_):
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(file_lock.fcntl, "flock", refuse)
    with resume.exclusive(tmp_path / "resume"):
        pass
    assert "cannot be locked" in caplog.text


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    outputs = {
        "model": folder / "model.safetensors",
        "metrics": folder / "metrics.jsonl",
        "record": folder / "record.json",
    }
    done = pretrain(
        ONE_EPOCH, TRAIN, VAL, TEST, state_dir=folder / "resume", metrics_path=outputs["metrics"]
    )
    models.save(outputs["model"], done.model, ONE_EPOCH)
    recipe = training_identity(ONE_EPOCH, TRAIN, VAL, TEST)["recipe"]
    write_record(
        outputs["record"],
        method="pretraining",
        cell={},
        evaluations=[],
        details=done.record,
        recipe=recipe,
    )
    return outputs


def test_what_this_run_made_is_taken(made):
    begun = min(path.stat().st_mtime for path in made.values()) - 1
    assert resume.is_finished(made, training_identity(ONE_EPOCH, TRAIN, VAL, TEST), begun)


def test_what_was_there_before_is_made_again(made):
    begun = max(path.stat().st_mtime for path in made.values()) + 1
    assert not resume.is_finished(made, training_identity(ONE_EPOCH, TRAIN, VAL, TEST), begun)


@pytest.mark.parametrize(
    ("settings", "train"),
    [
        (ONE_EPOCH | {"epochs": 2}, TRAIN),
        (ONE_EPOCH | {"init_seed": 9}, TRAIN),
        (ONE_EPOCH, make_shard(60, seed=5)),
    ],
)
def test_another_training_is_not_taken_for_this(made, settings, train):
    assert not resume.is_finished(made, training_identity(settings, train, VAL, TEST), 0)


def test_a_training_with_another_test_split_is_not_taken_for_this(made):
    other = make_shard(30, seed=6)
    assert not resume.is_finished(made, training_identity(ONE_EPOCH, TRAIN, VAL, other), 0)


def test_half_a_result_is_none(made, tmp_path):
    outputs = made | {"metrics": tmp_path / "missing.jsonl"}
    assert not resume.is_finished(outputs, training_identity(ONE_EPOCH, TRAIN, VAL, TEST), 0)


def test_a_job_hashes_its_images_once_and_leaves_what_another_made(tmp_path, monkeypatch):
    hashed, digest, read = [], resident.digest, {"train": TRAIN, "val": VAL, "test": TEST}
    monkeypatch.setattr(
        "invariance.provenance.input_images.read_split", lambda name, *_, **_more: read[name]
    )
    monkeypatch.setattr(resident, "digest", lambda *shards: hashed.append(1) or digest(*shards))
    names = {"model": "model.safetensors", "metrics": "metrics.jsonl", "record": "record.json"}
    outputs = {key: tmp_path / name for key, name in names.items()}
    files = {"dataset": {"data": dict.fromkeys(read)}, "shards": {"data": None}}

    def job(settings, began):
        run(
            {split: split for split in read},
            outputs,
            settings,
            config={},
            identities={**files, "pretrain": None},
            lineage={"cell": {}},
            run_started=began,
            threads=1,
            provenance=dict,
        )
        assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names.values())
        return {key: path.stat().st_mtime_ns for key, path in outputs.items()}

    first = job(ONE_EPOCH, began=0)
    assert len(hashed) == 1
    assert job(ONE_EPOCH, began=0) == first
    again = job(ONE_EPOCH, began=time.time() + 60)
    other = job(ONE_EPOCH | {"init_seed": 9}, began=0)
    assert all(first[key] < again[key] < other[key] for key in outputs)
    assert len(hashed) == 4
    details = read_record(outputs["record"])["details"]
    assert details["settings"]["init_seed"] == 9 and details["epochs_run"] == 1
