"""A last batch of one image trains, where the network can normalise it or not."""

import pytest
import torch
from support.project import only
from support.small_training import SETTINGS, make_shard, on_cpu

from invariance import models
from invariance.config.schema_check import check
from invariance.studies.checks import ONE_VALUE
from invariance.training import pretrain, resident, steps
from transforms2d.errors import UserError

NETWORKS = [name for name in models.BUILDERS if name != "vit"]
TRAINING = {"batch_size": 4, "shuffle_seed": 0, "precision": "fp32"}


def build(name, size):
    return models.build(name, 3, seed=0, width=2, blocks_per_stage=1, image_size=size)


@pytest.mark.parametrize("size", [8, 9, 15, 16, 17, 24, 32])
@pytest.mark.parametrize("name", NETWORKS)
def test_networks_know_whether_they_train_on_one_image(name, size):
    model, image = build(name, size), torch.rand(1, 3, size, size)
    assert model.trains_on_one == (size > ONE_VALUE[name])
    if model.trains_on_one:
        assert model(image).shape == (1, 3)
    else:
        with pytest.raises(ValueError, match="more than 1 value per channel"):
            model(image)


@pytest.mark.parametrize(("samples", "size"), [(5, 4), (9, 2), (3, 2), (21, 20)])
@pytest.mark.parametrize("name", NETWORKS)
def test_an_epoch_with_a_last_batch_of_one(name, samples, size):
    model, shard = build(name, 8), make_shard(samples, classes=3, size=8)
    data = on_cpu(shard)
    optimiser = torch.optim.Adam(model.parameters())
    settings, taken = {**TRAINING, "batch_size": size}, []
    steps.train_epoch(model, optimiser, data, settings, 0, steps.classify(model), taken.append)
    assert len(taken) == samples // size  # one joined to the batch before


def sizes(samples, size, **how):
    shard = make_shard(samples)
    data = on_cpu(shard)
    rows = resident.order(0, 0, samples)
    read = list(data.batches(size, rows, **how))
    assert torch.equal(torch.cat([labels for _, labels in read]), shard.labels[rows])
    return [len(labels) for _, labels in read]


def test_only_a_row_that_is_alone_is_joined():
    assert sizes(9, 4) == [4, 4, 1]
    assert sizes(9, 4, join_one=True) == [4, 5]
    assert sizes(10, 4, join_one=True) == [4, 4, 2]
    assert sizes(8, 4, join_one=True) == [4, 4]
    assert sizes(1, 4, join_one=True) == [1]


def test_a_training_of_small_images_ends_well(tmp_path):
    settings = {**SETTINGS, "image_size": 8, "epochs": 1, "batch_size": 13}
    train, val = make_shard(27, size=8), make_shard(5, size=8)
    where = {"state_dir": tmp_path / "state", "metrics_path": tmp_path / "metrics.jsonl"}
    done = pretrain.pretrain(settings, train, val, val, **where)
    assert sum(done.record["counts"]["train"]["total"]) == 27
    with pytest.raises(
        UserError, match=r"pretrain.batch_size: with batches of 1 image \(27 in all\)"
    ):
        pretrain.pretrain({**settings, "batch_size": 1}, train, val, val, **where)


@pytest.mark.parametrize(
    ("section", "key"),
    [("pretraining", "pretraining.batch_size"), ("fine_tuning", "fine_tuning.batch_size")],
)
def test_batches_of_one_are_refused_before_any_job(config, repository, section, key):
    schema = repository / "workflow/schemas/config.schema.yaml"
    config["studies"] |= only("invariance_vs_factors")
    config[section]["batch_size"] = 1
    check(config, schema)
    config["image_size"] = 8
    with pytest.raises(UserError, match=rf"^{key}: with 1 image at image_size 8, densenet-121"):
        check(config, schema)


def test_samples_of_one_are_refused_before_any_job(config, repository):
    schema = repository / "workflow/schemas/config.schema.yaml"
    config["image_size"] = 8
    sizes = config["studies"]["invariance_vs_factors"]["sizes"]
    sizes["t2d"]["target_samples"] = [0.5, 1.0]
    check(config, schema)
    sizes["cifar10"]["fine_tuning_samples"] = [1, 50]
    key = r"studies.invariance_vs_factors.sizes.cifar10.fine_tuning_samples"
    with pytest.raises(UserError, match=f"^{key}: with 1 image at image_size 8, densenet-121"):
        check(config, schema)
    sizes["cifar10"]["fine_tuning_samples"] = [50]
    config["image_size"] = 16
    config["studies"]["invariance_transfer"]["samples"]["train"] = 1
    key = r"studies.invariance_transfer.samples.train: with 1 image at image_size 16, vgg-11"
    with pytest.raises(UserError, match=f"(?m)^{key}"):
        check(config, schema)
