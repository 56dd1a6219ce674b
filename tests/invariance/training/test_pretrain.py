"""Pretraining: what it learns, keeps, writes and refuses."""

import json
import logging

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from support.small_training import SETTINGS, Shard, make_shard, on_cpu

from invariance import models
from invariance.jobs import device as devices
from invariance.records.accuracy import accuracy
from invariance.training import evaluation, resident
from invariance.training.pretrain import pretrain
from transforms2d.errors import UserError

TRAIN, VAL, TEST = make_shard(300), make_shard(100, seed=1), make_shard(80, seed=2)


def run(folder, train=TRAIN, val=VAL, renderer=None, **change):
    return pretrain(
        SETTINGS | change,
        train,
        val,
        TEST,
        state_dir=folder / "state",
        metrics_path=folder / "metrics.jsonl",
        renderer=renderer,
        threads=1,
    )


def read_metrics(folder):
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def same_weights(first, second):
    theirs = second.state_dict()
    return all(torch.equal(tensor, theirs[name]) for name, tensor in first.state_dict().items())


def test_learns_and_reports(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    done = run(tmp_path, epochs=6)
    lines = read_metrics(tmp_path)
    assert [line["epoch"] for line in lines] == [1, 2, 3, 4, 5, 6]
    assert lines[-1]["train_accuracy"] > 0.9 and lines[-1]["train_loss"] < lines[0]["train_loss"]
    assert {"val_loss", "val_accuracy", "learning_rate", "seconds", "images_per_second"} < set(
        lines[0]
    )
    assert sum("epoch" in record.message for record in caplog.records) == 6
    record = done.record
    assert json.loads(json.dumps(record)) == record
    assert record["parameters"] == models.parameter_count(done.model)
    assert record["epochs_run"] == 6 and not done.model.training
    counts = record["counts"]
    assert counts["train"]["total"] == torch.bincount(TRAIN.labels, minlength=4).tolist()
    kept = lines[record["kept_epoch"] - 1]
    assert accuracy(counts, "val") == kept["val_accuracy"]


def test_the_kept_network_is_evaluated_on_the_test_split_of_its_own_task(tmp_path):
    done = run(tmp_path)
    with torch.no_grad():
        right = done.model(on_cpu(TEST)._normalised(TEST.images)).argmax(dim=1) == TEST.labels
    counts = done.record["counts"]
    assert counts["test"]["total"] == torch.bincount(TEST.labels, minlength=4).tolist()
    assert counts["test"]["correct"] == torch.bincount(TEST.labels[right], minlength=4).tolist()
    assert 0 <= accuracy(counts, "pooled_macro") <= 1


def test_is_a_plain_adam_loop(tmp_path):
    """The whole of two epochs, written again in the plainest way."""
    done = run(tmp_path, epochs=2, model_selection="last_epoch", weight_decay=1e-3)
    model = models.from_settings(SETTINGS)
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3, weight_decay=1e-3, fused=True)
    x = (TRAIN.images.float() / 255 - 0.5) / 0.5
    for epoch in range(2):
        for rows in resident.order(SETTINGS["shuffle_seed"], epoch, 300).split(64):
            loss = F.cross_entropy(model(x[rows]), TRAIN.labels[rows])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    for name, tensor in done.model.state_dict().items():
        torch.testing.assert_close(tensor, model.state_dict()[name], rtol=1e-3, atol=1e-4)
    assert resident.order(1, 0, 300)[-(300 % 64) :].numel() == 44


def test_deterministic_and_leaves_no_trace_in_torch(tmp_path):
    torch.manual_seed(3)
    before = torch.get_rng_state(), torch.are_deterministic_algorithms_enabled()
    first, second = run(tmp_path / "a"), run(tmp_path / "b")
    assert same_weights(first.model, second.model)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert torch.are_deterministic_algorithms_enabled() == before[1]
    other = run(tmp_path / "c", shuffle_seed=2)
    assert not same_weights(first.model, other.model)


