"""The ridge head and what it says, against the same by hand."""

import numpy as np
import pytest
import torch

from invariance.subsets import outputs, transfer


def problem(networks=3, samples=30, features=5, classes=4):
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(networks, samples, features, generator=generator) * 3 + 1
    return x, torch.arange(samples) % classes


def by_hand(x, labels, classes, new):
    """Least squares of a system with the penalty as rows of its own, one network at a time."""
    x, new = x.double().numpy(), new.double().numpy()
    mean, deviation = x.mean(0), x.std(0)
    deviation[deviation == 0] = 1
    standard, one_hot = (x - mean) / deviation, np.eye(classes)[labels.numpy()]
    penalty = np.sqrt(0.1 * len(x)) * np.eye(x.shape[1])
    left = np.block(
        [[standard, np.ones((len(x), 1))], [penalty, np.zeros((x.shape[1], 1))]],
    )
    right = np.vstack([one_hot, np.zeros((x.shape[1], classes))])
    found = np.linalg.lstsq(left, right, rcond=None)[0]
    return (new - mean) / deviation @ found[:-1] + found[-1]


@pytest.mark.parametrize(("samples", "features"), [(30, 5), (8, 20)])
def test_a_head_is_ridge_regression_with_an_intercept(samples, features):
    x, labels = problem(samples=samples, features=features)
    x[1, :, 2] = 4.5  # a dead feature of one network
    new = torch.randn(3, 7, features)
    scores = transfer.fit(x, labels, 4).scores(new)
    assert scores.dtype == torch.float64 and scores.shape == (3, 7, 4)
    for network in range(3):
        expected = by_hand(x[network], labels, 4, new[network])
        np.testing.assert_allclose(scores[network].numpy(), expected, rtol=1e-8, atol=1e-8)


def test_a_feature_that_was_constant_changes_nothing():
    x, labels = problem()
    x[:, :, 2] = 4.5
    heads, new = transfer.fit(x, labels, 4), torch.randn(3, 7, 5)
    without = [0, 1, 3, 4]
    expected = transfer.fit(x[:, :, without], labels, 4).scores(new[:, :, without])
    torch.testing.assert_close(heads.scores(new), expected)


def test_a_feature_of_one_training_image_decides_nothing():
    """A unit that was nearly dead, and is not on a new image."""
    x, labels = problem()
    x[:, :, 2] = 0
    x[:, 7, 2] = 1e-4
    new = x[:, :7].clone()
    new[:, :, 2] = 0.5
    scores = transfer.fit(x, labels, 4).scores(new)
    without = [0, 1, 3, 4]
    expected = transfer.fit(x[:, :, without], labels, 4).scores(new[:, :, without])
    torch.testing.assert_close(scores, expected, rtol=0, atol=1e-3)


def test_features_without_any_difference_give_the_shares_of_the_classes():
    x, labels = torch.full((2, 30, 5), 4.5), torch.arange(30) % 4
    shares = torch.bincount(labels).double() / 30
    expected = shares.expand(2, 7, 4)
    torch.testing.assert_close(transfer.fit(x, labels, 4).scores(torch.randn(2, 7, 5)), expected)


def test_what_scores_say():
    scores = torch.tensor([[[0.7, 0.2, 0.1], [0.3, 0.1, 0.6]], [[0.1, 0.4, 0.5], [0.2, 0.2, 0.9]]])
    found = transfer.judged(scores.double(), torch.tensor([0, 2]))
    expected = torch.tensor([[0.5, 0.3], [-0.4, 0.7]])
    torch.testing.assert_close(found["margin"], expected)
    shares = scores.softmax(dim=2)
    expected = torch.stack([shares[:, 0, 0], shares[:, 1, 2]], dim=1)
    torch.testing.assert_close(found["softmax"], expected)
    assert found["prediction"].tolist() == [[0, 2], [2, 2]]
    assert found["correct"].tolist() == [[1, 1], [0, 1]]
    dtypes = {name: tensor.dtype for name, tensor in found.items()}
    assert dtypes == {
        "margin": torch.float32,
        "softmax": torch.float32,
        "correct": torch.uint8,
        "prediction": torch.uint8,
    }


def test_the_margin_is_above_0_where_the_answer_is_right():
    x, labels = problem(samples=60)
    found = transfer.judged(transfer.fit(x, labels, 4).scores(x), labels)
    assert 0 < found["correct"].float().mean() < 1
    assert torch.equal(found["margin"] > 0, found["correct"].bool())


class Fixed(torch.nn.Module):
    """Networks that know an image by its first pixel, and look its features up."""

    count = 2

    def __init__(self, table):
        super().__init__()
        self.table = table  # [m, 256, h]

    def features(self, x):
        return self.table[:, (x[:, 0, 0, 0] * 255).round().long()]

    def logits(self, features):
        return features[:, :, :4]


def test_baselines_by_hand():
    from support.small_subsets import make_shards, settings

    from invariance.subsets import data as datasets

    how, shards = settings(mean=[0.0] * 3, std=[1.0] * 3), make_shards()
    generator = torch.Generator().manual_seed(3)
    table = torch.rand(2, 256, 6, generator=generator)
    found = outputs.measure(
        Fixed(table), datasets.load(shards, how, torch.device("cpu")), how, full=True
    )

    def features(name):
        return table[:, shards[name].images[:, 0, 0, 0].long()]

    source, target, val = features("source_test"), features("target_train"), features("target_val")
    labels = {name: shard.labels for name, shard in shards.items()}
    for network in range(2):
        for k in range(4):
            own = labels["source_test"] == k
            hits = source[network, own, :4].argmax(1) == k
            accuracy = float(hits.float().mean())
            assert float(found["source_accuracy"][network, k]) == pytest.approx(accuracy)
            for t in range(3):
                centre = source[network, own].mean(0)
                other = target[network, labels["target_train"] == t].mean(0)
                cosine = float(torch.cosine_similarity(centre, other, dim=0))
                assert float(found["similarity"][network, k, t]) == pytest.approx(cosine, abs=1e-6)
                chosen = val[network, labels["target_val"] == t, :4].argmax(1)
                share = float((chosen == k).float().mean())
                assert float(found["mapping"][network, k, t]) == pytest.approx(share)
    torch.testing.assert_close(found["mapping"].sum(dim=1), torch.ones(2, 3))
    assert found["mapping"].shape == found["similarity"].shape == (2, 4, 3)
