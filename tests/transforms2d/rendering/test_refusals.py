"""What cannot be rendered is refused in one line that names it."""

import json

import numpy as np
import pytest
import torch
from support.small_images import small_base, small_natural

from transforms2d.errors import UserError
from transforms2d.rendering.renderer import Renderer, render
from transforms2d.spec import DatasetSpec

BASE, NATURAL = small_base(), small_natural()
SPEC = {"split": "train", "samples": 10, "seed": 0, "classes": (0, 1)}
CIFAR = {**SPEC, "classes": (), "foreground": "none", "background": "natural"}


@pytest.mark.parametrize(
    "settings, message",
    [
        ({**SPEC, "transforms": ("twirl",)}, "dataset.transforms: unknown 'twirl'"),
        ({**SPEC, "transforms": "rotate"}, "dataset.transforms: 'rotate' is not a list"),
        ({**SPEC, "transforms": ("hue", "hue")}, "a transformation is named twice"),
        ({**SPEC, "transforms": {2: ("hue",)}}, "no class at position 2; there are 2"),
        ({**SPEC, "transforms": {"a": ("hue",)}}, "dataset.transforms: class position: 'a'"),
        ({**SPEC, "transforms": {0.5: ("hue",)}}, "dataset.transforms: class position: 0.5"),
        ({**SPEC, "transforms": {0: "hue"}}, "dataset.transforms: 'hue' is not a list"),
        ({**SPEC, "transforms": {"hue", "blur"}}, "dataset.transforms: .* is not a list"),
        ({**SPEC, "transforms": None}, "dataset.transforms: None is not a list"),
        ({**SPEC, "transforms": (["hue"],)}, r"dataset.transforms: unknown \['hue'\]"),
        ({**SPEC, "classes": 3}, "dataset.classes: 3 is not a list"),
        ({**SPEC, "classes": ([0, 1], [2, 3])}, r"dataset.classes: \[0, 1\]"),
        ({**SPEC, "samples": "5"}, "dataset.samples: '5'"),
        ({**SPEC, "seed": True}, "dataset.seed: True"),
        ({**SPEC, "object_scale": "x"}, "dataset.object_scale: 'x'"),
        ({**SPEC, "object_scale": 0}, "dataset.object_scale: 0"),
        ({**SPEC, "availability": None}, "dataset.availability: None"),
        ({**SPEC, "protocol": "paper"}, "dataset.protocol: 'paper'"),
        ({**SPEC, "split": None}, "dataset.split: None"),
        ({**SPEC, "classes": ()}, "dataset.classes: empty"),
        ({**SPEC, "classes": (0, -1)}, "dataset.classes: -1"),
        ({**SPEC, "classes": (0, 5)}, "object 5 is beyond the 5 classes"),
        ({**SPEC, "image_size": 7}, "dataset.image_size: 7"),
        ({**SPEC, "image_size": 64}, "dataset.image_size: 64, but the base images"),
        ({**SPEC, "seed": -1}, "dataset.seed: -1"),
        ({**SPEC, "correlation": 0.5}, "dataset.correlation: needs"),
        ({**SPEC, "availability": float("nan")}, "dataset.availability: nan"),
        ({**SPEC, "split": "dev"}, "dataset.split: 'dev'"),
        ({**CIFAR, "natural_classes": ()}, "dataset.natural_classes: empty"),
        ({**CIFAR, "natural_classes": (1, 12)}, "no class 12"),
        ({**CIFAR, "natural_classes": (1,), "samples": 37}, "37 asked.* only 36"),
    ],
)
def test_settings_are_refused(settings, message):
    with pytest.raises(UserError, match=message) as caught:
        render(DatasetSpec(**settings), [0], BASE, NATURAL)
    assert "\n" not in str(caught.value)


def test_a_bijection_needs_as_many_objects_as_classes():
    spec = DatasetSpec(**SPEC, background="natural", natural_classes=(1, 2, 3), correlation=0.5)
    with pytest.raises(UserError, match=r"dataset.correlation: 2 objects .* 3 classes"):
        Renderer(spec, BASE, NATURAL)


def test_missing_images_are_named():
    with pytest.raises(UserError, match="needs base images"):
        render(DatasetSpec(**SPEC), [0], None)
    spec = DatasetSpec(**{**CIFAR, "natural_classes": (1,)})
    with pytest.raises(UserError, match="needs natural images"):
        render(spec, [0], None)
    with pytest.raises(UserError, match="needs base images, but NaturalImages was given"):
        render(DatasetSpec(**SPEC), [0], NATURAL)


def test_objects_without_alpha_are_refused():
    base = small_base()
    base.objects[2, 3] = 255
    with pytest.raises(UserError, match=r"object 1 \(thing 1\) has no transparency"):
        render(DatasetSpec(**SPEC), [0], base)
    # An image that is not used does not matter.
    assert render(DatasetSpec(**{**SPEC, "classes": (0, 2)}), [0], base)


@pytest.mark.parametrize(
    "indices", [[10], [-1], [0.5], ["0"], [[0]], [[]], [0, [1]], torch.tensor([0, 99])]
)
def test_indices_outside_the_dataset_are_refused(indices):
    with pytest.raises(UserError, match="render: "):
        render(DatasetSpec(**SPEC), indices, BASE)


@pytest.mark.parametrize(
    "options, message",
    [({"draw": -1}, "render.draw: -1"), ({"device": "gpu"}, "render.device: 'gpu'")],
)
def test_options_of_render_are_refused(options, message):
    with pytest.raises(UserError, match=message):
        render(DatasetSpec(**SPEC), [0], BASE, **options)


@pytest.mark.parametrize(
    "plain, message",
    [
        (None, "dataset: None is not a mapping"),
        ({"split": "train", "samples": 5}, "dataset.seed: missing"),
        ({**SPEC, "colour": 1}, "dataset.colour: unknown"),
        ({**SPEC, "protocol": 3}, "dataset.protocol: 3"),
    ],
)
def test_a_spec_is_not_read_from_anything_else(plain, message):
    with pytest.raises(UserError, match=message):
        DatasetSpec.from_dict(plain)


def test_none_is_the_identity():
    plain = DatasetSpec(**SPEC)
    assert DatasetSpec(**SPEC, transforms=("none",)) == plain
    assert DatasetSpec(**SPEC, transforms=["hue", "none"]).transforms == ("hue",)
    assert DatasetSpec(**SPEC, transforms={0: ("none",)}).transforms == {0: ()}


def test_numbers_of_numpy_are_numbers():
    spec = DatasetSpec(
        "train",
        np.int64(10),
        np.uint32(3),
        transforms_seed=np.int64(4),
        classes=np.arange(2),
        object_scale=np.float32(0.5),
    )
    assert DatasetSpec.from_dict(json.loads(json.dumps(spec.to_dict()))) == spec
