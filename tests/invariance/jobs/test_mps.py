"""``device: mps``: refused where there is no such GPU; on a stand-in, the numbers of the CPU."""

import time
from types import SimpleNamespace

import pytest
import torch
from support.faked_mps import MPS, OnMps, faked_mps
from support.small_images import small_base
from support.small_training import SETTINGS, make_shard

from invariance import models
from invariance.jobs import context, cuda_driver, device
from invariance.measures import sensitivity
from invariance.training import (
    evaluation,
    features,
    fine_tune,
    linear_probe,
    optimisation,
    pretrain,
    resident,
    steps,
)
from invariance.training.heads.feature_set import FeatureSet
from transforms2d import apply, sample
from transforms2d.errors import UserError
from transforms2d.rendering.renderer import Renderer
from transforms2d.spec import DatasetSpec

# What torch knows of the stand-in is that its numbers lie nowhere.
pytestmark = pytest.mark.filterwarnings("ignore:.*to a meta parameter")


@pytest.fixture
def mac(monkeypatch):
    with faked_mps(monkeypatch):
        yield


def test_the_stand_in_refuses_what_mps_refuses(mac):
    there = torch.ones(3).to(MPS)
    assert type(there) is OnMps and there.device == MPS and (there + 1).sum().item() == 6
    for wrong in (
        there.double,
        lambda: torch.ones(3, dtype=torch.float64).to(MPS),
        lambda: torch.zeros(3, dtype=torch.float64, device=MPS),
        lambda: there + torch.ones(3),
    ):
        with pytest.raises((TypeError, RuntimeError)):
            wrong()
    assert type(there.cpu()) is torch.Tensor


def test_what_is_no_mac_is_refused_before_torch_is_imported(monkeypatch):
    monkeypatch.setattr(cuda_driver.sys, "platform", "linux")
    with pytest.raises(
        UserError, match="'mps' is the GPU of a Mac, and this is not a Mac; set device:"
    ):
        cuda_driver.require_driver("mps")
    monkeypatch.setattr(cuda_driver.sys, "platform", "darwin")
    cuda_driver.require_driver("mps")


@pytest.mark.parametrize(("built", "found"), [(False, "built without it"), (True, "sees no such")])
def test_a_mac_without_it_is_refused(monkeypatch, built, found):
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_built", lambda: built)
    with pytest.raises(UserError, match=f"torch .* {found}.*; set device: cpu") as refused:
        device.resolve("mps")
    assert "\n" not in str(refused.value)


