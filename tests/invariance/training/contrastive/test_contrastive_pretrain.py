"""Pretraining under views, from settings to a plain network, for each objective."""

import json
import math

import pytest
import torch
import torch.nn.functional as F
from support.small_contrastive import (
    MOCO,
    OBJECTIVES,
    SUPERVISED,
    UNTRAINED,
    moved_and_lit,
    pretrain,
)
from support.small_training import Shard, make_shard
from torch import nn

from invariance import models
from invariance.jobs import device as devices
from invariance.training import features, resident
from invariance.training.contrastive import pretrain as module
from invariance.training.contrastive.split_norm import SplitBatchNorm
from invariance.training.contrastive.view_images import IMAGES, view_all
from transforms2d.errors import UserError


def equal(first, second):
    return all(torch.equal(tensor, second[name]) for name, tensor in first.items())


def normalised(images):
    return images.float() * torch.tensor(2 / 255) - 1


def plain_supervised(settings, images=90):
    """Cross-entropy on one view per epoch with torch's own SGD and rates of every step."""
    shard, network = make_shard(images), models.from_settings(settings)
    optimiser = torch.optim.SGD(
        network.parameters(), lr=0.06, momentum=0.9, weight_decay=5e-4, fused=True
    )
    for epoch in range(settings["epochs"]):
        views = moved_and_lit(shard.images, torch.arange(images), epoch)
        for step, rows in enumerate(resident.order(1, epoch, images).split(16)):
            done = (epoch + step / 6) / settings["epochs"]
            optimiser.param_groups[0]["lr"] = 0.06 * (1 + math.cos(math.pi * done)) / 2
            optimiser.zero_grad()
            F.cross_entropy(network.train()(normalised(views[rows])), shard.labels[rows]).backward()
            optimiser.step()
    return network.state_dict()


def test_the_supervised_counterpart_is_a_plain_loop_on_views(tmp_path):
    done = pretrain(SUPERVISED, tmp_path)
    with devices.session(torch.device("cpu"), 1):
        expected = plain_supervised(SUPERVISED)
    for name, tensor in done.model.state_dict().items():
        torch.testing.assert_close(tensor, expected[name], rtol=1e-3, atol=1e-5)
    assert not torch.equal(expected["head.weight"], models.from_settings(SUPERVISED).head.weight)


def test_moco_reads_no_label_to_train(tmp_path):
    first = pretrain(MOCO, tmp_path / "first")
    train, val = make_shard(90), make_shard(30, seed=1)
    other = module.pretrain(
        MOCO,
        Shard(train.images, 3 - train.labels),
        val,
        moved_and_lit,
        state_dir=tmp_path / "state",
        metrics_path=tmp_path / "metrics.jsonl",
        threads=1,
    )
    assert equal(first.model.state_dict(), other.model.state_dict())


@pytest.mark.parametrize("objective", ["moco", "supervised"])
def test_an_epoch_has_views_of_its_own(tmp_path, objective):
    drawn = []

    def views(images, indices, draw):
        drawn.append(draw)
        assert images.dtype == torch.uint8 and indices.tolist() == list(range(90))
        return moved_and_lit(images, indices, draw)

    pretrain(OBJECTIVES[objective], tmp_path, views=views)
    assert sorted(drawn) == list(range(6 if objective == "moco" else 3))


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_it_ends_as_a_plain_network_in_a_file(tmp_path, objective):
    settings = OBJECTIVES[objective]
    done = pretrain(settings, tmp_path)
    models.save(tmp_path / "model.safetensors", done.model, done.record["settings"])
    loaded, kept = models.load(tmp_path / "model.safetensors")
    assert kept == settings and type(loaded) is type(done.model)
    assert not any(isinstance(one, SplitBatchNorm) for one in loaded.modules())
    images = make_shard(20, seed=3).images
    found = features.extract(loaded, kept, images, batch_size=8, device="cpu")
    with torch.no_grad():
        expected = done.model.eval().head_input(normalised(images))
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    fresh = models.from_settings(settings)
    assert torch.equal(loaded.head.weight, fresh.head.weight) == (objective != "supervised")
    assert torch.equal(loaded.stem[0].weight, fresh.stem[0].weight) == (objective == "none")


def test_records_and_lines_say_what_was_done(tmp_path):
    done = pretrain(MOCO, tmp_path)
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [1, 2, 3]
    assert all(0 <= line["train_accuracy"] <= 1 for line in lines)
    assert [line["learning_rate"] for line in lines] == pytest.approx([0.06, 0.045, 0.015])
    record = done.record
    assert record["knn_accuracy"] == lines[-1]["knn_accuracy"] > 0.4  # classes are colours
    assert record["epochs_run"] == 3 and record["images_per_second"] > 0
    assert record["parameters"] == models.parameter_count(models.from_settings(MOCO))
    json.dumps(record)


def test_without_a_monitor_the_weights_are_the_same(tmp_path):
    with_one = pretrain(MOCO, tmp_path / "with")
    without = pretrain({**MOCO, "monitor": False}, tmp_path / "without")
    assert equal(with_one.model.state_dict(), without.model.state_dict())
    assert "knn_accuracy" not in (tmp_path / "without" / "metrics.jsonl").read_text()
    assert without.record["knn_accuracy"] == with_one.record["knn_accuracy"]


