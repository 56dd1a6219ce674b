"""The parts of MoCo one by one: queue, momentum, shuffled keys, loss, state."""

import copy
import math

import pytest
import torch
from support.small_training import NETWORK
from torch import nn

from invariance import models
from invariance.training.contrastive.moco import MoCo

OPTIONS = {"dimension": 6, "queue": 10, "key_momentum": 0.75, "temperature": 0.2, "seed": 3}


def make(**change) -> MoCo:
    return MoCo(models.from_settings(NETWORK), **{**OPTIONS, "norm_splits": 1, **change})


def batch(images=4, seed=0):
    return torch.randn(images, 3, 16, 16, generator=torch.Generator().manual_seed(seed))


class Oracle(models.Network):
    """An encoder that is given: the pixels of one row, or a constant, times a weight that is 1."""

    def __init__(self, values: int, constant: bool = False):
        super().__init__()
        self.head, self.values, self.constant = nn.Linear(values, 2), values, constant
        self.one = nn.Parameter(torch.ones(()))

    def head_input(self, x):
        values = x.flatten(1)[:, : self.values] * self.one
        return torch.ones_like(values) * self.one if self.constant else values


def given(oracle: Oracle, queue, temperature=0.1) -> MoCo:
    """MoCo with an oracle for its encoders, no projection, and a queue of rows [K, C]."""
    model = make(temperature=temperature)
    oracle.head = nn.Identity()
    model.query, model.key, model.queue = oracle, copy.deepcopy(oracle), queue
    return model


def one_hot(*places):
    """Images whose first pixels say which they are."""
    images = torch.zeros(len(places), 3, 2, 2)
    for row, place in enumerate(places):
        images.view(len(places), -1)[row, place] = 1.0
    return images


def test_keys_replace_the_oldest_in_the_order_of_the_batch():
    model, start = make(), make().queue
    model._enqueue(torch.full((4, 6), 1.0) * torch.arange(1, 5).view(4, 1))
    model._enqueue(torch.full((4, 6), 1.0) * torch.arange(5, 9).view(4, 1))
    assert model.queue[:8, 0].tolist() == [1, 2, 3, 4, 5, 6, 7, 8]
    assert torch.equal(model.queue[8:], start[8:]) and model.oldest == 8
    model._enqueue(torch.full((4, 6), 1.0) * torch.arange(9, 13).view(4, 1))  # round the end
    assert model.queue[:, 0].tolist() == [11, 12, 3, 4, 5, 6, 7, 8, 9, 10] and model.oldest == 2


def test_the_queue_takes_the_keys_and_not_the_queries():
    model = make().train()
    x, other = batch(seed=1), batch(seed=2)
    expected = copy.deepcopy(model)
    with torch.no_grad():
        expected._follow()
        keys = nn.functional.normalize(expected.key(other), dim=1)
    model.loss(x, other)
    torch.testing.assert_close(model.queue[:4], keys)  # the order of the batch, not the shuffled
    assert model.queue.requires_grad is False


def test_the_first_queue_has_directions_of_length_one():
    queue = make(queue=1000).queue
    torch.testing.assert_close(queue.norm(dim=1), torch.ones(1000))
    assert queue.mean(dim=0).norm() < 0.1


def test_momentum_by_hand():
    model = make()
    before = [weight.clone() for weight in model.key.parameters()]
    assert all(map(torch.equal, before, model.query.parameters()))  # it begins as a copy
    with torch.no_grad():
        for number, weight in enumerate(model.query.parameters()):
            weight += number + 1
    model._follow()
    pairs = zip(before, model.key.parameters(), strict=True)
    for number, (old, new) in enumerate(pairs):
        torch.testing.assert_close(new, old + 0.25 * (number + 1))


def test_only_the_query_encoder_has_gradients_and_statistics_follow_both():
    model = make().train()
    loss, _ = model.loss(batch(seed=1), batch(seed=2))
    loss.backward()
    assert all(weight.grad is None for weight in model.key.parameters())
    assert all(weight.grad.abs().sum() > 0 for weight in model.query.parameters())
    first, second = (encoder.stem[1].running_mean for encoder in (model.query, model.key))
    assert first.abs().sum() > 0 and second.abs().sum() > 0 and not torch.equal(first, second)


