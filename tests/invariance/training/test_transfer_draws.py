"""Transfers see several draws of a target's training images: epoch e uses draw e modulo k."""

import pytest
import torch
from support.small_images import small_base
from support.small_training import NETWORK

from invariance import models
from invariance.training import features, fine_tune, linear_probe
from invariance.training.heads.feature_set import FeatureSet
from invariance.training.resident import Resident
from transforms2d.base_images import BaseImages
from transforms2d.errors import UserError
from transforms2d.files.signed import read_tensors
from transforms2d.rendering.renderer import Renderer
from transforms2d.spec import DatasetSpec
from transforms2d.storage.shards import read_shard, write_shard

MODEL = {**NETWORK, "image_size": 32, "width": 4}
EXTRACTION = {"batch_size": 16, "precision": "fp32", "device": "cpu", "draws": 3}
PROBE = {
    **{"epochs": 5, "batch_size": 16, "learning_rate": 1e-2, "weight_decay": 0.0, "seed": 1},
    **{"schedule": "constant", "model_selection": "last_epoch", "device": "cpu"},
}
FINE_TUNING = {
    **{"samples": 20, "draws": 3, "epochs": 4, "decay_epochs": 4, "batch_size": 10, "seed": 5},
    **{"learning_rate": 1e-3, "model_selection": "last_epoch", "precision": "fp32"},
    **{"channels_last": False, "device": "cpu"},
}


@pytest.fixture(scope="module")
def base() -> BaseImages:
    return small_base(4, 1, 5)


@pytest.fixture(scope="module")
def job(base, tmp_path_factory):
    """A model, shards of a task with transformations (moving) and without (still), base images."""
    folder = tmp_path_factory.mktemp("job")
    targets = {}
    for target, transforms in {"moving": ("rotate", "noise"), "still": ()}.items():
        targets[target] = {}
        for split, samples in {"train": 50, "val": 20, "test": 30}.items():
            path = folder / f"{target}.{split}.safetensors"
            spec = DatasetSpec(split, samples, 1, classes=(0, 1, 2, 3), transforms=transforms)
            write_shard(path, spec, base)
            targets[target][split] = path
    model = folder / "model.safetensors"
    models.save(model, models.from_settings(MODEL), MODEL)
    base.save(folder / "images.safetensors")
    return model, targets, {"base": folder / "images.safetensors"}


def extracted(job, path, **change):
    model, targets, sources = job
    features.extract_to(path, model, targets, {**EXTRACTION, **change}, sources=sources)
    return features.read_features(path)


def test_features_are_those_of_each_draw_of_the_training_images(job, base, tmp_path):
    found = extracted(job, tmp_path / "f")["moving"]
    network = models.load(job[0])
    renderer = Renderer(read_shard(job[1]["moving"]["train"]).spec, base)
    assert len(found.train_draws) == 3
    for number, rows in enumerate(found.train_draws):
        images = renderer.render(range(50), draw=number).images
        expected = features.extract(*network, images, batch_size=16, device="cpu")
        assert torch.equal(rows, expected)
    assert torch.equal(found.train_draws[0], found.features["train"])
    assert not torch.equal(found.train_draws[1], found.train_draws[2])


def test_images_without_draws_have_their_features_once(job, tmp_path):
    assert extracted(job, tmp_path / "f")["still"].more_draws == ()
    names = [name for name in read_tensors(tmp_path / "f")[0] if "draw" in name]
    assert names == ["moving.train.draw1", "moving.train.draw2"]
    assert extracted(job, tmp_path / "one", draws=1)["moving"].more_draws == ()


def test_the_number_of_threads_changes_no_byte_of_a_head(job, tmp_path):
    before = torch.get_num_threads()
    found = []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        extracted(job, tmp_path / "f")
        linear_probe.run(tmp_path / "heads", tmp_path / "f", PROBE)
        found.append([(tmp_path / name).read_bytes() for name in ("f", "heads")])
    torch.set_num_threads(before)
    assert found[0] == found[1]


