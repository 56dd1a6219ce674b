"""Trainings on subsets: whose images they see and how often, their rates, what they refuse."""

import numpy as np
import pytest
import torch
from support.faked_mps import MPS, faked_mps
from support.small_subsets import MASKS, SETTINGS, make_data, make_shards, settings

from invariance.subsets import batches, training
from invariance.subsets import data as datasets
from invariance.subsets import settings as rules
from invariance.subsets.outputs import measure
from invariance.subsets.run import check_networks
from invariance.training import optimisation
from transforms2d.errors import UserError


def test_batches_are_permutations_without_end():
    rows = np.array([3, 4, 8, 11, 12, 20, 21, 30, 31])
    drawn = batches.batches(rows, 5, steps=18, size=4)
    assert drawn.shape == (18, 4) and drawn.dtype == np.int64
    passes = drawn.reshape(-1, len(rows)).tolist()
    assert len(passes) == len(set(map(tuple, passes))) == 8
    assert all(sorted(one) == rows.tolist() for one in passes)


def test_a_longer_training_begins_like_a_shorter_one():
    rows = np.arange(10)
    longer = batches.batches(rows, 5, steps=50, size=4)
    assert np.array_equal(longer[:13], batches.batches(rows, 5, steps=13, size=4))
    assert not np.array_equal(longer, batches.batches(rows, 6, steps=50, size=4))


def test_fewer_rows_than_a_batch_has():
    assert sorted(batches.batches(np.array([7, 9]), 0, 2, 4).ravel()) == [7] * 4 + [9] * 4


def test_a_network_sees_the_images_of_its_classes_alone(monkeypatch):
    """Every image of a network's classes is in its batches equally often, and no other image is."""
    how = settings(steps=12, learning_rate=1e-9)
    data = make_data(how)
    read, seen = data.source.batches, []

    def watched(size, rows=None, **options):
        for x, y in read(size, rows, **options):
            seen.append((rows.clone(), y))
            yield x, y

    monkeypatch.setattr(data.source, "batches", watched)
    training.train(data.source, MASKS[:3], [1, 2, 3], how)
    assert len(seen) == 12
    labels = data.source.labels
    for unit, mask in enumerate(MASKS[:3]):
        rows = torch.cat([arranged.view(8, 3)[:, unit] for arranged, _ in seen])
        own = torch.from_numpy(np.flatnonzero(mask[labels.numpy()]))
        assert set(labels[rows].tolist()) == set(np.flatnonzero(mask).tolist())
        counts = torch.bincount(rows, minlength=len(labels))[own]
        assert counts.sum() == 96 and counts.max() - counts.min() <= 1


def test_fixed_steps_and_fixed_epochs():
    labels = np.repeat(np.arange(4), [10, 20, 30, 40])
    mask = np.array([1, 0, 1, 0], dtype=np.uint8)
    assert batches.steps_of(labels, mask, 60, "steps") == 60
    assert batches.steps_of(labels, mask, 60, "epochs") == 24
    assert batches.steps_of(labels, np.ones(4, dtype=np.uint8), 60, "epochs") == 60
    assert batches.steps_of(labels, mask, 1, "epochs") == 1


def test_rates_rise_for_an_eighth_and_fall_to_almost_0():
    rates = [training.learning_rate(step, 400, 5e-3) for step in range(400)]
    assert rates[0] == pytest.approx(1e-4) and rates[49] == pytest.approx(5e-3)
    assert max(rates) == pytest.approx(5e-3) and rates.index(max(rates)) in (49, 50)
    assert np.all(np.diff(rates[:50]) > 0) and np.all(np.diff(rates[50:]) < 0)
    assert 0 < rates[-1] < 2e-5
    for steps in (1, 2, 3, 8):
        assert all(0 < training.learning_rate(step, steps, 1.0) <= 1 for step in range(steps))


@pytest.mark.parametrize(("fixed", "steps"), [("steps", 9), ("epochs", 5)])
def test_every_step_has_its_rate(monkeypatch, fixed, steps):
    how, rates = settings(steps=9, fixed=fixed, models=1), []
    monkeypatch.setattr(optimisation, "set_learning_rate", lambda _, value: rates.append(value))
    data, mask = make_data(how), MASKS[:1]  # two classes of four
    share = np.isin(data.source.labels, (0, 1)).mean()
    assert round(9 * share) == 5
    training.train(data.source, mask, [1], how)
    assert rates == [training.learning_rate(step, steps, 5e-3) for step in range(steps)]


def test_they_learn():
    how = settings(steps=150, width=8)
    data = make_data(how)
    stack = training.train(data.source, MASKS[:4], [1, 2, 3, 4], how)
    found = measure(stack, data, how, full=False)
    seen, accuracy = torch.from_numpy(MASKS[:4]).bool(), found["source_accuracy"]
    assert accuracy[seen].mean() > 0.9 and accuracy[~seen].max() == 0
    assert found["test/correct"].float().mean() > 0.8
    assert set(found) == {
        *(f"{split}/{name}" for split in ("val", "test") for name in JUDGED),
        "source_accuracy",
    }


