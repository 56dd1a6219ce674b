"""Trainings that are killed, damaged or diverge: they go on to the same bits, or say why not."""

import itertools
import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest
import torch
from support.small_training import SETTINGS, make_shard

from invariance import models
from invariance.training import optimisation, resume
from invariance.training import pretrain as pretraining
from transforms2d.errors import UserError

EPOCHS = 12
TIMINGS = ("seconds", "images_per_second")


def program(repository, folder, selection, channels_last):
    """Start the training case as a process of its own."""
    paths = [repository / "workflow" / "lib", repository / "tests"]
    return subprocess.Popen(
        [
            *(sys.executable, repository / "tests/support/small_training.py", folder),
            *(str(EPOCHS), selection, str(channels_last)),
        ],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, paths))},
        stderr=subprocess.PIPE,
    )


def metrics(folder):
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [{k: v for k, v in line.items() if k not in TIMINGS} for line in lines]


@pytest.mark.parametrize(
    ("selection", "channels_last"),
    [
        ("best_validation", True),
        pytest.param("last_epoch", False, marks=pytest.mark.slow),
    ],
)
def test_sigkill_at_random_moments(repository, tmp_path, selection, channels_last):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    for folder in (whole, killed):
        folder.mkdir()
    assert program(repository, whole, selection, channels_last).wait(timeout=120) == 0

    moments, kills = random.Random(7), 0
    state = killed / "state" / resume.FILE
    while kills < 3:
        process = program(repository, killed, selection, channels_last)
        # From the moment the state of this process' first epoch appears, somewhere in the epochs.
        before = state.stat().st_mtime_ns if state.exists() else None
        while process.poll() is None and (not state.exists() or state.stat().st_mtime_ns == before):
            time.sleep(0.001)
        time.sleep(moments.uniform(0, 0.1))
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)
        if process.returncode == 0:
            break
        kills += 1
        assert not (killed / "model.safetensors").exists()
        assert not (killed / "metrics.jsonl").exists()
    assert kills >= 2
    process = program(repository, killed, selection, channels_last)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors.decode()
    assert metrics(killed) == metrics(whole)
    first, second = (folder / "model.safetensors" for folder in (whole, killed))
    assert first.read_bytes() == second.read_bytes()


class Interrupted(Exception):
    """Stands for the end of the process between two epochs."""


def train(folder, *, stop_after=None, **change):
    """Train in this process; stop when ``stop_after`` states were written."""
    settings = SETTINGS | change
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resume, "WRITE_SHARE", 0)
        if stop_after is not None:
            written, write = [], resume.Keeper.offer

            def offer(*arguments):
                write(*arguments)
                written.append(1)
                if len(written) == stop_after:
                    raise Interrupted

            patch.setattr(resume.Keeper, "offer", offer)
        return pretraining.pretrain(
            settings,
            make_shard(300),
            make_shard(100, seed=1),
            make_shard(60, seed=2),
            state_dir=folder / "state",
            metrics_path=folder / "metrics.jsonl",
            threads=1,
        )


def same_weights(first, second):
    theirs = second.state_dict()
    return all(torch.equal(tensor, theirs[name]) for name, tensor in first.state_dict().items())


@pytest.mark.parametrize("stop_after", [1, 2, 3])
@pytest.mark.parametrize("architecture", ["resnet-18", "vit"])
def test_stopped_after_every_epoch(tmp_path, stop_after, architecture):
    change = {"architecture": architecture, "schedule": "vit_paper", "weight_decay": 1e-5}
    whole = train(tmp_path / "whole", **change)
    with pytest.raises(Interrupted):
        train(tmp_path / "stopped", stop_after=stop_after, **change)
    done = train(tmp_path / "stopped", **change)
    assert same_weights(done.model, whole.model)
    assert metrics(tmp_path / "stopped") == metrics(tmp_path / "whole")
    for key in ("counts", "kept_epoch", "best_epoch", "epochs_run"):
        assert done.record[key] == whole.record[key]
    resume.discard(tmp_path / "stopped" / "state")
    assert not (tmp_path / "stopped" / "state").exists()
    resume.discard(tmp_path / "stopped" / "state")