def test_epochs_of_a_probe_use_the_draws_in_turn(job, tmp_path):
    target = extracted(job, tmp_path / "f")["moving"]
    [(head, record)] = linear_probe.train_probes([target], PROBE)
    weight, bias = linear_probe.stacked_heads.fresh_head(4, target.features["train"].shape[1], 1)
    layer = torch.nn.Linear(*reversed(weight.shape))
    layer.load_state_dict({"weight": weight, "bias": bias})
    optimiser = torch.optim.Adam(layer.parameters(), lr=1e-2)
    for epoch in range(5):
        rows = target.train_draws[epoch % 3]
        for part in linear_probe.resident.order(1, epoch, 50).split(16):
            loss = torch.nn.functional.cross_entropy(
                layer(rows[part]), target.labels["train"][part]
            )
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    torch.testing.assert_close(head["weight"], layer.weight.detach(), rtol=1e-3, atol=1e-4)
    # Accuracy on the training split is that of the dataset itself, draw 0.
    logits = torch.nn.functional.linear(target.features["train"], head["weight"], head["bias"])
    right = int((logits.argmax(dim=1) == target.labels["train"]).sum())
    assert sum(record["counts"]["train"]["correct"]) == right


def test_heads_on_few_images_see_each_draw_of_them(job, tmp_path):
    extracted(job, tmp_path / "f")
    settings = {**PROBE, "samples": [10], "samples_seed": 2}
    linear_probe.run(tmp_path / "heads", tmp_path / "f", settings)
    target = features.read_features(tmp_path / "f")["moving"]
    rows = linear_probe.subset(target.labels["train"], 10, 2)
    few = FeatureSet(
        {**target.features, "train": target.features["train"][rows]},
        {**target.labels, "train": target.labels["train"][rows]},
        4,
        tuple(draw[rows] for draw in target.more_draws),
    )
    [(alone, _)] = linear_probe.train_probes([few], PROBE)
    head = linear_probe.read_head(tmp_path / "heads", "moving", 10)
    assert torch.equal(head["weight"], alone["weight"])


def test_epochs_of_a_fine_tuning_use_the_draws_in_turn(job, base, monkeypatch):
    model, targets, _ = job
    shards = {split: read_shard(path) for split, path in targets["moving"].items()}
    head = {"weight": torch.zeros(4, models.load(model)[0].head.in_features), "bias": torch.ones(4)}
    seen, replace = [], Resident.replace_images
    monkeypatch.setattr(
        Resident, "replace_images", lambda self, x: seen.append(x.clone()) or replace(self, x)
    )
    images = {"base": base, "natural": None}
    record = fine_tune.fine_tune(model, head, shards, FINE_TUNING, images=images)
    rows = fine_tune.subset(shards["train"].labels, 20, 5)
    renderer = Renderer(shards["train"].spec, base)
    drawn = [renderer.render(rows, draw=number).images for number in range(3)]
    assert torch.equal(drawn[0], shards["train"].images[rows])
    for number, epoch in zip([0, 1, 2, 0, 0], seen[3:], strict=True):  # the last is evaluated
        assert torch.equal(epoch, drawn[number])
    assert sum(record["counts"]["train"]["total"]) == 20
    frozen = fine_tune.fine_tune(model, head, shards, {**FINE_TUNING, "draws": 1})
    assert frozen["losses"][0] == record["losses"][0] and frozen["losses"] != record["losses"]


def test_images_of_something_else_are_refused(job, base):
    model, targets, _ = job
    shards = {split: read_shard(path) for split, path in targets["moving"].items()}
    head = {"weight": torch.zeros(4, models.load(model)[0].head.in_features), "bias": torch.ones(4)}
    other = BaseImages(
        base.objects.flip(3), torch.arange(4), base.backgrounds, list("abcd"), 32, "x"
    )
    with pytest.raises(UserError, match="made from other base images"):
        fine_tune.fine_tune(
            model, head, shards, FINE_TUNING, images={"base": other, "natural": None}
        )
