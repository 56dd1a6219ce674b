"""The head that a probe keeps: that of its first epoch with the highest validation accuracy."""

import pytest
import torch
import torch.nn.functional as F

from invariance.training import linear_probe
from invariance.training.heads import stacked_heads
from invariance.training.heads.best_heads import BestHeads
from invariance.training.heads.feature_set import FeatureSet
from transforms2d.errors import UserError

SETTINGS = {
    "epochs": 12,
    "batch_size": 32,
    "learning_rate": 1e-1,
    "weight_decay": 0.0,
    "schedule": "constant",
    "model_selection": "best_validation",
    "seed": 3,
    "device": "cpu",
}


def noisy(seed: int, samples: int = 96, dim: int = 24) -> FeatureSet:
    """Features that say little about labels: validation accuracy goes up and down."""
    generator = torch.Generator().manual_seed(seed)
    features, labels = {}, {}
    for split, n in {"train": samples, "val": 40, "test": 60}.items():
        labels[split] = torch.randint(3, (n,), generator=generator)
        features[split] = torch.randn(n, dim, generator=generator)
        features[split][:, 0] += labels[split]
    return FeatureSet(features, labels, 3)


def probe(target: FeatureSet, **change) -> tuple[dict, dict]:
    return linear_probe.train_probes([target], {**SETTINGS, **change})[0]


def val_accuracy(head: dict, target: FeatureSet) -> float:
    logits = F.linear(target.features["val"], head["weight"], head["bias"])
    return (logits.argmax(dim=1) == target.labels["val"]).double().mean().item()


@pytest.mark.parametrize("seed", range(3))
def test_a_probe_keeps_the_head_of_its_best_epoch(seed):
    target = noisy(seed)
    # The rate is constant, so a shorter training ends where a longer one passes through.
    by_epoch = [
        probe(target, epochs=epochs, model_selection="last_epoch")[0] for epochs in range(1, 13)
    ]
    accuracies = [val_accuracy(head, target) for head in by_epoch]
    best = 1 + accuracies.index(max(accuracies))
    assert best < 12
    kept, record = probe(target)
    assert record["kept_epoch"] == best
    assert torch.equal(kept["weight"], by_epoch[best - 1]["weight"])
    assert torch.equal(kept["bias"], by_epoch[best - 1]["bias"])
    last, record = probe(target, model_selection="last_epoch")
    assert record["kept_epoch"] == 12
    assert torch.equal(last["weight"], by_epoch[-1]["weight"])


def test_heads_of_a_stack_are_kept_each_at_its_own_epoch():
    targets = [noisy(seed) for seed in range(3)]
    together = linear_probe.train_probes(targets, SETTINGS)
    alone = [probe(target) for target in targets]
    assert len({record["kept_epoch"] for _, record in together}) > 1
    for (head, record), (single, single_record) in zip(together, alone, strict=True):
        assert record == single_record
        assert torch.equal(head["weight"], single["weight"])


def test_a_stack_on_a_card_selects_as_its_heads_do_alone():
    # What a GPU does: all heads in one stack, here with weights of three epochs.
    targets = [noisy(seed) for seed in range(3)]
    validation = [(target.features["val"], target.labels["val"]) for target in targets]
    generator = torch.Generator().manual_seed(0)
    epochs = [
        (torch.randn(3, 3, 24, generator=generator), torch.randn(3, 3, 1, generator=generator))
        for _ in range(6)
    ]
    epochs.append(epochs[0])  # as good as an earlier epoch, which stays
    best = BestHeads(validation)
    for epoch, (weight, bias) in enumerate(epochs):
        best.offer(weight, bias, epoch)
    for number, target in enumerate(targets):
        heads = [{"weight": w[number], "bias": b[number, :, 0]} for w, b in epochs]
        accuracies = [val_accuracy(head, target) for head in heads]
        first = accuracies.index(max(accuracies))
        assert best.epoch[number] == first
        assert torch.equal(best.weight[number], heads[first]["weight"])
        assert torch.equal(best.bias[number, :, 0], heads[first]["bias"])


def test_a_probe_that_diverges_after_its_best_epoch_is_refused(monkeypatch):
    def diverge(self, order, epoch):
        self.weight.data.fill_(float("nan") if epoch > 5 else 1.0)
        yield

    monkeypatch.setattr(stacked_heads._Stack, "gradients", diverge)
    with pytest.raises(UserError, match="training loss is not finite"):
        probe(noisy(0))


def test_a_target_without_a_validation_split_is_refused():
    target = noisy(0)
    features = {split: target.features[split] for split in ("train", "test")}
    labels = {split: target.labels[split] for split in features}
    with pytest.raises(UserError, match="no validation split"):
        probe(FeatureSet(features, labels, 3))