@pytest.mark.parametrize("selection", ["best_validation", "last_epoch"])
def test_the_kept_model(tmp_path, selection):
    """Validation labels that contradict training make the first epochs the best ones."""
    val = Shard(VAL.images, (VAL.labels + 1) % 4)
    done = run(tmp_path, val=val, epochs=5, model_selection=selection)
    accuracies = [line["val_accuracy"] for line in read_metrics(tmp_path)]
    best = 1 + accuracies.index(max(accuracies))
    assert best < 5
    kept = best if selection == "best_validation" else 5
    assert (done.record["best_epoch"], done.record["kept_epoch"]) == (best, kept)
    again = run(tmp_path / "short", val=val, epochs=kept, model_selection="last_epoch")
    assert same_weights(done.model, again.model)


def test_fresh_draws(tmp_path):
    seen = []

    def renderer(epoch):
        seen.append(epoch)
        return make_shard(300, seed=0).images.roll(epoch, dims=3)

    fresh = run(tmp_path / "fresh", draws="fresh", renderer=renderer)
    assert seen == [0, 1, 2]
    fixed = run(tmp_path / "fixed")
    assert not same_weights(fresh.model, fixed.model)
    still = run(tmp_path / "still", draws="fresh", renderer=lambda epoch: TRAIN.images)
    assert same_weights(still.model, fixed.model)


@pytest.mark.parametrize("draws", ["fixed", "fresh"])
def test_draws_and_renderer_belong_together(tmp_path, draws):
    renderer = None if draws == "fresh" else (lambda epoch: TRAIN.images)
    with pytest.raises(UserError, match="renderer"):
        run(tmp_path, draws=draws, renderer=renderer)


@pytest.mark.parametrize("architecture", models.BUILDERS)
def test_every_architecture_trains(tmp_path, architecture):
    done = run(tmp_path, architecture=architecture, epochs=1, schedule="vit_paper")
    assert done.record["epochs_run"] == 1
    assert read_metrics(tmp_path)[0]["learning_rate"] == pytest.approx(2e-4)


@pytest.mark.parametrize(
    "change", [{"precision": "bf16"}, {"channels_last": True}, {"precision": "bf16", "width": 16}]
)
def test_faster_settings_learn_as_well(tmp_path, change):
    done = run(tmp_path, epochs=6, **change)
    assert accuracy(done.record["counts"], "train") > 0.9
    assert all(p.dtype == torch.float32 for p in done.model.parameters())
    weight = done.model.stem[0].weight
    assert weight.is_contiguous() and weight.device.type == "cpu"


@pytest.mark.slow
def test_compiled_training_learns_the_same(tmp_path):
    plain = run(tmp_path / "plain", epochs=2)
    compiled = run(tmp_path / "compiled", epochs=2, compile=True)
    for name, tensor in plain.model.state_dict().items():
        torch.testing.assert_close(tensor, compiled.model.state_dict()[name], rtol=0.1, atol=0.02)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA card")
@pytest.mark.parametrize("compiled", [False, True])
def test_cuda(tmp_path, compiled):
    change = {"device": "cuda", "precision": "bf16", "channels_last": True, "compile": compiled}
    done = run(tmp_path, epochs=6, **change)
    assert accuracy(done.record["counts"], "train") > 0.9
    assert next(done.model.parameters()).device.type == "cpu"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"learning_rat": 1}, "learning_rat: unknown; did you mean 'learning_rate'"),
        ({"learning_rate": float("nan")}, "learning_rate: nan is not a finite number > 0"),
        ({"learning_rate": True}, "learning_rate: True is not"),
        ({"epochs": 0}, "epochs: 0 is not a whole number >= 1"),
        ({"batch_size": 2.0}, "batch_size: 2.0 is not a whole number >= 1"),
        ({"schedule": "linear"}, "schedule: 'linear' is not one of constant"),
        ({"mean": [0.5]}, r"mean: \[0.5\] is not three finite numbers"),
        ({"std": [0.5, 0, 0.5]}, "is not three finite numbers > 0"),
        ({"compile": 1}, "compile: 1 is not one of True, False"),
        ({"image_size": 32}, r"train: images are torch.uint8 \[300, 3, 16, 16\]"),
        ({"num_classes": 3}, "train: labels go from 0 to 3; num_classes 3 asks for 0 to 2"),
        ({"device": "gpu"}, "device: 'gpu' is not one of auto, cpu, cuda"),
    ],
)
def test_refusals(tmp_path, change, message):
    with pytest.raises(UserError, match=message) as caught:
        run(tmp_path, **change)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_a_missing_setting_is_named(tmp_path):
    settings = {key: value for key, value in SETTINGS.items() if key != "epochs"}
    with pytest.raises(UserError, match=r"pretrain\.epochs: missing"):
        pretrain(settings, TRAIN, VAL, TEST, state_dir=tmp_path, metrics_path=tmp_path / "m")