def test_keys_are_encoded_in_another_order_and_come_back_in_that_of_the_batch():
    model, seen = make(norm_splits=2).eval(), []
    model.key.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    other = batch(8, seed=2)
    torch.manual_seed(0)
    with torch.no_grad():
        keys = model._encode_keys(other)
    shuffled = [int((image == other).flatten(1).all(dim=1).nonzero()) for image in seen[0]]
    assert sorted(shuffled) == list(range(8)) and shuffled != list(range(8))
    with torch.no_grad():  # in evaluation mode a key does not depend on the others of its part
        expected = nn.functional.normalize(model.key(other), dim=1)
    torch.testing.assert_close(keys, expected)


def test_the_order_of_keys_follows_from_torchs_generator():
    results = []
    for seed in (0, 0, 1):
        model = make(norm_splits=2).train()
        torch.manual_seed(seed)
        with torch.no_grad():
            results.append(model._encode_keys(batch(8)))
    assert torch.equal(results[0], results[1]) and not torch.equal(results[0], results[2])


@pytest.mark.parametrize("keys", [5, 40])
def test_an_encoder_that_sees_nothing_has_the_loss_of_chance(keys):
    queue = torch.ones(keys, 12) / math.sqrt(12)
    model = given(Oracle(12, constant=True), queue)
    loss, found = model.loss(one_hot(0, 1, 2), one_hot(0, 1, 2))
    assert loss.item() == pytest.approx(math.log(1 + keys), rel=1e-6)
    assert not found.any()  # a tie finds no key


def test_an_encoder_that_tells_images_apart_has_the_smallest_loss():
    queue = one_hot(5, 6, 7, 8).flatten(1)
    model = given(Oracle(12), queue)
    loss, found = model.loss(one_hot(0, 1, 2), one_hot(0, 1, 2))
    assert loss.item() == pytest.approx(math.log(1 + 4 * math.exp(-1 / 0.1)), abs=1e-6)
    assert found.all()


def test_an_encoder_that_a_view_confuses_pays_for_it():
    """The views of the first image agree, those of the second do not."""
    queue = one_hot(5, 6, 7, 8).flatten(1)
    model = given(Oracle(12), queue, temperature=0.5)
    loss, found = model.loss(one_hot(0, 1), one_hot(0, 2))
    right, wrong = math.log(math.exp(2) + 4) - 2, math.log(1 + 4)
    assert loss.item() == pytest.approx((right + wrong) / 2, rel=1e-6)
    assert found.tolist() == [True, False]


def test_low_precision_ends_before_the_loss():
    """In bfloat16 this cosine, .9996, would be 1."""
    queue = nn.functional.normalize(torch.tensor([[1.0, 0.03] + [0.0] * 10]), dim=1)
    with torch.autocast("cpu", torch.bfloat16):
        model = make().train()
        loss, _ = model.loss(batch(seed=1), batch(seed=2))
        assert loss.dtype == torch.float32 and model.queue.dtype == torch.float32
        exact = given(Oracle(12), queue, temperature=1e-3)
        loss, found = exact.loss(one_hot(0), one_hot(0))
    assert found.all()
    expected = math.log(1 + math.exp((queue[0, 0].item() - 1) / 1e-3))
    assert loss.item() == pytest.approx(expected, rel=1e-3) and expected < 0.5


def test_its_state_is_all_of_it():
    model, other = make().train(), make(seed=4)
    model.loss(batch(seed=1), batch(seed=2))
    other.load_state_dict(model.state_dict())
    results = []
    for one in (model, other):
        one.train()
        torch.manual_seed(9)
        loss, _ = one.loss(batch(seed=3), batch(seed=4))
        results.append((loss, one.queue, one.oldest))
    assert all(map(torch.equal, *results))


def test_seeds_decide_the_projection_and_nothing_else_moves():
    before = torch.get_rng_state()
    first, again, other = make(seed=3), make(seed=3), make(seed=4)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(first.queue, again.queue)
    assert torch.equal(first.query.head[0].weight, again.query.head[0].weight)
    assert not torch.equal(first.query.head[0].weight, other.query.head[0].weight)
    assert torch.equal(first.query.stem[0].weight, other.query.stem[0].weight)
