"""Frozen features: the network as it was, normalised as it was trained, once for every image."""

import pytest
import torch
from support.small_images import small_base
from support.small_training import NETWORK
from torch import nn

from invariance import models
from invariance.training import features, linear_probe
from transforms2d.base_images import BaseImages
from transforms2d.errors import UserError
from transforms2d.files.signed import read_tensors, write_tensors
from transforms2d.spec import DatasetSpec
from transforms2d.storage.shards import read_shard, write_shard

SETTINGS = {"batch_size": 16, "precision": "fp32", "device": "cpu"}
WIDTH = {"resnet-18": 2, "resnet-50": 2, "densenet-121": 2, "vgg-11": 2, "vit": 16, "small-cnn": 2}


def model_settings(architecture: str = "resnet-18") -> dict:
    return {
        **NETWORK,
        "architecture": architecture,
        "width": WIDTH[architecture],
        "num_classes": 3,
        "init_seed": 1,
        "image_size": 32,
        "mean": [0.4, 0.5, 0.6],
        "std": [0.2, 0.25, 0.3],
        "channels_last": False,
    }


@pytest.fixture(params=WIDTH)
def network(request):
    """A network whose running statistics are not those of a fresh one."""
    settings = model_settings(request.param)
    model = models.from_settings(settings)
    model(torch.randn(8, 3, 32, 32, generator=torch.Generator().manual_seed(0)))
    return model, settings


@pytest.fixture
def images():
    generator = torch.Generator().manual_seed(1)
    return torch.randint(256, (37, 3, 32, 32), generator=generator, dtype=torch.uint8)


def test_features_are_what_the_head_reads(network, images):
    model, settings = network
    found = features.extract(model, settings, images, **SETTINGS)
    mean, std = (torch.tensor(settings[key]).view(1, 3, 1, 1) for key in ("mean", "std"))
    with torch.no_grad():
        expected = model.eval().head_input((images / 255 - mean) / std)
        logits = model((images / 255 - mean) / std)
    assert found.dtype == torch.float32 and found.shape == (37, model.head.in_features)
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(model.head(found), logits, rtol=1e-3, atol=1e-4)


def test_the_network_stays_as_it_was(network, images):
    model, settings = network
    before = {name: value.clone() for name, value in model.state_dict().items()}
    features.extract(model, settings, images, **SETTINGS)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert not any(module.training for module in model.modules())


def test_batches_and_layout_change_nothing_that_matters(images):
    settings = model_settings()
    model = models.from_settings(settings)
    plain = features.extract(model, settings, images, **SETTINGS)
    single = features.extract(model, settings, images, **{**SETTINGS, "batch_size": 1})
    inside = features.extract(model, {**settings, "channels_last": True}, images, **SETTINGS)
    torch.testing.assert_close(single, plain, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(inside, plain, rtol=1e-4, atol=1e-5)


def test_the_result_is_allocated_once():
    class Means(nn.Module):
        head = nn.Linear(3, 2)

        def head_input(self, x):
            return x.mean(dim=(2, 3))

    images = torch.zeros(500, 3, 4, 4, dtype=torch.uint8)
    with torch.profiler.profile(profile_memory=True) as profiler:
        features.extract(Means(), model_settings(), images, **{**SETTINGS, "batch_size": 1})
    whole = [e for e in profiler.events() if e.name == "aten::empty" and e.cpu_memory_usage >= 6000]
    assert len(whole) == 1


@pytest.fixture
def job(tmp_path):
    """A model and the three shards of a target task, as files."""
    base = small_base(4, 1, 5)
    shards = {}
    for split, samples in {"train": 50, "val": 20, "test": 30}.items():
        shards[split] = tmp_path / f"{split}.safetensors"
        spec = DatasetSpec(split=split, samples=samples, seed=1, classes=(0, 1, 2, 3))
        write_shard(shards[split], spec, base)
    model = tmp_path / "model.safetensors"
    models.save(model, models.from_settings(model_settings()), model_settings())
    return model, shards


def test_a_file_holds_every_split_of_a_target(job, tmp_path):
    model, shards = job
    path = tmp_path / "features.safetensors"
    features.extract_to(path, model, {"one": shards}, SETTINGS)
    found = features.read_features(path)["one"]
    assert found.num_classes == 4
    for split, shard in ((split, read_shard(path)) for split, path in shards.items()):
        assert torch.equal(found.labels[split], shard.labels)
        expected = features.extract(*models.load(model), shard.images, **SETTINGS)
        assert torch.equal(found.features[split], expected)
    _, metadata = read_tensors(path)
    assert metadata["model"] == model_settings()
    assert metadata["targets"]["one"]["specs"]["val"]["samples"] == 20
    again = tmp_path / "again.safetensors"
    features.extract_to(again, model, {"one": shards}, SETTINGS)
    assert again.read_bytes() == path.read_bytes()


def test_probes_run_from_files(job, tmp_path):
    model, shards = job
    path, heads = tmp_path / "features.safetensors", tmp_path / "heads.safetensors"
    features.extract_to(path, model, {"one": shards, "two": shards}, SETTINGS)
    settings = {
        "epochs": 3,
        "batch_size": 16,
        "learning_rate": 1e-3,
        "weight_decay": 0.0,
        "schedule": "constant",
        "model_selection": "best_validation",
        "seed": 1,
        "device": "cpu",
    }
    one, two = linear_probe.run(heads, path, settings)
    assert one == {**two, "target": "one"}
    assert sum(one["counts"]["test"]["total"]) == 30
    head = linear_probe.read_head(heads, "two")
    assert head["weight"].shape == (4, 16) and head["bias"].shape == (4,)


def test_splits_of_different_tasks_are_refused(job, tmp_path):
    model, shards = job
    base = BaseImages(
        torch.zeros(2, 4, 32, 32, dtype=torch.uint8),
        torch.arange(2),
        torch.zeros(1, 3, 32, 32, dtype=torch.uint8),
        list("ab"),
        32,
        "procedural",
    )
    write_shard(shards["val"], DatasetSpec(split="val", samples=9, seed=1, classes=(0, 1)), base)
    with pytest.raises(UserError, match=r"\[2, 4\] classes"):
        features.extract_to(tmp_path / "features.safetensors", model, {"one": shards}, SETTINGS)


def test_a_file_of_something_else_is_refused(tmp_path):
    path = tmp_path / "other.safetensors"
    write_tensors(path, {"train.features": torch.zeros(2, 3)}, {})
    with pytest.raises(UserError, match="other"):
        features.read_features(path)


@pytest.mark.parametrize("key", list(SETTINGS))
def test_bad_settings_are_named(key, tmp_path):
    with pytest.raises(UserError, match=rf"features\.{key}"):
        features.extract_to(tmp_path / "f", "model", {}, {**SETTINGS, key: "none"})
