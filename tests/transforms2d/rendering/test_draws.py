"""New draws of a dataset: what they change, and what they leave as it is."""

import pytest
import torch
from support.small_images import small_base, small_natural

from transforms2d.protocol import preset
from transforms2d.rendering.draws import has_draws
from transforms2d.rendering.renderer import Renderer
from transforms2d.spec import DatasetSpec

BASE = small_base()
PASTED = {
    **{"background": "natural", "natural_classes": (7, 2, 3), "classes": (4, 1, 0)},
    **{"placement": "random", "object_scale": 0.55},
}
FAMILIES = {
    "transformations": {"classes": (4, 1), "transforms": ("rotate",)},
    "patterns behind objects": {"classes": (4, 1), "background": "patterns"},
    "random places": PASTED,
    "nothing": {"classes": (4, 1)},
    "corner": {**PASTED, "placement": "corner"},
    "random places of no object": {**PASTED, "availability": 0.0},
    "no transformation": {"background": "natural", "natural_classes": (7,), "foreground": "none"},
}


def renderer(family: str, protocol: str = "paper", split: str = "train") -> Renderer:
    spec = DatasetSpec(split, 30, 3, **FAMILIES[family], protocol=preset(protocol))
    return Renderer(spec, BASE, small_natural(split))


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("protocol", ["paper", "released_code"])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_dataset_with_draws_is_one_whose_images_differ(family, protocol, split):
    made = renderer(family, protocol, split)
    first, second = (made.render(range(30), draw=draw).images for draw in (0, 1))
    assert has_draws(made.spec) == (not torch.equal(first, second))


def test_new_draws_move_pasted_objects_and_change_nothing_else():
    made = renderer("random places")
    batches = [made.render(range(30), draw=draw) for draw in range(3)]
    for axis in "xy":
        places = [batch.latents[f"placement.{axis}"] for batch in batches]
        assert not torch.equal(places[0], places[1]) and not torch.equal(places[1], places[2])
        assert torch.equal(made.render(range(30), draw=1).latents[f"placement.{axis}"], places[1])
    for name in ("object", "prototype", "background", "background_label"):
        assert torch.equal(batches[0].latents[name], batches[1].latents[name])


def test_draws_of_a_place_cover_the_image_and_keep_the_object_inside():
    made = renderer("random places")
    x = torch.cat([made.render([4], draw=d).latents["placement.x"] for d in range(400)])
    counts = torch.bincount(x)
    assert counts[0] >= 0 and len(counts) <= 32 - 12 + 1
    inside = counts[counts > 0]
    assert len(inside) >= 17 and inside.max() < 4 * inside.float().mean()
