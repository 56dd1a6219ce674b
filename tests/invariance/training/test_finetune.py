"""Full fine-tuning: the subset, the schedule, the head it starts from, what trains."""

from types import SimpleNamespace

import pytest
import torch
from support.small_training import NETWORK

from invariance import models
from invariance.records import accuracy
from invariance.training import epochs, evaluation, fine_tune, linear_probe
from invariance.training.target_subsets import subset
from transforms2d.errors import UserError

MODEL = {**NETWORK, "width": 4, "num_classes": 3, "init_seed": 1}
SETTINGS = {
    "samples": 24,
    "epochs": 3,
    "decay_epochs": 3,
    "batch_size": 16,
    "learning_rate": 1e-3,
    "seed": 5,
    "model_selection": "last_epoch",
    "precision": "fp32",
    "channels_last": False,
    "device": "cpu",
}

NOTHING_LEARNT = {"train_loss": 0.0, "train_accuracy": 0.0}


def split(samples: int, classes: int, seed: int) -> SimpleNamespace:
    """Noise on a colour that tells the class."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(samples) % classes
    images = torch.randint(0, 60, (samples, 3, 16, 16), generator=generator, dtype=torch.uint8)
    images[torch.arange(samples), labels % 3] += 150
    return SimpleNamespace(images=images, labels=labels)


@pytest.fixture
def case(tmp_path):
    path = tmp_path / "model.safetensors"
    models.save(path, models.from_settings(MODEL), MODEL)
    generator = torch.Generator().manual_seed(0)
    head = {"weight": torch.randn(2, 32, generator=generator) / 6, "bias": torch.zeros(2)}
    shards = {"train": split(60, 2, 1), "val": split(10, 2, 2), "test": split(20, 2, 3)}
    return path, head, shards


def test_a_fine_tuned_network_learns_the_target(case):
    record = fine_tune.fine_tune(*case, {**SETTINGS, "epochs": 40, "decay_epochs": 40})
    assert record["samples"] == 24
    assert sum(record["counts"]["train"]["total"]) == 24
    assert record["counts"]["val"]["total"] == [5, 5]
    assert record["counts"]["test"]["total"] == [10, 10]
    assert record["losses"][-1] < record["losses"][0]
    assert accuracy.accuracy(record["counts"], "test") > 0.8


def test_the_same_settings_give_the_same_record(case):
    assert fine_tune.fine_tune(*case, SETTINGS) == fine_tune.fine_tune(*case, SETTINGS)


def test_it_starts_from_the_head_of_the_probe(case, monkeypatch):
    path, head, shards = case
    seen = []

    def look(model, *_):
        seen.append({name: value.clone() for name, value in model.state_dict().items()})
        return NOTHING_LEARNT

    monkeypatch.setattr(epochs, "train_epoch", look)
    fine_tune.fine_tune(path, head, shards, SETTINGS)
    pretrained, _ = models.load(path)
    for name, value in pretrained.state_dict().items():
        if not name.startswith("head."):
            assert torch.equal(seen[0][name], value)
    assert torch.equal(seen[0]["head.weight"], head["weight"])


def test_every_parameter_trains_and_statistics_move(case, monkeypatch):
    states, real = [], epochs.train_epoch

    def look(model, *arguments):
        states.append({name: value.clone() for name, value in model.state_dict().items()})
        result = real(model, *arguments)
        states.append({name: value.clone() for name, value in model.state_dict().items()})
        return result

    monkeypatch.setattr(epochs, "train_epoch", look)
    fine_tune.fine_tune(*case, {**SETTINGS, "epochs": 2, "decay_epochs": 1})
    before, after, _, last = states
    assert all(not torch.equal(before[name], after[name]) for name in before)
    # The second epoch has rate zero: weights stand still, running statistics go on.
    for name in after:
        moved = "running" in name or "num_batches" in name
        assert torch.equal(after[name], last[name]) == (not moved), name


@pytest.mark.parametrize(
    ("decay", "expected"),
    [(5, [1e-3, 8e-4, 6e-4, 4e-4, 2e-4, 0, 0, 0]), (8, [1e-3 * (1 - e / 8) for e in range(8)])],
)
def test_rates_follow_the_fork(case, monkeypatch, decay, expected):
    rates = []

    def look(model, optimiser, *_):
        rates.append(optimiser.param_groups[0]["lr"])
        return NOTHING_LEARNT

    monkeypatch.setattr(epochs, "train_epoch", look)
    fine_tune.fine_tune(*case, {**SETTINGS, "epochs": 8, "decay_epochs": decay})
    assert rates == pytest.approx(expected)


def test_a_number_of_images_is_a_random_subset():
    labels = torch.arange(100) % 4
    rows = subset(labels, 10, seed=1)
    assert len(rows.unique()) == 10
    assert torch.equal(rows, subset(labels, 10, seed=1))
    assert not torch.equal(rows, subset(labels, 10, seed=2))
    assert set(rows.tolist()) < set(subset(labels, 30, seed=1).tolist())


@pytest.mark.parametrize(("share", "each"), [(0.01, 5), (0.1, 45), (1.0, 450), (0.0001, 1)])
def test_a_share_is_of_each_class(share, each):
    labels = torch.arange(1350) % 3
    rows = subset(labels, share, seed=1)
    assert torch.bincount(labels[rows]).tolist() == [each] * 3


def test_too_many_images_are_refused(case):
    with pytest.raises(UserError, match="61 is more than the 60"):
        fine_tune.fine_tune(*case, {**SETTINGS, "samples": 61})


def test_the_head_of_another_model_is_refused(case):
    path, _, shards = case
    head = {"weight": torch.zeros(2, 7), "bias": torch.zeros(2)}
    with pytest.raises(UserError, match="expects 7 features, the model has 32"):
        fine_tune.fine_tune(path, head, shards, SETTINGS)


def test_a_loss_that_is_not_finite_is_named(case):
    path, head, shards = case
    head = {"weight": torch.full((2, 32), float("inf")), "bias": torch.zeros(2)}
    with pytest.raises(UserError, match=r"fine_tuning: .* epoch 1"):
        fine_tune.fine_tune(path, head, shards, SETTINGS)


def test_the_kept_epoch_is_the_first_of_highest_validation_accuracy(case, monkeypatch):
    path, head, shards = case
    right = iter([3, 7, 7, 5])
    seen = []

    def look(model, data, **how):
        seen.append({name: value.clone() for name, value in model.state_dict().items()})
        return evaluation.Score({"correct": [next(right)], "total": [10]}, 0.0)

    monkeypatch.setattr(evaluation, "score", look)
    monkeypatch.setattr(evaluation, "counts", lambda model, *_, **how: kept(model))

    def kept(model):
        states = model.state_dict()
        return [all(torch.equal(states[n], state[n]) for n in states) for state in seen]

    settings = {**SETTINGS, "epochs": 4, "decay_epochs": 4, "model_selection": "best_validation"}
    record = fine_tune.fine_tune(path, head, shards, settings)
    assert record["val_accuracies"] == [0.3, 0.7, 0.7, 0.5]
    assert record["kept_epoch"] == 2
    assert record["counts"]["test"] == [False, True, False, False]


def test_the_kept_model_scores_its_validation_accuracy(case):
    settings = {**SETTINGS, "epochs": 12, "decay_epochs": 12, "model_selection": "best_validation"}
    record = fine_tune.fine_tune(*case, settings)
    best = max(record["val_accuracies"])
    assert record["val_accuracies"][record["kept_epoch"] - 1] == best
    assert accuracy.accuracy(record["counts"], "val") == best
    last = fine_tune.fine_tune(*case, {**settings, "model_selection": "last_epoch"})
    assert last["losses"] == record["losses"]
    assert (last["kept_epoch"], last["val_accuracies"]) == (12, [])


def test_each_amount_starts_from_the_head_it_asks_for(case, tmp_path, monkeypatch):
    from transforms2d.files.signed import write_tensors

    path, _, shards = case
    names = {"t": 1.0, "t@20": 2.0, "t@0.5": 3.0}
    heads = {f"{n}.weight": torch.full((2, 32), v) for n, v in names.items()}
    heads |= {f"{n}.bias": torch.zeros(2) for n in names}
    write_tensors(tmp_path / "heads", heads, {"targets": list(names)})
    monkeypatch.setattr(
        "invariance.provenance.input_images.read_split", lambda name, *_, **_more: shards[name]
    )
    started = []
    monkeypatch.setattr(
        fine_tune,
        "fine_tune",
        lambda model, head, data, settings, *_: started.append(float(head["weight"][0, 0])) or {},
    )
    asked = [{"samples": 20}, {"samples": 20, "head_samples": 20}]
    asked.append({"samples": 0.5, "head_samples": 0.5})
    splits = {split: split for split in shards}
    asked = [{**amount, "device": "cpu"} for amount in asked]
    records = fine_tune.run(path, tmp_path / "heads", splits, asked, "t")
    assert started == [1.0, 2.0, 3.0]
    assert [r["method"] for r in records] == ["fine_tuning", "fine_tuning_few", "fine_tuning_few"]
    assert [r["target_samples"] for r in records] == [20, 20, 0.5]


@pytest.mark.parametrize("samples", [0, 1.5, -3, True, "all"])
def test_impossible_amounts_are_refused(case, samples):
    with pytest.raises(UserError, match=r"fine_tuning\.samples"):
        fine_tune.fine_tune(*case, {**SETTINGS, "samples": samples})


def test_heads_are_found_by_target(tmp_path):
    from transforms2d.files.signed import write_tensors

    path = tmp_path / "heads.safetensors"
    tensors = {f"{t}.{k}": torch.full((2,), float(t)) for t in "12" for k in ("weight", "bias")}
    write_tensors(path, tensors, {"targets": ["1", "2"]})
    assert linear_probe.read_head(path, "2")["weight"].tolist() == [2, 2]
    with pytest.raises(UserError, match="it has 1, 2"):
        linear_probe.read_head(path)
