"""The loop that all trainings share, beside a plain loop, and with a step that remembers."""

import copy
import math

import pytest
import torch
import torch.nn.functional as F
from support.small_training import SETTINGS, Shard, make_shard, on_cpu
from torch import nn

from invariance import models
from invariance.jobs import device as devices
from invariance.training import epochs, evaluation, optimisation, pretrain, resident, resume, steps
from transforms2d.errors import UserError

CPU = torch.device("cpu")
TRAIN, VAL = make_shard(150), make_shard(60, seed=1)
# Labels that contradict training: the first epochs are the best ones.
CONTRARY = Shard(VAL.images, (VAL.labels + 1) % 4)
TRAINING = {**SETTINGS, "schedule": "vit_paper", "weight_decay": 1e-3, "batch_size": 32}


@pytest.fixture(autouse=True)
def one_thread():
    with devices.session(CPU, 1):
        yield


def shared_loop(model, settings, val=CONTRARY, **how):
    def validate():
        found = evaluation.score(model, on_cpu(val), precision=settings["precision"])
        return {"val_accuracy": found.accuracy}

    optimiser = optimisation.adam(model.parameters(), 1e-3, settings["weight_decay"])
    how = {"name": "test", "validate": validate, **how}
    return epochs.train(model, optimiser, on_cpu(TRAIN), settings, steps.classify(model), **how)


def plain_loop(model, settings, val=CONTRARY):
    """What torch's own tutorials write, with our order and rates; the best weights and losses."""

    def normalised(images):
        return images.float() * torch.tensor(2 / 255) - 1

    best, best_accuracy, losses, low = None, -1.0, [], settings["precision"] == "bf16"
    optimiser = torch.optim.Adam(model.parameters(), weight_decay=1e-3, fused=True)
    for epoch in range(settings["epochs"]):
        for group in optimiser.param_groups:
            group["lr"] = 1e-3 * (epoch + 1) / 5
        model.train()
        total = 0.0
        for rows in resident.order(settings["shuffle_seed"], epoch, 150).split(32):
            optimiser.zero_grad()
            with torch.autocast("cpu", torch.bfloat16, enabled=low):
                loss = F.cross_entropy(model(normalised(TRAIN.images[rows])), TRAIN.labels[rows])
            loss.backward()
            optimiser.step()
            total += (loss.detach() * len(rows)).item()
        losses.append(total / 150)
        model.eval()
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=low):
            logits = model(normalised(val.images))
        accuracy = (logits.argmax(dim=1) == val.labels).sum().item() / len(val.labels)
        if accuracy > best_accuracy:
            best, best_accuracy = copy.deepcopy(model.state_dict()), accuracy
    return best, losses


def equal(first, second):
    return all(torch.equal(tensor, second[name]) for name, tensor in first.items())


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("architecture", ["resnet-18", "vit"])
def test_bit_for_bit_a_plain_loop(architecture, precision):
    settings = {**TRAINING, "architecture": architecture, "precision": precision, "epochs": 5}
    ours, theirs = (models.from_settings(settings) for _ in range(2))
    trained = shared_loop(ours, settings)
    best, losses = plain_loop(theirs, settings)
    assert equal(ours.state_dict(), best) and not ours.training
    assert [line["train_loss"] for line in trained.lines] == losses
    assert trained.kept_epoch < 5  # so that the weights are those of the best epoch, not the last
    assert not equal(ours.state_dict(), theirs.state_dict())


def test_the_last_epoch_needs_no_validation():
    settings = {**TRAINING, "epochs": 2, "model_selection": "last_epoch"}
    ours, theirs = (models.from_settings(settings) for _ in range(2))
    trained = shared_loop(ours, settings, validate=None)
    plain_loop(theirs, settings)
    assert equal(ours.state_dict(), theirs.state_dict())
    assert trained.kept_epoch == 2 and not any("val_accuracy" in line for line in trained.lines)


