"""Pretraining under the project's own views."""

import json

import pytest
import torch
from support.small_contrastive import MOCO, SUPERVISED, pretrain

from invariance.training.contrastive import view_images
from transforms2d.views import GROUPS, Views


def train(folder, group, settings=MOCO, seed=4):
    settings = {**settings, "views": {"group": group, "seed": seed}, "epochs": 2, "monitor": False}
    done = pretrain(settings, folder, views=Views(group, seed))
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return done.model.state_dict(), [line["train_loss"] for line in lines]


def equal(first, second):
    return all(torch.equal(tensor, second[name]) for name, tensor in first.items())


@pytest.mark.parametrize("group", GROUPS)
def test_every_group_trains(tmp_path, group):
    _, losses = train(tmp_path, group)
    assert len(losses) == 2 and all(0 < loss < 10 for loss in losses)


@pytest.mark.parametrize("settings", [MOCO, SUPERVISED], ids=["moco", "supervised"])
def test_weights_follow_from_the_views_and_not_from_their_batches(tmp_path, monkeypatch, settings):
    whole, _ = train(tmp_path / "whole", "default", settings)
    other, _ = train(tmp_path / "other", "default", settings, seed=5)
    monkeypatch.setattr(view_images, "IMAGES", 7)
    parts, _ = train(tmp_path / "parts", "default", settings)
    assert equal(whole, parts) and not equal(whole, other)
