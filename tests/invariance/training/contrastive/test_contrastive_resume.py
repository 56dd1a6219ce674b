"""Pretrainings under views that are killed go on to the same bits."""

import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest
import torch
from support.small_contrastive import MOCO, OBJECTIVES, pretrain

from invariance.training import resume
from transforms2d.errors import UserError

EPOCHS = 8
TIMINGS = ("seconds", "images_per_second")


def program(repository, folder, objective):
    """Start the case as a process of its own."""
    paths = [repository / "workflow" / "lib", repository / "tests"]
    return subprocess.Popen(
        [
            *(sys.executable, repository / "tests/support/small_contrastive.py"),
            *(folder, objective, str(EPOCHS)),
        ],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, paths))},
        stderr=subprocess.PIPE,
    )


def metrics(folder):
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [{k: v for k, v in line.items() if k not in TIMINGS} for line in lines]


@pytest.mark.parametrize("objective", ["moco", pytest.param("supervised", marks=pytest.mark.slow)])
def test_sigkill_at_random_moments(repository, tmp_path, objective):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    for folder in (whole, killed):
        folder.mkdir()
    assert program(repository, whole, objective).wait(timeout=120) == 0

    moments, kills = random.Random(3), 0
    state = killed / "state" / resume.FILE
    while kills < 3:
        process = program(repository, killed, objective)
        # From the moment the state of this process' first epoch appears, somewhere in the epochs.
        before = state.stat().st_mtime_ns if state.exists() else None
        while process.poll() is None and (not state.exists() or state.stat().st_mtime_ns == before):
            time.sleep(0.001)
        time.sleep(moments.uniform(0, 0.2))
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)
        if process.returncode == 0:
            break
        kills += 1
        assert not (killed / "model.safetensors").exists()
        assert not (killed / "metrics.jsonl").exists()
    assert kills >= 2
    process = program(repository, killed, objective)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors.decode()
    assert metrics(killed) == metrics(whole) and len(metrics(whole)) == EPOCHS
    first, second = (folder / "model.safetensors" for folder in (whole, killed))
    assert first.read_bytes() == second.read_bytes()


class Interrupted(Exception):
    """Stands for the end of the process between two epochs."""


def stopped(folder, settings, stop_after):
    """Train in this process until ``stop_after`` states were written."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resume, "WRITE_SHARE", 0)
        written, write = [], resume.Keeper.offer

        def offer(*arguments):
            write(*arguments)
            written.append(1)
            if len(written) == stop_after:
                raise Interrupted

        patch.setattr(resume.Keeper, "offer", offer)
        with pytest.raises(Interrupted):
            pretrain(settings, folder)


def same_weights(first, second):
    theirs = second.state_dict()
    return all(torch.equal(tensor, theirs[name]) for name, tensor in first.state_dict().items())


@pytest.mark.parametrize("schedule", ["cosine_by_step", "cosine_by_epoch"])
@pytest.mark.parametrize("stop_after", [1, 2])
@pytest.mark.parametrize("objective", ["moco", "supervised"])
def test_stopped_after_every_epoch(tmp_path, objective, stop_after, schedule):
    settings = {**OBJECTIVES[objective], "schedule": schedule}
    whole = pretrain(settings, tmp_path / "whole")
    stopped(tmp_path / "stopped", settings, stop_after)
    done = pretrain(settings, tmp_path / "stopped")
    assert same_weights(done.model, whole.model)
    assert metrics(tmp_path / "stopped") == metrics(tmp_path / "whole")
    assert done.record["knn_accuracy"] == whole.record["knn_accuracy"]


def test_views_told_in_tuples_go_on_too(tmp_path):
    settings = {**MOCO, "views": {"group": "ventral", "crop_area": (0.2, 1.0)}}
    stopped(tmp_path, settings, 1)
    assert pretrain(settings, tmp_path).record["epochs_run"] == 3


@pytest.mark.parametrize("part", ["queue", "oldest", "key/"])
def test_every_part_of_the_state_matters(tmp_path, part, monkeypatch):
    """So equal bits after a kill are no accident of a state that nothing reads."""
    settings = {**MOCO, "epochs": 3}
    whole = pretrain(settings, tmp_path / "whole")
    stopped(tmp_path / "stopped", settings, 1)
    unpack = resume.unpack

    def damaged(tensors, *others):
        prefix = f"model/{part}".replace("key/", "key.stem.0")
        changed = {
            name: tensor * 0 + 1 if name.startswith(prefix) else tensor
            for name, tensor in tensors.items()
        }
        assert any(not torch.equal(changed[name], tensors[name]) for name in tensors)
        return unpack(changed, *others)

    monkeypatch.setattr(resume, "unpack", damaged)
    assert not same_weights(pretrain(settings, tmp_path / "stopped").model, whole.model)


@pytest.mark.parametrize(
    ("change", "key"),
    [({"temperature": 0.3}, "temperature"), ({"views": {"name": "others"}}, "views")],
)
def test_the_state_of_other_settings_is_refused(tmp_path, change, key):
    stopped(tmp_path, MOCO, 1)
    with pytest.raises(UserError, match=f"another {key} .*; delete the folder") as caught:
        pretrain({**MOCO, **change}, tmp_path)
    assert "\n" not in str(caught.value)
