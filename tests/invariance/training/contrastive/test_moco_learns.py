"""What views change, a network that MoCo trained no longer sees; what they keep, it does."""

import pytest
import torch
from support.small_contrastive import MOCO
from support.small_training import Shard
from torch import nn

from invariance import models
from invariance.training.contrastive.pretrain import pretrain

COLOUR, SHAPE = slice(0, 1), slice(1, 3)  # channels


class Linear(models.Network):
    """The pixels of an image, each times a weight: what it sees can be read off its weights."""

    def __init__(self, options):
        super().__init__()
        self.sees = nn.Linear(3 * options.image_size**2, 32)
        self.representation_dim = 32
        self.head = nn.Linear(32, options.num_classes)

    def head_input(self, x):
        return self.sees(x.flatten(1))


def noise(images, indices, draw, channels):
    """Views that draw some channels anew and keep the others."""
    generator = torch.Generator().manual_seed(draw)
    views, parts = images.clone(), images[:, channels].shape
    views[:, channels] = torch.randint(0, 256, parts, generator=generator, dtype=torch.uint8)
    return views


def share_seen(weights, channels):
    """Part of the squared weights that is on some channels, in 0 to 1."""
    squares = weights.detach().square().view(32, 3, -1)
    return float(squares[:, channels].sum() / squares.sum())


@pytest.mark.parametrize(("changed", "channels"), [(COLOUR, 1), (SHAPE, 2)])
def test_it_learns_the_invariance_of_its_views(tmp_path, monkeypatch, changed, channels):
    monkeypatch.setitem(models.BUILDERS, "vgg-11", Linear)
    settings = {
        **MOCO,
        **{"architecture": "vgg-11", "image_size": 8, "epochs": 30, "norm_splits": 1},
        **{"batch_size": 64, "queue": 256, "monitor": False, "weight_decay": 5e-3},
    }
    generator = torch.Generator().manual_seed(1)
    images = torch.randint(0, 256, (1024, 3, 8, 8), generator=generator, dtype=torch.uint8)
    shard = Shard(images, torch.arange(1024) % 4)
    done = pretrain(
        settings,
        shard,
        shard,
        lambda *given: noise(*given, changed),
        state_dir=tmp_path / "state",
        metrics_path=tmp_path / "metrics.jsonl",
        threads=1,
    )
    before = share_seen(models.from_settings(settings).sees.weight, changed)
    after = share_seen(done.model.sees.weight, changed)
    assert before == pytest.approx(channels / 3, abs=0.05)
    assert after < before / 3, f"{after:.3f} of the weights see what the views change"