def test_an_untrained_network_has_the_statistics_of_its_images(tmp_path):
    done = pretrain(UNTRAINED, tmp_path)  # 90 images are fewer than 1,024: all of them
    assert (tmp_path / "metrics.jsonl").read_text() == ""
    assert done.record["epochs_run"] == 0 and done.record["images_per_second"] is None
    fresh, x = models.from_settings(UNTRAINED), normalised(make_shard(90).images)
    assert equal(dict(fresh.named_parameters()), dict(done.model.named_parameters()))
    with torch.no_grad():
        # Layers far from the input too: evaluation gives what training mode gives for this batch.
        theirs, ours = fresh.train().head_input(x), done.model.eval().head_input(x)
        torch.testing.assert_close(ours, theirs, rtol=0.05, atol=0.05)
        fresh_again = models.from_settings(UNTRAINED).eval().head_input(x)
        assert (fresh_again - theirs).abs().mean() > 10 * (ours - theirs).abs().mean()
        stem = nn.functional.conv2d(x, fresh.stem[0].weight, padding=1)
    torch.testing.assert_close(done.model.stem[1].running_mean, stem.mean((0, 2, 3)))
    torch.testing.assert_close(done.model.stem[1].running_var, stem.var((0, 2, 3)))
    assert all(one.momentum == 0.1 for one in done.model.modules() if hasattr(one, "momentum"))


def test_its_statistics_are_those_of_1024_images_at_random_rows(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(module, "set_statistics", lambda network, x: seen.append(x))
    pretrain({**UNTRAINED, "width": 2}, tmp_path, images=1100)
    rows = resident.order(1, 0, 1100)[:1024]
    torch.testing.assert_close(seen[0], normalised(make_shard(1100).images[rows]))


def test_views_of_many_images_are_those_of_each():
    images = torch.arange(IMAGES + 5).view(-1, 1, 1, 1).expand(-1, 3, 2, 2) % 251
    found = view_all(lambda x, index, draw: x + index.view(-1, 1, 1, 1) % 3 + draw, images, 7)
    expected = images + torch.arange(IMAGES + 5).view(-1, 1, 1, 1) % 3 + 7
    assert torch.equal(found, expected)


@pytest.mark.parametrize("change", [{"precision": "bf16"}, {"channels_last": True}])
def test_other_ways_to_compute(tmp_path, change):
    plain = pretrain(MOCO, tmp_path / "plain")
    other = pretrain({**MOCO, **change}, tmp_path / "other")
    first, second = (
        [json.loads(line)["train_loss"] for line in (tmp_path / name / "metrics.jsonl").open()]
        for name in ("plain", "other")
    )
    assert first == pytest.approx(second, rel=0.02) and first != second
    assert other.model.stem[0].weight.is_contiguous() and plain.record["epochs_run"] == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"objective": "simclr"}, "contrastive.objective: 'simclr' is not one of moco, supervised"),
        ({"queue": 16}, "contrastive.queue: a batch of 16 would replace all of its 16 keys"),
        ({"norm_splits": 9}, "contrastive.norm_splits: 9 parts of a batch of 16 have fewer than 2"),
        ({"key_momentum": 1.0}, "contrastive.key_momentum: 1.0 is not a number >= 0 and below 1"),
        ({"temperature": 0}, "contrastive.temperature: 0 is not a finite number > 0"),
        ({"schedule": "linear"}, "contrastive.schedule: 'linear' is not one of cosine_by_epoch"),
        ({"views": "ventral"}, "contrastive.views: 'ventral' is not a mapping"),
        ({"num_classes": 2}, "train: labels go from 0 to 3"),
        ({"image_size": 32}, r"train: images are torch.uint8 \[90, 3, 16, 16\]"),
        ({"objective": "supervised"}, "contrastive.dimension: unknown"),
        ({"learning_rate": 1e30}, "contrastive: the loss is not finite in epoch 1"),
    ],
)
def test_refusals(tmp_path, change, message):
    with pytest.raises(UserError, match=message) as caught:
        pretrain({**MOCO, **change}, tmp_path)
    assert "\n" not in str(caught.value)


def test_views_go_with_a_training(tmp_path):
    with pytest.raises(UserError, match="objective: 'moco' needs views"):
        pretrain(MOCO, tmp_path, views=None)
    with pytest.raises(UserError, match="'none' trains nothing and has no views"):
        module.pretrain(
            UNTRAINED,
            make_shard(9),
            make_shard(9),
            moved_and_lit,
            state_dir=tmp_path,
            metrics_path=tmp_path / "metrics.jsonl",
        )


def test_one_image_cannot_be_judged(tmp_path):
    where = {"state_dir": tmp_path, "metrics_path": tmp_path / "metrics.jsonl"}
    with pytest.raises(UserError, match="val: 1 image given"):
        module.pretrain(UNTRAINED, make_shard(9), make_shard(1), **where)


def test_views_of_another_kind_are_refused(tmp_path):
    with pytest.raises(UserError, match=r"images: torch\.float32"):
        pretrain(MOCO, tmp_path, views=lambda x, index, draw: x.float())