@pytest.mark.filterwarnings("ignore:.*to a meta parameter")
def test_on_the_gpu_of_a_mac(monkeypatch):
    how, shards = settings(models=2, backend="groups"), make_shards()
    found = []
    with faked_mps(monkeypatch):
        for place in (torch.device("cpu"), MPS):
            data = datasets.load(shards, how, place)
            stack = training.train(data.source, MASKS[3:5], [1, 2], how)
            found.append(measure(stack, data, how, full=True))
    here, there = found
    for name, tensor in there.items():
        assert type(tensor) is torch.Tensor and tensor.dtype == here[name].dtype
        if tensor.is_floating_point():
            torch.testing.assert_close(tensor, here[name], rtol=1e-3, atol=1e-3)


JUDGED = ("margin", "softmax", "correct", "prediction")


def test_a_diverged_network_is_named():
    how = settings(learning_rate=1e30, steps=4)
    with pytest.raises(
        UserError,
        match=r"subsets.learning_rate: the loss of the network of seed 7 is not finite at step "
        r"[2-4]; try one below 1e\+30",
    ) as refused:
        training.train(make_data(how).source, MASKS[:2], [7, 8], how)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"stepps": 3}, "subsets.stepps: unknown; did you mean 'steps'"),
        ({"steps": 0}, "subsets.steps: 0 is not a whole number >= 1"),
        ({"fixed": "both"}, "subsets.fixed: 'both' is not one of steps, epochs"),
        ({"architecture": "convnet"}, "subsets.architecture: 'convnet' is not one of"),
        ({"stack": 3}, "subsets.stack: 3 is not a mapping of models and backend"),
        ({"stack": {"models": 0, "backend": "loop"}}, "subsets.stack.models: 0 is not a whole"),
        ({"stack": {"models": 1, "backend": "map"}}, "subsets.stack.backend: 'map' is not one of"),
        ({"stack": {"models": 1}}, "subsets.stack.backend: missing"),
        ({"fixed": "epochs"}, "subsets.stack.models: with fixed epochs .* set it to 1"),
    ],
)
def test_settings_that_are_refused(change, message):
    with pytest.raises(UserError, match=message) as refused:
        rules.checked(SETTINGS | change)
    assert "\n" not in str(refused.value)


def test_fixed_epochs_one_at_a_time():
    assert settings(fixed="epochs", models=1)["stack"] == {"models": 1, "backend": "groups"}


def test_batches_of_one_image_are_refused_where_a_network_normalises():
    how = settings(batch_size=1, image_size=8)
    with pytest.raises(UserError, match=r"subsets.batch_size: with batches of 1 image"):
        training.train(make_data(how).source, MASKS[:1], [1], how)


@pytest.mark.parametrize(
    ("masks", "seeds", "message"),
    [
        (np.zeros((2, 4), dtype=np.uint8), np.arange(2), "masks: row 0 has no class"),
        (np.ones((2, 5), dtype=np.uint8), np.arange(2), "masks: 5 classes; subsets.num_classes"),
        (np.ones((2, 4), dtype=np.uint8), np.arange(3), "masks: 2 rows and 3 seeds"),
        (np.ones((2, 4), dtype=np.uint8), np.array([1, -1]), "give one of each, at least 0"),
    ],
)
def test_masks_and_seeds_that_do_not_fit(masks, seeds, message):
    with pytest.raises(UserError, match=message) as refused:
        check_networks(masks, seeds, settings())
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("source_train", lambda one: one.labels.fill_(0), "source_train: class 1 has no image"),
        ("source_test", lambda one: one.labels.add_(1), "source_test: labels go from 1 to 4"),
        ("target_val", lambda one: one.labels.clamp_(max=1), "target_val: class 2 has no image"),
    ],
)
def test_data_that_do_not_fit(name, change, message):
    shards = make_shards()
    change(shards[name])
    with pytest.raises(UserError, match=message) as refused:
        datasets.load(shards, settings(), torch.device("cpu"))
    assert "\n" not in str(refused.value)


def test_images_of_another_size_and_a_target_of_one_class():
    with pytest.raises(UserError, match=r"source_train: images are .* the settings ask for"):
        datasets.load(make_shards(24), settings(), torch.device("cpu"))
    shards = make_shards()
    for split in ("train", "val", "test"):
        shards[f"target_{split}"].labels.fill_(0)
    with pytest.raises(UserError, match="target: 1 classes; give 2 to 256"):
        datasets.load(shards, settings(), torch.device("cpu"))