def test_cuda_without_a_card(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    for name in ("SLURM_JOB_ID", "SLURM_STEP_GPUS", "SLURM_JOB_GPUS", "CUDA_VISIBLE_DEVICES"):
        monkeypatch.delenv(name, raising=False)
    assert devices.resolve("auto").type == "cpu"
    with pytest.raises(UserError, match=r"'cuda' was requested but torch sees no CUDA card .*cpu$"):
        devices.resolve("cuda")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    assert devices.resolve("auto").type == "cpu"
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    with pytest.raises(UserError, match="Slurm gave this job GPU 0 but torch sees no CUDA card"):
        devices.resolve("auto")
    assert devices.resolve("cpu").type == "cpu"


def test_jobs_take_a_card_each(monkeypatch, tmp_path):
    chosen = []
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 3)
    monkeypatch.setattr(torch.cuda, "set_device", chosen.append)
    monkeypatch.setattr(devices.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    with devices.own_card(), devices.own_card():
        assert chosen == [0, 1]
        # One that sees the last two alone, under numbers of its own.
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1,2")
        monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
        with devices.own_card(), devices.own_card():
            assert chosen == [0, 1, 1]
    with devices.own_card():
        assert chosen == [0, 1, 1, 0]
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with devices.own_card():
        assert chosen == [0, 1, 1, 0]


def test_order_is_a_function_of_seed_and_epoch():
    first = resident.order(7, 3, 1000)
    assert torch.equal(first, resident.order(7, 3, 1000))
    assert torch.equal(first.sort().values, torch.arange(1000))
    for other in (resident.order(7, 4, 1000), resident.order(8, 3, 1000)):
        assert (first == other).float().mean() < 0.05


@pytest.mark.parametrize("channels_last", [False, True])
def test_resident_batches(channels_last):
    mean, std = [0.1, 0.5, 0.9], [0.2, 0.3, 1.0]
    data = resident.Resident(
        TRAIN.images,
        TRAIN.labels,
        mean,
        std,
        device=torch.device("cpu"),
        channels_last=channels_last,
    )
    per_channel = np.array(mean).reshape(1, 3, 1, 1), np.array(std).reshape(1, 3, 1, 1)
    expected = (TRAIN.images.numpy() / 255 - per_channel[0]) / per_channel[1]
    rows = resident.order(0, 0, 300)
    for chosen, index in ((None, torch.arange(300)), (rows, rows)):
        got = list(data.batches(128, chosen))
        assert [len(y) for _, y in got] == [128, 128, 44]
        x = torch.cat([x for x, _ in got])
        np.testing.assert_allclose(x.numpy(), expected[index], atol=2e-6)
        assert torch.equal(torch.cat([y for _, y in got]), TRAIN.labels[index])
    layout = devices.memory_format(channels_last)
    assert got[0][0].is_contiguous(memory_format=layout) and data.images.dtype == torch.uint8


def test_counts_do_not_depend_on_the_batch_size():
    model = models.from_settings(SETTINGS)
    data = on_cpu(VAL)
    results = [evaluation.counts(model, data, batch_size=size) for size in (1, 7, 1000)]
    assert results[0] == results[1] == results[2]
    x = (VAL.images.float() / 255 - 0.5) / 0.5
    right = model.eval()(x).argmax(dim=1) == VAL.labels
    assert sum(results[0]["correct"]) == int(right.sum())
    for label in range(4):
        assert results[0]["correct"][label] == int(right[VAL.labels == label].sum())