def test_networks_that_draw_while_they_train(tmp_path, monkeypatch):
    """Dropout draws from torch's generator, which follows from (seed, epoch)."""

    class WithDropout(models.Network):
        def __init__(self, options):
            super().__init__()
            self.representation_dim = 3 * options.image_size**2
            self.head = torch.nn.Linear(self.representation_dim, options.num_classes)
            self.dropout = torch.nn.Dropout(0.5)

        def head_input(self, x):
            return self.dropout(x.flatten(1))

    monkeypatch.setitem(models.BUILDERS, "vgg-11", WithDropout)
    whole = train(tmp_path / "whole", architecture="vgg-11")
    with pytest.raises(Interrupted):
        train(tmp_path / "stopped", stop_after=1, architecture="vgg-11")
    torch.manual_seed(99)
    assert same_weights(train(tmp_path / "stopped", architecture="vgg-11").model, whole.model)


@pytest.mark.parametrize(
    ("change", "key"),
    [({"learning_rate": 2e-3}, "learning_rate"), ({"epochs": 9}, "epochs")],
)
def test_the_state_of_other_settings_is_refused(tmp_path, change, key):
    with pytest.raises(Interrupted):
        train(tmp_path, stop_after=1)
    before = (tmp_path / "state" / resume.FILE).read_bytes()
    with pytest.raises(UserError, match=f"another {key} .*; delete the folder") as caught:
        train(tmp_path, **change)
    assert "\n" not in str(caught.value) and str(tmp_path) in str(caught.value)
    assert (tmp_path / "state" / resume.FILE).read_bytes() == before


def test_the_state_of_other_data_is_refused(tmp_path):
    with pytest.raises(Interrupted):
        train(tmp_path, stop_after=1)
    with pytest.raises(UserError, match="another data"):
        pretraining.pretrain(
            SETTINGS,
            make_shard(300, seed=9),
            make_shard(100, seed=1),
            make_shard(60, seed=2),
            state_dir=tmp_path / "state",
            metrics_path=tmp_path / "metrics.jsonl",
        )


@pytest.mark.parametrize("damage", ["flip", "cut", "empty"])
def test_damaged_state_starts_from_scratch(tmp_path, damage, caplog):
    whole = train(tmp_path / "whole")
    with pytest.raises(Interrupted):
        train(tmp_path / "stopped", stop_after=2)
    state = tmp_path / "stopped" / "state" / resume.FILE
    content = bytearray(state.read_bytes())
    if damage == "flip":
        content[len(content) // 2] ^= 1
    state.write_bytes({"flip": content, "cut": content[:-100], "empty": b""}[damage])
    unfinished = state.with_name(f".{resume.FILE}.123.tmp.safetensors")
    unfinished.write_bytes(b"half")
    done = train(tmp_path / "stopped")
    assert "damaged; training starts from scratch" in caplog.text
    assert same_weights(done.model, whole.model)
    assert not unfinished.exists()


def test_states_are_written_in_proportion_to_their_cost(tmp_path, monkeypatch):
    model = models.from_settings(SETTINGS)
    optimiser = torch.optim.Adam(model.parameters())
    keeper = resume.Keeper(tmp_path, {})
    now = [0.0]
    monkeypatch.setattr(resume.time, "monotonic", lambda: now[0])
    write = resume.write_tensors

    def slow_write(*arguments):
        now[0] += 2.0
        write(*arguments)

    monkeypatch.setattr(resume, "write_tensors", slow_write)
    written = []
    for _ in range(300):
        now[0] += 1.0
        if keeper.offer(model, optimiser, None, {}):
            written.append(now[0])
    assert written[0] == 3.0
    gaps = [later - earlier for earlier, later in itertools.pairwise(written)]
    assert gaps and all(gap == 2.0 + 2.0 * resume.WRITE_SHARE for gap in gaps)


def test_a_loss_that_is_not_finite(tmp_path):
    """A huge rate breaks the second epoch; the state of the first stays usable."""
    with pytest.raises(Interrupted):
        train(tmp_path, stop_after=1)
    good = (tmp_path / "state" / resume.FILE).read_bytes()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(optimisation, "learning_rate", lambda *_: 1e30)
        with pytest.raises(UserError, match=r"not finite in epoch 2, at step [2-5];") as caught:
            train(tmp_path)
    assert "learning_rate below 0.001" in str(caught.value) and "\n" not in str(caught.value)
    assert (tmp_path / "state" / resume.FILE).read_bytes() == good
    assert not (tmp_path / "metrics.jsonl").exists()
    whole = train(tmp_path / "whole")
    assert same_weights(train(tmp_path).model, whole.model)


def test_advice_for_low_precision(tmp_path):
    with pytest.raises(UserError, match="or precision fp32"):
        train(tmp_path, learning_rate=1e38, precision="bf16")
