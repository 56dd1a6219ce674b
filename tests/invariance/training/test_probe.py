"""Linear probes: stacked equals alone, known answers, counts that add up."""

import copy

import pytest
import torch
import torch.nn.functional as F

from invariance.records import accuracy
from invariance.training import linear_probe, resident
from invariance.training.heads import stacked_heads
from invariance.training.heads.feature_set import FeatureSet
from invariance.training.target_subsets import subset
from transforms2d.errors import UserError

SETTINGS = {
    "epochs": 5,
    "batch_size": 64,
    "learning_rate": 1e-3,
    "weight_decay": 0.0,
    "schedule": "constant",
    "model_selection": "last_epoch",
    "seed": 3,
    "device": "cpu",
}


def blobs(samples=200, dim=20, classes=4, *, seed=0, distance=8.0) -> FeatureSet:
    """Gaussian clusters, one a class; far apart by default."""
    generator = torch.Generator().manual_seed(seed)
    centres = distance * F.normalize(torch.randn(classes, dim, generator=generator), dim=1)
    features, labels = {}, {}
    for split, n in {"train": samples, "val": 50, "test": 70}.items():
        labels[split] = torch.randint(classes, (n,), generator=generator)
        noise = torch.randn(n, dim, generator=generator)
        features[split] = centres[labels[split]] + noise / dim**0.5
    return FeatureSet(features, labels, classes)


@pytest.mark.parametrize("threads", [1, 2])
def test_stacked_heads_equal_single_ones_bit_for_bit(threads, monkeypatch):
    # Odd sizes: memory of the heads would not be aligned alike if it were simply stacked.
    targets = [
        blobs(203, 33, 5, seed=1),
        blobs(203, 33, 5, seed=2),
        blobs(150, 33, 5, seed=3),
        blobs(203, 33, 3, seed=4),
        blobs(203, 33, 5, seed=5),
        blobs(203, 64, 5, seed=6),
    ]
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        together = linear_probe.train_probes(targets, SETTINGS)
        alone = [
            linear_probe.train_probes([copy.deepcopy(target)], SETTINGS)[0] for target in targets
        ]
    finally:
        torch.set_num_threads(before)
    for (head, record), (single, single_record) in zip(together, alone, strict=True):
        assert torch.equal(head["weight"], single["weight"])
        assert torch.equal(head["bias"], single["bias"])
        assert record == single_record


