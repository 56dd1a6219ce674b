"""Stacks: the same networks by every backend, and none notices the others."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from support.small_subsets import MASKS, SEEDS, make_data, settings

from invariance import models
from invariance.subsets import stacks
from invariance.subsets.outputs import measure
from invariance.subsets.training import train
from transforms2d.errors import UserError

CPU = torch.device("cpu")
BACKENDS = list(stacks.BACKENDS)
# Rounding after a few steps of Adam: its first steps go by the sign of a gradient, however small.
SMALL = {"architecture": "small-cnn", "width": 4}
RESNET = {"architecture": "resnet-18", "width": 4, "blocks_per_stage": 1}
NETWORKS = pytest.mark.parametrize("network", [SMALL, RESNET], ids=["small-cnn", "resnet-18"])


def images(count, size=16):
    return torch.randn(count, 3, size, size, generator=torch.Generator().manual_seed(0))


def alone(how, seed):
    names = ("width", "blocks_per_stage", "image_size")
    options = {name: how[name] for name in names}
    return models.build(how["architecture"], how["num_classes"], seed=seed, **options)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", ["small-cnn", "resnet-18", "vgg-11", "resnet-50"])
def test_a_stack_is_its_networks(backend, name):
    """Logits and gradients of every network, each with images of its own, in training mode."""
    how = settings(architecture=name, width=4, blocks_per_stage=1, backend=backend)
    stack, x = stacks.build(how, [3, 5, 8], CPU), images(12).view(3, 4, 3, 16, 16)
    together = stack(stack.arranged(x))
    expected = [alone(how, seed) for seed in (3, 5, 8)]
    one_by_one = torch.stack([network(part) for network, part in zip(expected, x, strict=True)])
    torch.testing.assert_close(together, one_by_one, rtol=1e-3, atol=1e-4)
    together.square().sum().backward()
    one_by_one.square().sum().backward()
    for unit, network in enumerate(expected):
        torch.testing.assert_close(
            stack.weight.grad[unit], network.head.weight.grad, rtol=2e-3, atol=1e-4
        )
    assert all(p.grad is not None for p in stack.parameters())
    stack.eval()  # running statistics of the one batch above
    for features, network in zip(stack.features(x[0]), expected, strict=True):
        alike = network.eval().head_input(x[0])
        torch.testing.assert_close(features, alike, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize("width", [1, 3, 64])
def test_a_resnet_of_any_width(width, channels_last):
    how = settings(**RESNET | {"width": width}, channels_last=channels_last)
    x = images(2)
    found = [
        stacks.build({**how, "stack": {"models": 2, "backend": backend}}, [1, 2], CPU).eval()
        for backend in BACKENDS
    ]
    loop, *others = (stack.features(x) for stack in found)
    assert loop.shape == (2, 2, 8 * width)
    for other in others:
        torch.testing.assert_close(other, loop, rtol=1e-3, atol=1e-4)


def measured(how, units):
    """Results of some units of ``MASKS``, in a stack of their number."""
    data, masks, seeds = make_data(how), MASKS[units], SEEDS[units].tolist()
    return measure(train(data.source, masks, seeds, how), data, how, full=True)


def assert_same(first, second):
    for name in ("val/margin", "test/softmax", "similarity"):
        torch.testing.assert_close(first[name], second[name], rtol=2e-3, atol=2e-3)


@NETWORKS
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_unit_is_the_same_alone_and_among_eight(network, backend):
    how = settings(**network, backend=backend)
    eight = measured(how, list(range(8)))
    for unit in (0, 3, 7):
        one = measured(how, [unit])
        assert_same(one, {name: tensor[unit : unit + 1] for name, tensor in eight.items()})
    # They do differ from each other, also the two of one mask.
    assert (eight["val/margin"][5] - eight["val/margin"][7]).abs().max() > 0.05


@NETWORKS
@pytest.mark.parametrize("backend", BACKENDS)
def test_the_order_of_units_does_not_matter(network, backend):
    how, order = settings(**network, backend=backend), [5, 2, 7, 0, 1, 6, 4, 3]
    eight, mixed = measured(how, list(range(8))), measured(how, order)
    assert_same(mixed, {name: tensor[order] for name, tensor in eight.items()})


@NETWORKS
def test_backends_agree(network):
    loop, *others = (measured(settings(**network, backend=name), [0, 1, 2]) for name in BACKENDS)
    for other in others:
        assert_same(other, loop)


def test_a_loop_is_equal_to_the_bit_whatever_stands_beside():
    how = settings(backend="loop")
    eight, one = measured(how, list(range(8))), measured(how, [4])
    assert torch.equal(one["val/margin"][0], eight["val/margin"][4])


@pytest.mark.parametrize(
    ("name", "backend", "message"),
    [
        ("densenet-121", "groups", "stack.backend: groups computes other features than densenet"),
        (
            "vit",
            "groups",
            "stack.backend: groups cannot join layers of kind VisionTransformer, which",
        ),
    ],
)
def test_what_groups_cannot_compute_is_refused(name, backend, message):
    how = settings(architecture=name, width=8, blocks_per_stage=1, backend=backend)
    with pytest.raises(UserError, match=message) as refused:
        stacks.build(how, [1, 2], CPU)
    assert "\n" not in str(refused.value) and "use loop or vmap" in str(refused.value)


@pytest.mark.filterwarnings("ignore:There is a performance drop")  # of attention under vmap
@pytest.mark.parametrize("backend", ["loop", "vmap"])
@pytest.mark.parametrize("name", ["densenet-121", "vit"])
def test_other_networks_by_other_backends(name, backend):
    how = settings(architecture=name, width=8, blocks_per_stage=1, backend=backend)
    stack = stacks.build(how, [1, 2], CPU).eval()
    expected = torch.stack([alone(how, seed).eval().head_input(images(3)) for seed in (1, 2)])
    torch.testing.assert_close(stack.features(images(3)), expected, rtol=1e-3, atol=1e-4)


def test_stacks_that_are_built_at_the_same_time_keep_their_weights():
    """The generator of initial weights is the process's own."""
    how = settings(**RESNET, backend="loop")
    lists = [[3 * number, 3 * number + 1, 3 * number + 2] for number in range(8)]
    with ThreadPoolExecutor(4) as pool:
        built = list(pool.map(lambda seeds: stacks.build(how, seeds, CPU), lists))
    for seeds, stack in zip(lists, built, strict=True):
        for unit, seed in enumerate(seeds):
            assert torch.equal(stack.weight[unit], alone(how, seed).head.weight)


def test_initial_weights_are_those_of_the_seed_alone():
    how = settings(backend="groups")
    first, second = (stacks.build(how, seeds, CPU) for seeds in ([1, 2, 3], [3, 2]))
    assert np.array_equal(first.weight[1].detach(), second.weight[1].detach())
    assert np.array_equal(first.weight[2].detach(), second.weight[0].detach())
    assert torch.equal(first.weight[2], alone(how, 3).head.weight)
