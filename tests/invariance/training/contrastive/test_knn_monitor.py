"""The vote of the nearest images, beside one image at a time in numpy."""

import numpy as np
import pytest
import torch
from support.small_training import NETWORK, Shard, make_shard, on_cpu
from torch import nn

from invariance import models
from invariance.training.contrastive import monitor


class Flat(nn.Module):
    """The first values of an image are its representation."""

    def __init__(self, values):
        super().__init__()
        self.values = values

    def head_input(self, x):
        return x.flatten(1)[:, : self.values]


def by_hand(features, labels, neighbours):
    features = features / np.linalg.norm(features, axis=1, keepdims=True)
    right = 0
    for row, (feature, label) in enumerate(zip(features, labels, strict=True)):
        cosines = np.delete(features @ feature, row)
        others = np.delete(labels, row)
        nearest = np.argsort(-cosines)[:neighbours]
        votes = np.bincount(others[nearest], weights=np.exp(cosines[nearest] / 0.1))
        right += votes.argmax() == label
    return right / len(labels)


@pytest.mark.parametrize("neighbours", [1, 7, 200])
def test_one_image_at_a_time_in_numpy(monkeypatch, neighbours):
    monkeypatch.setattr(monitor, "NEIGHBOURS", neighbours)
    monkeypatch.setattr(monitor, "ROWS", 64)
    shard = make_shard(150)
    pixels = shard.images.float().numpy().reshape(150, -1)[:, :40] / 127.5 - 1
    found = monitor.knn_accuracy(Flat(40), on_cpu(shard))
    assert found == by_hand(pixels.astype(np.float64), shard.labels.numpy(), neighbours)
    assert 0.3 < found < 1


def test_no_image_votes_for_itself():
    """Twins of different classes: each is the other's nearest, and both are wrong."""
    images = torch.randint(0, 256, (20, 3, 4, 4), generator=torch.Generator().manual_seed(0))
    twins = Shard(images.byte().repeat(2, 1, 1, 1), torch.arange(40) // 20)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(monitor, "NEIGHBOURS", 1)
        assert monitor.knn_accuracy(Flat(48), on_cpu(twins)) == 0
        same = Shard(twins.images, torch.arange(40) % 20)
        assert monitor.knn_accuracy(Flat(48), on_cpu(same)) == 1


def test_features_of_noise_are_at_chance():
    shard = make_shard(800)
    shard.images = torch.randint(0, 256, (800, 3, 4, 4), dtype=torch.uint8)
    assert 0.15 < monitor.knn_accuracy(Flat(48), on_cpu(shard)) < 0.35


def test_a_network_is_judged_in_evaluation_mode_and_stays_as_it_was():
    network = models.from_settings(NETWORK).train()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    data = on_cpu(make_shard(60))
    first, again = (monitor.knn_accuracy(network, data, p) for p in ("fp32", "bf16"))
    assert not network.training and abs(first - again) < 0.2
    assert all(torch.equal(before[name], t) for name, t in network.state_dict().items())