@pytest.mark.parametrize("schedule", ["cosine_by_step", "cosine_by_epoch", "constant"])
def test_the_rate_of_every_step(schedule):
    settings = {**TRAINING, "epochs": 3, "schedule": schedule, "model_selection": "last_epoch"}
    model, rates = models.from_settings(settings), []
    optimiser = optimisation.adam(model.parameters(), 1.0)
    optimiser.register_step_pre_hook(lambda *_: rates.append(optimiser.param_groups[0]["lr"]))
    train = {"name": "test", "show_progress": False}
    lines = epochs.train(
        model, optimiser, on_cpu(TRAIN), settings, steps.classify(model), **train
    ).lines
    # 150 images in batches of 32 are 5 steps of 3 epochs.
    done = {
        "cosine_by_step": [step / 15 for step in range(15)],
        "cosine_by_epoch": [step // 5 / 3 for step in range(15)],
        "constant": [0.0] * 15,
    }[schedule]
    assert rates == pytest.approx([1e-3 * (1 + math.cos(math.pi * part)) / 2 for part in done])
    assert [line["learning_rate"] for line in lines] == rates[::5]


class Contrast(nn.Module):
    """A network, its slow copy and a queue of keys: a step that hands more than weights on."""

    trains_on_one = True

    def __init__(self):
        super().__init__()
        torch.manual_seed(3)
        self.query = nn.Linear(3 * 16 * 16, 8)
        self.key = copy.deepcopy(self.query).requires_grad_(False)
        generator = torch.Generator().manual_seed(0)
        self.register_buffer("queue", torch.randn(40, 8, generator=generator))  # K x C
        self.register_buffer("oldest", torch.zeros((), dtype=torch.int64))

    def step(self, x, y):
        with torch.no_grad():
            for slow, fast in zip(self.key.parameters(), self.query.parameters(), strict=True):
                slow.lerp_(fast, 0.01)
            keys = self.key(x.flip(3).flatten(1))  # N x C
        queries = self.query(x.flatten(1))  # N x C
        positive = (queries * keys).sum(dim=1, keepdim=True)  # N x 1
        logits = torch.cat([positive, queries @ self.queue.T], dim=1)  # N x (1 + K)
        rows = (int(self.oldest) + torch.arange(len(keys))) % len(self.queue)
        self.queue = self.queue.index_copy(0, rows, keys)
        self.oldest = (self.oldest + len(keys)) % len(self.queue)
        return F.cross_entropy(logits, torch.zeros_like(y)), logits.argmax(dim=1) == 0


class Stop(Exception):
    """The end of the process between two epochs."""


def contrast(state, stop_after=None):
    model, settings = Contrast(), {**TRAINING, "epochs": 4, "model_selection": "last_epoch"}
    keeper = resume.Keeper(state, {"work": "contrast"})
    offer, offered = keeper.offer, []

    def kept(*state_of_epoch):
        offer(*state_of_epoch)
        offered.append(1)
        if len(offered) == stop_after:
            raise Stop

    keeper.offer = kept
    how = {"name": "contrast", "keeper": keeper}
    optimiser = optimisation.adam(model.query.parameters(), 1e-3)
    trained = epochs.train(model, optimiser, on_cpu(TRAIN), settings, model.step, **how)
    return model.state_dict(), [line["train_loss"] for line in trained.lines]


@pytest.mark.parametrize("stop_after", [1, 3])
def test_a_step_that_remembers_goes_on_to_the_same_bits(tmp_path, monkeypatch, stop_after):
    monkeypatch.setattr(resume, "WRITE_SHARE", 0)
    whole, losses = contrast(tmp_path / "whole")
    with pytest.raises(Stop):
        contrast(tmp_path / "stopped", stop_after)
    resumed, same_losses = contrast(tmp_path / "stopped")
    assert equal(whole, resumed) and losses == same_losses and len(losses) == 4
    fresh = Contrast().state_dict()
    assert not any(torch.equal(whole[name], fresh[name]) for name in fresh if name != "oldest")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_validation_that_is_not_finite_is_named(value):
    model = models.from_settings(TRAINING)
    line = (
        r"^test: the loss is not finite in epoch 1, at the validation after step 5; try a .*0\.001$"
    )
    with pytest.raises(UserError, match=line):
        shared_loop(model, TRAINING, validate=lambda: {"val_accuracy": 0.5, "val_loss": value})


def test_images_are_hashed_once_and_moved_to_the_device_once(tmp_path, monkeypatch):
    made = {"hashes": 0, "moves": 0}
    digest, replace = resident.digest, resident.Resident.replace_images

    def hashed(*shards):
        made["hashes"] += 1
        return digest(*shards)

    def moved(self, images):
        made["moves"] += 1
        replace(self, images)

    monkeypatch.setattr(resident, "digest", hashed)
    monkeypatch.setattr(resident.Resident, "replace_images", moved)
    where = {"state_dir": tmp_path / "state", "metrics_path": tmp_path / "metrics.jsonl"}
    done = pretrain.pretrain({**TRAINING, "epochs": 2}, TRAIN, VAL, VAL, **where)
    assert made == {"hashes": 1, "moves": 3}
    assert sum(done.record["counts"]["train"]["total"]) == 150
