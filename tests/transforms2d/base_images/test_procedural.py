"""The embedded base images: the same from the same seed, all different, soft at the edges."""

import numpy as np
import pytest
import torch

from transforms2d import base_images
from transforms2d.base_images.procedural import backgrounds, objects
from transforms2d.errors import UserError


def fetch(**changes):
    plain = {"source": "procedural", "seed": 0, "objects": 61, "backgrounds": 30, "prototypes": 1}
    return base_images.fetch(plain | changes)


@pytest.fixture(scope="module")
def images():
    return base_images.prepare(fetch())


def flat(canvases):
    """Objects on gray, at working size: float [P, 3 * 32 * 32], 0..1."""
    colour, alpha = canvases[:, :3].float() / 255, canvases[:, 3:].float() / 255
    return (colour * alpha + 0.5 * (1 - alpha)).flatten(1)


def test_the_whole_set_has_the_published_size():
    index = fetch(backgrounds=867)
    assert (len(index["objects"]), len(index["backgrounds"])) == (61, 867)
    assert index["class_names"] == sorted(set(index["class_names"]))


def test_same_seed_same_bytes(tmp_path, images):
    images.save(tmp_path / "a")
    base_images.prepare(fetch()).save(tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_an_item_does_not_depend_on_the_others():
    few = base_images.prepare(fetch(objects=3, backgrounds=2))
    other = base_images.prepare(fetch(objects=2, backgrounds=3))
    assert torch.equal(few.objects[:2], other.objects)
    assert torch.equal(few.backgrounds, other.backgrounds[:2])


def test_another_seed_gives_other_images():
    this, other = (base_images.prepare(fetch(objects=12, seed=seed)) for seed in (0, 1))
    assert not torch.equal(this.objects, other.objects)
    assert (this.backgrounds != other.backgrounds).float().mean() > 0.9


def test_objects_differ_from_one_another_when_small(images):
    distance = torch.cdist(flat(images.objects), flat(images.objects))
    distance.fill_diagonal_(torch.inf)
    blank = flat(torch.zeros(1, 4, 32, 32, dtype=torch.uint8))
    size = torch.cdist(flat(images.objects), blank).median()
    assert distance.min() > 0.4 * size


def test_objects_show_a_flip_and_a_turn(images):
    plain = flat(images.objects)
    for changed in (
        images.objects.flip(-1),
        images.objects.flip(-2),
        images.objects.rot90(1, (2, 3)),
    ):
        moved = (flat(changed) - plain).norm(dim=1)
        assert moved.min() > 2


def test_edges_are_soft(images):
    alpha = images.objects[:, 3]
    partial = ((alpha > 10) & (alpha < 245)).float().mean((1, 2))
    assert partial.min() > 0.02
    assert (alpha == 255).float().mean((1, 2)).min() > 0.02
    assert not images.objects[:, 3, :5].any()


def test_hidden_colours_do_not_darken_the_edge():
    image = np.asarray(objects.draw("watermelon", seed=0)).astype(int)
    edge = (image[..., 3] > 5) & (image[..., 3] < 60)
    assert image[edge][:, 1].mean() > 60, "the green rind ends in green, not in black"


def test_backgrounds_differ_and_are_not_flat(images):
    pixels = images.backgrounds.flatten(1).float() / 255
    assert pixels.std(1).median() > 0.08
    distance = torch.cdist(pixels, pixels)
    distance.fill_diagonal_(torch.inf)
    assert distance.min() > 1
    assert len(backgrounds.PAINTERS) >= 12


def test_more_prototypes_of_a_class():
    made = base_images.prepare(fetch(objects=2, backgrounds=1, prototypes=0))
    assert made.object_class.tolist() == [0] * objects.PROTOTYPES + [1] * objects.PROTOTYPES
    first = base_images.prepare(fetch(objects=2, backgrounds=1))
    assert torch.equal(made.objects[0], first.objects[0])
    assert not torch.equal(made.objects[0], made.objects[1])


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"objects": 62}, "62 is more than the 61 drawings"), ({"seed": -1}, "-1 is not a whole")],
)
def test_refused(changes, message):
    with pytest.raises(UserError, match=message):
        fetch(**changes)
