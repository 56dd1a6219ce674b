"""Split batch normalisation is a normalisation of its own for every part of a batch."""

import copy

import pytest
import torch
from support.small_training import NETWORK
from torch import nn

from invariance import models
from invariance.training.contrastive.split_norm import SplitBatchNorm, split_norms


def split_one(splits, channels=5):
    norm = nn.BatchNorm2d(channels)
    with torch.no_grad():
        norm.weight.uniform_(0.5, 2)
        norm.bias.uniform_(-1, 1)
        norm.running_mean.uniform_(-1, 1)
        norm.running_var.uniform_(0.5, 2)
    return norm, split_norms(nn.Sequential(copy.deepcopy(norm)), splits)[0]


def batch(n, channels=5, side=4):
    x = torch.randn(n, channels, side, side, generator=torch.Generator().manual_seed(n))
    return x * torch.linspace(1, 3, n).view(n, 1, 1, 1) + torch.linspace(-2, 2, n).view(n, 1, 1, 1)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize(
    ("splits", "sizes"),
    [
        (2, [4, 4]),
        (4, [2, 2, 2, 2]),
        (2, [5, 4]),
        (4, [3, 2, 2, 2]),
        (4, [2, 2]),
        (4, [3]),
        (8, [1]),
    ],
)
def test_parts_are_normalised_by_separate_norms(splits, sizes, layout):
    torch.manual_seed(0)
    norm, ours = split_one(splits)
    x = batch(sum(sizes)).contiguous(memory_format=layout).requires_grad_()
    separate = [copy.deepcopy(norm) for _ in sizes]
    expected = torch.cat([one(part) for one, part in zip(separate, x.split(sizes), strict=True)])
    pull = torch.randn(expected.shape)
    (wanted,) = torch.autograd.grad((expected * pull).sum(), x)
    found = ours(x)
    (got,) = torch.autograd.grad((found * pull).sum(), x)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(got, wanted)
    assert found.is_contiguous(memory_format=layout)
    for name in ("running_mean", "running_var"):
        mean = torch.stack([getattr(one, name) for one in separate]).mean(dim=0)
        torch.testing.assert_close(getattr(ours, name), mean)
    assert ours.num_batches_tracked == 1
    if len(sizes) > 1:
        assert not torch.allclose(found, norm(x))  # one norm for all is something else


def test_weights_have_the_gradients_of_all_parts():
    torch.manual_seed(0)
    norm, ours = split_one(2)
    x, pull = batch(8), torch.randn(8, 5, 4, 4)
    separate = [copy.deepcopy(norm) for _ in range(2)]
    for part, one, there in zip(x.split(4), separate, pull.split(4), strict=True):
        (one(part) * there).sum().backward()
    (ours(x) * pull).sum().backward()
    torch.testing.assert_close(ours.weight.grad, separate[0].weight.grad + separate[1].weight.grad)
    torch.testing.assert_close(ours.bias.grad, separate[0].bias.grad + separate[1].bias.grad)


def test_in_evaluation_mode_it_is_the_norm_that_it_replaces():
    norm, ours = split_one(4)
    x = batch(9)
    assert torch.equal(ours.eval()(x), norm.eval()(x))
    assert {**ours.state_dict()}.keys() == {**norm.state_dict()}.keys()


def test_every_norm_of_a_network_is_replaced_and_keeps_its_state():
    network = models.from_settings(NETWORK)
    plain = copy.deepcopy(network)
    with torch.no_grad():
        plain.stem[1].running_mean.fill_(0.5)
    network.load_state_dict(plain.state_dict())
    split = split_norms(network, 4)
    norms = [one for one in split.modules() if isinstance(one, nn.BatchNorm2d)]
    assert norms and all(isinstance(one, SplitBatchNorm) and one.splits == 4 for one in norms)
    assert split.state_dict().keys() == plain.state_dict().keys()
    x = torch.randn(8, 3, 16, 16)
    assert torch.equal(split.eval()(x), plain.eval()(x))
    assert not torch.allclose(split.train()(x), plain.train()(x))


def test_one_part_changes_nothing():
    network = models.from_settings(NETWORK)
    assert split_norms(network, 1) is network
    assert not any(isinstance(one, SplitBatchNorm) for one in network.modules())
