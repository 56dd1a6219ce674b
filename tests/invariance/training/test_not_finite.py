"""What is not finite is refused where it is read or made: as an answer it would be class 0."""

from types import SimpleNamespace

import pytest
import torch
from support.small_images import small_base
from support.small_training import SETTINGS, on_cpu

from invariance import models
from invariance.measures.sensitivity_score import RunningScore
from invariance.training import evaluation, features, fine_tune, linear_probe
from invariance.training.heads.feature_set import FeatureSet
from transforms2d.errors import UserError
from transforms2d.files.signed import write_tensors
from transforms2d.spec import DatasetSpec
from transforms2d.storage.shards import write_shard

NETWORK = {**SETTINGS, "image_size": 32, "learning_rate": 0.5}
COMPUTING = {"batch_size": 30, "precision": "fp32", "device": "cpu"}
PROBE = {
    **{key: SETTINGS[key] for key in ("learning_rate", "weight_decay", "schedule", "device")},
    **{"epochs": 1, "batch_size": 10, "seed": 0, "model_selection": "best_validation"},
}
NOT_FINITE = [float("nan"), float("inf"), -float("inf")]


def harmed(value, name="head.weight"):
    model = models.from_settings(NETWORK)
    with torch.no_grad():
        model.state_dict()[name].view(-1)[0] = value
    return model


@pytest.mark.parametrize("value", NOT_FINITE)
@pytest.mark.parametrize("name", ["head.weight", "first"])
def test_weights_are_neither_written_nor_read(tmp_path, value, name):
    first = next(n for n, t in models.from_settings(NETWORK).state_dict().items() if t.ndim)
    name = first if name == "first" else name
    model, path = harmed(value, name), tmp_path / "model.safetensors"
    line = rf"model\.safetensors: weights that are not finite, in {name}.*learning_rate below 0\.5"
    with pytest.raises(UserError, match=line):
        models.save(path, model, NETWORK)
    assert not path.exists()
    write_tensors(path, model.state_dict(), {"settings": NETWORK})
    with pytest.raises(UserError, match=line):
        models.load(path)


@pytest.fixture
def shards(tmp_path):
    paths = {}
    for split in ("train", "val", "test"):
        paths[split] = tmp_path / f"{split}.safetensors"
        write_shard(paths[split], DatasetSpec(split, 30, 3, classes=(0, 1, 2, 4)), small_base())
    return paths


def test_features_name_the_model_they_came_from(tmp_path, shards, monkeypatch):
    models.save(tmp_path / "model.safetensors", models.from_settings(NETWORK), NETWORK)
    plain, splits = features.extract, iter(shards)

    def extract(*given, **named):
        found = plain(*given, **named)
        if next(splits) == "test":
            found[3, 2] = float("nan")
        return found

    monkeypatch.setattr(features, "extract", extract)
    line = r"model\.safetensors: features of target\.test are not finite.*learning_rate"
    with pytest.raises(UserError, match=line):
        features.extract_to(
            tmp_path / "f.safetensors",
            tmp_path / "model.safetensors",
            {"target": shards},
            COMPUTING,
        )
    assert not (tmp_path / "f.safetensors").exists()


@pytest.mark.parametrize("value", NOT_FINITE)
@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_features_of_any_split_are_refused_by_the_probe(tmp_path, value, split):
    rows = {name: torch.randn(20, 6) for name in ("train", "val", "test")}
    labels = {name: torch.arange(20) % 2 for name in rows}
    whole = FeatureSet(rows, labels, 2)
    rows[split][3, 2] = value
    with pytest.raises(UserError, match=rf"features\.{split}"):
        FeatureSet(rows, labels, 2)
    with pytest.raises(UserError, match="not finite"):  # changed after it was checked
        linear_probe.train_probes([whole], PROBE)
    tensors = {f"t.{name}.features": rows[name] for name in rows}
    tensors |= {f"t.{name}.labels": labels[name] for name in labels}
    metadata = {
        "targets": {"t": {"num_classes": 2, "draws": 1, "specs": {name: {} for name in rows}}}
    }
    write_tensors(tmp_path / "features.safetensors", tensors, metadata)
    with pytest.raises(UserError, match=rf"features\.safetensors: features\.{split}"):
        features.read_features(tmp_path / "features.safetensors")


@pytest.mark.parametrize("value", NOT_FINITE)
def test_a_head_is_refused_by_its_file(tmp_path, value):
    heads = {"t.weight": torch.ones(2, 6), "t.bias": torch.tensor([0.0, value])}
    write_tensors(tmp_path / "heads.safetensors", heads, {"targets": ["t"]})
    with pytest.raises(UserError, match=r"heads\.safetensors: the head of 't' is not finite"):
        linear_probe.read_head(tmp_path / "heads.safetensors", "t")


@pytest.mark.parametrize("value", NOT_FINITE)
def test_outputs_are_not_counted(value):
    model = harmed(value)
    images = torch.randint(0, 256, (8, 3, 32, 32), dtype=torch.uint8)
    shard = SimpleNamespace(images=images, labels=torch.arange(8) % 4)
    data = on_cpu(shard, NETWORK["mean"], NETWORK["std"])
    with pytest.raises(UserError, match=r"outputs are not finite.*learning_rate"):
        evaluation.counts(model, data)


def test_a_fine_tuning_that_ends_diverged_is_not_counted(tmp_path, shards, monkeypatch):
    models.save(tmp_path / "model.safetensors", models.from_settings(NETWORK), NETWORK)
    settings = {
        **{"samples": 1.0, "epochs": 1, "decay_epochs": 1, "batch_size": 10, "learning_rate": 1e-3},
        **{"seed": 0, "model_selection": "last_epoch", "precision": "fp32"},
        **{"channels_last": False, "device": "cpu"},
    }
    train = fine_tune._train

    def diverge(model, *given):
        found = train(model, *given)
        torch.nn.init.constant_(model.head.weight, float("nan"))
        return found

    monkeypatch.setattr(fine_tune, "_train", diverge)
    model = models.from_settings(NETWORK)
    head = {"weight": model.head.weight.detach(), "bias": model.head.bias.detach()}
    from transforms2d.storage.shards import read_shard

    read = {split: read_shard(path) for split, path in shards.items()}
    with pytest.raises(UserError, match="not finite"):
        fine_tune.fine_tune(tmp_path / "model.safetensors", head, read, settings)


@pytest.mark.parametrize("value", NOT_FINITE)
def test_representations_have_no_sensitivity(value):
    score = RunningScore(["l2", "cosine"], "independent_pairs")
    first, second = torch.randn(6, 4), torch.randn(6, 4)
    first[2, 1] = value
    score.add(first, second)
    with pytest.raises(UserError, match=r"sensitivity\.\w+: .*not finite.*learning_rate"):
        score.result()