def test_the_written_out_gradient_is_that_of_cross_entropy():
    target, seed, epochs = blobs(150, 12, 3), 5, 4
    orders = [resident.order(seed, epoch, 150) for epoch in range(epochs)]
    rates = [1e-2, 1e-2, 1e-3, 1e-3]
    [(head, _)] = stacked_heads.train(
        [target.train_draws],
        [target.labels["train"]],
        3,
        order=orders.__getitem__,
        rates=rates,
        batch_size=64,
        weight_decay=1e-2,
        seed=seed,
    )
    weight, bias = stacked_heads.fresh_head(3, 12, seed)
    layer = torch.nn.Linear(12, 3)
    layer.load_state_dict({"weight": weight, "bias": bias})
    optimiser = torch.optim.Adam(layer.parameters(), weight_decay=1e-2)
    for order, rate in zip(orders, rates, strict=True):
        optimiser.param_groups[0]["lr"] = rate
        for rows in order.split(64):
            loss = F.cross_entropy(
                layer(target.features["train"][rows]), target.labels["train"][rows]
            )
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    torch.testing.assert_close(head["weight"], layer.weight.detach(), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(head["bias"], layer.bias.detach(), rtol=1e-4, atol=1e-5)


def test_blocks_of_gathered_features_change_nothing(monkeypatch):
    target = blobs(460, 33, 5)
    [(by_batch, _)] = linear_probe.train_probes([target], SETTINGS)
    # Three batches of 64 at a time.
    monkeypatch.setitem(stacked_heads.BLOCK_BYTES, "cpu", 3 * 64 * 33 * 4)
    [(by_block, _)] = linear_probe.train_probes([target], SETTINGS)
    assert torch.equal(by_batch["weight"], by_block["weight"])


def test_a_stack_of_several_heads_computes_what_each_does_alone(monkeypatch):
    # What a GPU does with all heads at once, here on the CPU: equal but for the order of sums.
    monkeypatch.setitem(stacked_heads.BLOCK_BYTES, "cpu", 3 * 4 * 16 * 20 * 4)
    targets = [blobs(150, 20, 4, seed=seed) for seed in range(3)]
    rows = [target.train_draws for target in targets]
    labels = [target.labels["train"] for target in targets]

    def train(part: slice) -> list[dict]:
        stack = stacked_heads._Stack(rows[part], labels[part], 4, 16, seed=2)
        optimiser = torch.optim.Adam([stack.weight, stack.bias], lr=1e-2)
        for epoch in range(3):
            for _ in stack.gradients(resident.order(0, epoch, 150), epoch):
                optimiser.step()
        return [head for head, _ in stacked_heads._heads(stack.weight, stack.bias, rows[part])]

    together = train(slice(3))
    alone = [train(slice(i, i + 1))[0] for i in range(3)]
    for stacked, single in zip(together, alone, strict=True):
        torch.testing.assert_close(stacked, single, rtol=1e-4, atol=1e-5)
    assert not torch.equal(together[0]["weight"], together[1]["weight"])


def test_heads_on_fewer_images_stand_beside_the_one_on_all(tmp_path, monkeypatch):
    targets = {"a": blobs(200, 12, 4, seed=1), "b": blobs(200, 12, 4, seed=2)}
    monkeypatch.setattr(linear_probe, "read_features", lambda path, _: targets)
    settings = {**SETTINGS, "samples": [8, 50, 0.1], "samples_seed": 9}
    records = linear_probe.run(tmp_path / "heads", "features", settings)
    kinds = [(record["target"], record.get("target_samples")) for record in records]
    assert kinds == [(target, n) for target in "ab" for n in (None, 8, 50, 0.1)]
    for record in records:
        target, samples = targets[record["target"]], record.get("target_samples")
        head = linear_probe.read_head(tmp_path / "heads", record["target"], samples)
        part = target
        if samples is not None:
            # What fine-tuning takes for the same seed.
            rows = subset(target.labels["train"], samples, 9)
            part = FeatureSet(
                {**target.features, "train": target.features["train"][rows]},
                {**target.labels, "train": target.labels["train"][rows]},
                4,
            )
        [(alone, _)] = linear_probe.train_probes([part], SETTINGS)
        assert torch.equal(head["weight"], alone["weight"])
        assert sum(record["counts"]["train"]["total"]) == len(part.labels["train"])
        assert sum(record["counts"]["test"]["total"]) == 70
    with pytest.raises(UserError, match="no head for target 'a@20'; it has a, a@8"):
        linear_probe.read_head(tmp_path / "heads", "a", 20)


def test_separable_features_reach_every_image():
    target = blobs(400, 16, 4)
    settings = {**SETTINGS, "epochs": 100, "learning_rate": 1e-2}
    [(head, record)] = linear_probe.train_probes([target], settings)
    for split in ("train", "val", "test"):
        assert accuracy.accuracy(record["counts"], split) == 1.0
    assert record["train_loss"] < 0.1
    assert head["weight"].shape == (4, 16) and head["bias"].shape == (4,)


def test_counts_are_of_every_image():
    target = blobs(200, 10, 4)
    [(_, record)] = linear_probe.train_probes([target], SETTINGS)
    for split, labels in target.labels.items():
        total = record["counts"][split]["total"]
        assert total == torch.bincount(labels, minlength=4).tolist()
        correct = record["counts"][split]["correct"]
        assert all(0 <= c <= t for c, t in zip(correct, total, strict=True))


def test_given_time_a_head_is_as_right_as_the_optimum_of_logistic_regression():
    target = blobs(300, 6, 3, distance=2.0)
    x, y = target.features["train"].double(), target.labels["train"]
    weight = torch.zeros(3, 6, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([weight], max_iter=200, line_search_fn="strong_wolfe")

    def loss():
        optimiser.zero_grad()
        found = F.cross_entropy(F.linear(x, weight), y)
        found.backward()
        return found

    optimiser.step(loss)
    best = (F.linear(x, weight).argmax(dim=1) == y).double().mean().item()
    settings = {**SETTINGS, "epochs": 300, "learning_rate": 1e-2}
    [(_, record)] = linear_probe.train_probes([target], settings)
    assert abs(accuracy.accuracy(record["counts"], "train") - best) < 0.02


def test_a_head_follows_from_its_seed():
    target = blobs(150, 8, 3)
    first, again, other = (
        linear_probe.train_probes([target], {**SETTINGS, "seed": seed})[0][0]["weight"]
        for seed in (0, 0, 1)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_a_loss_that_is_not_finite_stops_the_probe():
    target = blobs(100, 8, 3)
    target.features["train"][3, 2] = float("nan")
    with pytest.raises(UserError, match="not finite"):
        linear_probe.train_probes([target], SETTINGS)


@pytest.mark.parametrize("samples", [[0], [1.5], 50, ["all"]])
def test_impossible_amounts_are_named(samples):
    with pytest.raises(UserError, match=r"linear_probe\.samples"):
        linear_probe.train_probes([blobs()], {**SETTINGS, "samples": samples})


@pytest.mark.parametrize(
    "key", ["epochs", "learning_rate", "schedule", "model_selection", "device"]
)
def test_bad_settings_are_named(key):
    with pytest.raises(UserError, match=rf"linear_probe\.{key}"):
        linear_probe.train_probes([blobs()], {**SETTINGS, key: "nonsense"})


def test_labels_that_do_not_fit_are_refused():
    target = blobs(classes=4)
    with pytest.raises(UserError, match="do not fit 2 classes"):
        FeatureSet(target.features, target.labels, 2)


COUNTS = {
    "train": {"correct": [4, 3, 0], "total": [4, 6, 0]},
    "val": {"correct": [1, 0, 1], "total": [2, 2, 1]},
    "test": {"correct": [0, 4, 2], "total": [4, 4, 2]},
}


def test_readings_of_accuracy():
    assert accuracy.accuracy(COUNTS, "test") == 6 / 10
    assert accuracy.accuracy(COUNTS, "train") == 7 / 10
    assert accuracy.accuracy(COUNTS, "test_macro") == pytest.approx((0 + 1 + 1) / 3)
    assert accuracy.accuracy(COUNTS, "train_macro") == pytest.approx((1 + 0.5) / 2)
    assert accuracy.accuracy(COUNTS, "pooled") == 15 / 25
    assert accuracy.accuracy(COUNTS, "pooled_macro") == pytest.approx((5 / 10 + 7 / 12 + 3 / 3) / 3)


def test_pooled_counts_add_up():
    pooled = accuracy.pool(COUNTS.values())
    assert pooled == {"correct": [5, 7, 3], "total": [10, 12, 3]}
    assert sum(pooled["total"]) == sum(sum(split["total"]) for split in COUNTS.values())


@pytest.mark.parametrize(
    ("broken", "how", "message"),
    [
        (COUNTS, "best", "not one of"),
        ({"train": COUNTS["train"]}, "test", r"counts\.test: missing"),
        ({"test": {"correct": [3], "total": [2]}}, "test", "more correct"),
        ({"test": {"correct": [0], "total": [0]}}, "test", "no images"),
        ({"test": COUNTS["test"], "val": {"correct": [1], "total": [1]}}, "pooled", "different"),
    ],
)
def test_counts_that_cannot_be_are_refused(broken, how, message):
    with pytest.raises(UserError, match=message):
        accuracy.accuracy(broken, how)
