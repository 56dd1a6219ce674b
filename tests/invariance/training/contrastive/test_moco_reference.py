"""MoCo beside a plain one: the queue a list, the loss, the momenta and the rates by hand."""

import copy
import json
import math

import pytest
import torch
from support.small_contrastive import MOCO, moved_and_lit, pretrain
from support.small_training import make_shard

from invariance import models
from invariance.jobs import device as devices
from invariance.training import resident
from invariance.training.contrastive.moco import MoCo
from invariance.training.contrastive.objectives import OPTIONS_OF_MOCO

IMAGES, BATCH = 90, 16
STEPS = 6  # of an epoch; the last has 10 images
SETTINGS = {**MOCO, "norm_splits": 1, "weight_decay": 1e-2, "monitor": False}


def normalised(images):
    return images.float() * torch.tensor(2 / 255) - 1


def rate(settings, epoch, step):
    done = epoch + (step / STEPS if settings["schedule"] == "cosine_by_step" else 0)
    return settings["learning_rate"] * (1 + math.cos(math.pi * done / settings["epochs"])) / 2


def loss_by_hand(queries, keys, queue, temperature):
    total = 0.0
    for query, key in zip(queries, keys, strict=True):
        own = query @ key / temperature
        others = [query @ old / temperature for old in queue]
        total = total + torch.log(own.exp() + sum(other.exp() for other in others)) - own
    return total / len(queries)


def by_hand(settings):
    """The weights and statistics of the query encoder, and the losses of the epochs."""
    start = MoCo(
        models.from_settings(settings),
        **{key: settings[key] for key in OPTIONS_OF_MOCO},
        seed=settings["init_seed"],
    )
    query, key, queue = copy.deepcopy(start.query), copy.deepcopy(start.query), list(start.queue)
    velocity = {name: torch.zeros_like(weight) for name, weight in query.named_parameters()}
    images, m, means = make_shard(IMAGES).images, settings["key_momentum"], []
    for epoch in range(settings["epochs"]):
        first, second = (
            normalised(moved_and_lit(images, torch.arange(IMAGES), 2 * epoch + n)) for n in (0, 1)
        )
        total = 0.0
        batches = resident.order(settings["shuffle_seed"], epoch, IMAGES).split(BATCH)
        for step, rows in enumerate(batches):
            query.zero_grad()
            q = query(first[rows])
            q = q / q.norm(dim=1, keepdim=True)
            with torch.no_grad():
                for slow, fast in zip(key.parameters(), query.parameters(), strict=True):
                    slow.copy_(m * slow + (1 - m) * fast)
                k = key(second[rows])
                k = k / k.norm(dim=1, keepdim=True)
            loss = loss_by_hand(q, k, queue, settings["temperature"])
            loss.backward()
            total += loss.item() * len(rows)
            with torch.no_grad():
                for name, weight in query.named_parameters():
                    pull = weight.grad + settings["weight_decay"] * weight
                    velocity[name] = 0.9 * velocity[name] + pull
                    weight -= rate(settings, epoch, step) * velocity[name]
            queue = (queue + list(k))[len(k) :]  # the oldest leave
        means.append(total / IMAGES)
    return query.state_dict(), means


@pytest.mark.parametrize("schedule", ["cosine_by_step", "cosine_by_epoch"])
def test_it_is_the_plain_one(tmp_path, schedule):
    settings = {**SETTINGS, "schedule": schedule}
    done = pretrain(settings, tmp_path)
    with devices.session(torch.device("cpu"), 1):
        expected, losses = by_hand(settings)
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert [line["train_loss"] for line in lines] == pytest.approx(losses, rel=1e-4)
    # The reference's last weights differ from its first ones by far more than the tolerance.
    fresh, found = models.from_settings(settings).state_dict(), done.model.state_dict()
    for name in found:
        if name.startswith("head."):
            assert torch.equal(found[name], fresh[name])
            continue
        torch.testing.assert_close(found[name], expected[name], rtol=1e-3, atol=1e-4)
    moved = (expected["stem.0.weight"] - fresh["stem.0.weight"]).abs().max()
    assert moved > 0.02