def test_auto_stays_on_the_cpu(mac, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert device.resolve("auto") == torch.device("cpu")
    assert device.resolve("mps") == MPS


def test_records_name_it(mac, monkeypatch):
    monkeypatch.setattr(device.platform, "machine", lambda: "arm64")
    made = context.provenance(time.monotonic(), "mps", 1)
    assert made["device"] == "mps (arm64)" and made["peak_gpu_memory_mb"] == 7
    assert 50 < made["peak_memory_mb"] < 2**20


def test_precision_bf16_is_that_of_mps(mac):
    with device.autocast(MPS, "bf16"):
        assert torch.is_autocast_enabled("mps")
        assert torch.get_autocast_dtype("mps") == torch.bfloat16


def test_algorithms_that_differ_in_their_last_bits_may_run(mac):
    with device.session(MPS):
        assert torch.get_deterministic_debug_mode() == 0
    with device.session(torch.device("cpu")):
        assert torch.get_deterministic_debug_mode() == 2


def test_the_renderer_refuses_it():
    spec = DatasetSpec("train", 10, 3, classes=(0, 1))
    with pytest.raises(UserError, match=r"render.device: mps .* render on the cpu"):
        Renderer(spec, small_base(), device="mps")


def test_transformations_refuse_it(mac):
    images = torch.zeros(2, 4, 8, 8, dtype=torch.uint8).to(MPS)
    with pytest.raises(UserError, match="images: mps has no float64"):
        apply("invert", images, sample("invert", 2, seed=1))


def trained(folder, place: str, **changes):
    settings = {**SETTINGS, "epochs": 2, "device": place, **changes}
    fresh = {}
    if settings["draws"] == "fresh":
        fresh["renderer"] = lambda epoch: make_shard(300, seed=epoch).images
    return pretrain.pretrain(
        settings,
        make_shard(300),
        make_shard(100, seed=1),
        make_shard(60, seed=2),
        state_dir=folder / place / "state",
        metrics_path=folder / place / "metrics.jsonl",
        **fresh,
    )


@pytest.mark.parametrize("changes", [{"channels_last": True}, {"draws": "fresh"}])
def test_pretraining(tmp_path, monkeypatch, changes):
    here = trained(tmp_path, "cpu", **changes)
    with faked_mps(monkeypatch):
        there = trained(tmp_path, "mps", **changes)
    assert there.record["counts"] == here.record["counts"]
    for name, weight in there.model.state_dict().items():
        assert type(weight.data) is torch.Tensor, name
        torch.testing.assert_close(weight, here.model.state_dict()[name])


@pytest.mark.parametrize("architecture", sorted(set(models.BUILDERS) - {"resnet-18"}))
def test_two_steps_of_each_architecture(monkeypatch, architecture):
    size = 32 if architecture == "vgg-11" else 16
    options = {"image_size": size, "num_classes": 4, "seed": 0, "width": 8}
    images, labels = make_shard(8, size=size).images, make_shard(8).labels
    losses = []
    with faked_mps(monkeypatch):
        for place in (torch.device("cpu"), MPS):
            network = models.build(architecture, **options).to(place)
            how = {**SETTINGS, "batch_size": 8}
            data = resident.Resident(images, labels, how["mean"], how["std"], device=place)
            optimiser = optimisation.adam(network.parameters(), 1e-3)
            for epoch in range(2):
                line = steps.train_epoch(
                    network, optimiser, data, how, epoch, steps.classify(network)
                )
                losses.append(line["train_loss"])
    assert losses[:2] == pytest.approx(losses[2:], rel=1e-3)


def test_a_killed_pretraining_goes_on(tmp_path, monkeypatch):
    score, calls = evaluation.score, []

    def killed(*given, **named):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return score(*given, **named)

    with faked_mps(monkeypatch):
        whole = trained(tmp_path / "whole", "mps")
        with monkeypatch.context() as patched:
            patched.setattr(evaluation, "score", killed)
            with pytest.raises(KeyboardInterrupt):
                trained(tmp_path / "killed", "mps")
        again = trained(tmp_path / "killed", "mps")
    assert len(calls) == 2
    for name, weight in again.model.state_dict().items():
        assert torch.equal(weight, whole.model.state_dict()[name]), name


@pytest.fixture
def network():
    return models.from_settings({**SETTINGS, "image_size": 16}), {**SETTINGS, "channels_last": True}


def test_features(network, monkeypatch):
    images = make_shard(50).images
    here = features.extract(*network, images, batch_size=20, device="cpu")
    with faked_mps(monkeypatch):
        there = features.extract(*network, images, batch_size=20, device="mps")
    assert type(there) is torch.Tensor
    torch.testing.assert_close(there, here)


def test_linear_probes(monkeypatch):
    rows = {split: torch.randn(60, 8, generator=torch.Generator().manual_seed(1)) for split in "ab"}
    target = FeatureSet(
        {"train": rows["a"], "val": rows["b"], "test": rows["b"]},
        {split: torch.arange(60) % 3 for split in ("train", "val", "test")},
        3,
    )
    settings = {
        **{key: SETTINGS[key] for key in ("learning_rate", "weight_decay", "schedule")},
        **{"epochs": 3, "batch_size": 25, "seed": 0, "model_selection": "best_validation"},
    }
    here = linear_probe.train_probes([target, target], {**settings, "device": "cpu"})
    with faked_mps(monkeypatch):
        there = linear_probe.train_probes([target, target], {**settings, "device": "mps"})
    for (head, record), (other, expected) in zip(there, here, strict=True):
        torch.testing.assert_close(head, other)
        assert record["counts"] == expected["counts"]
        assert record["train_loss"] == pytest.approx(expected["train_loss"])


def test_fine_tuning(tmp_path, network, monkeypatch):
    model, settings = network
    path = tmp_path / "model.safetensors"
    models.save(path, model, settings)
    head = {"weight": torch.zeros(4, model.head.in_features), "bias": torch.zeros(4)}
    shards = {
        split: SimpleNamespace(images=shard.images, labels=shard.labels)
        for split, shard in (("train", make_shard(60)), ("val", make_shard(40, seed=1)))
    }
    how = {
        **{"samples": 40, "epochs": 2, "decay_epochs": 2, "batch_size": 16, "seed": 0},
        **{"learning_rate": 1e-3, "model_selection": "best_validation"},
        **{"precision": "fp32", "channels_last": True},
    }
    here = fine_tune.fine_tune(path, head, shards, {**how, "device": "cpu"})
    with faked_mps(monkeypatch):
        there = fine_tune.fine_tune(path, head, shards, {**how, "device": "mps"})
    assert there["counts"] == here["counts"]
    assert there["losses"] == pytest.approx(here["losses"])


def test_sensitivity(network, monkeypatch):
    model, settings = network
    spec = DatasetSpec("test", 60, 3, classes=(0, 1, 2, 4), image_size=32)
    sets = {change: (spec, change) for change in ("rotate", "hue", "blur", "background")}
    for normaliser in ("independent_pairs", "within_batch"):
        how = {
            **{"pairs": 60, "batch_size": 16, "seed": 1, "precision": "fp32"},
            **{"metrics": list(sensitivity.similarity.METRICS), "normaliser": normaliser},
        }
        (here,) = sensitivity.score_sets(
            [(model, settings)], sets, small_base(), {}, {**how, "device": "cpu"}
        )
        with faked_mps(monkeypatch):
            (there,) = sensitivity.score_sets(
                [(model, settings)], sets, small_base(), {}, {**how, "device": "mps"}
            )
        for name in sets:
            for key, value in here["sets"][name]["scores"].items():
                found = there["sets"][name]["scores"][key]
                assert found == pytest.approx(value, rel=1e-5), (name, key)
        model.to("cpu")
