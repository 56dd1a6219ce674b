"""What is regressed: the centre of an object where the image shows it, and turns without a jump."""

import numpy as np
import pytest
import torch
from support.small_images import small_base

from invariance.measures.readouts.latent_targets import latent_targets, rendered_centres
from transforms2d.base_images import BaseImages
from transforms2d.errors import UserError
from transforms2d.names import GEOMETRIC
from transforms2d.rendering.renderer import render
from transforms2d.spec import DatasetSpec

SIDE = 64


def disc() -> BaseImages:
    """An opaque white disc at the centre of the box that objects fill: 45 px, from 9 on."""
    at = torch.arange(SIDE) + 0.5 - 31.5
    alpha = ((at[:, None] ** 2 + at[None] ** 2) < 5**2).to(torch.uint8) * 255
    objects = torch.cat([alpha.expand(3, -1, -1), alpha[None]])[None]
    backgrounds = torch.zeros(1, 3, SIDE, SIDE, dtype=torch.uint8)
    return BaseImages(objects, torch.zeros(1).long(), backgrounds, ["disc"], SIDE, "procedural")


def spec(*transforms, **changes) -> DatasetSpec:
    settings = {"split": "test", "samples": 60, "seed": 3, "classes": [0], "image_size": SIDE}
    return DatasetSpec(**{**settings, "transforms": transforms, "background": "uniform", **changes})


def seen_centres(images: torch.Tensor) -> np.ndarray:
    """Centre of mass of the light in each image, x and y in px."""
    light = images[:, 0].double().numpy()
    at, total = np.arange(SIDE) + 0.5, light.sum(axis=(1, 2))
    return np.column_stack([light.sum(axis=1) @ at, light.sum(axis=2) @ at]) / total[:, None]


@pytest.mark.parametrize(
    ("transforms", "changes"),
    [
        *(((name,), {}) for name in GEOMETRIC),
        (("translate", "rotate"), {}),
        (("translate", "scale", "h_flip", "rotate", "v_flip"), {}),
        (("rotate", "translate", "shear"), {}),
        (("hue", "translate"), {"placement": "random", "object_scale": 0.6}),
        ((), {"placement": "random", "object_scale": 0.75}),
        ((), {"placement": "corner", "object_scale": 0.55}),
        (("scale", "translate"), {"object_scale": 0.8}),
    ],
)
def test_the_centre_is_where_the_light_is(transforms, changes):
    dataset = spec(*transforms, **changes)
    batch = render(dataset, range(60), disc())
    expected, found = seen_centres(batch.images), rendered_centres(dataset, batch.latents)
    # A disc that a transformation moved beyond the edge is not seen whole.
    light = batch.images[:, 0].double()
    rim = torch.cat([light[:, [0, -1]].flatten(1), light[:, :, [0, -1]].flatten(1)], dim=1)
    whole = (rim.amax(dim=1) == 0).numpy() & np.isfinite(expected).all(axis=1)
    assert whole.mean() > 0.5
    assert np.abs(found - expected)[whole].max() < 1.0
    assert np.abs(found - expected)[whole].mean() < 0.35


def test_moving_objects_have_a_place_and_others_have_none():
    # A turn about the centre of the image moves the centre of the box by half a pixel.
    still, moving = spec("rotate"), spec(placement="random", object_scale=0.5)
    for dataset, expected in ((still, ["rotate"]), (moving, ["place"])):
        batch = render(dataset, range(20), disc())
        assert list(latent_targets(dataset, batch.latents)) == expected


def test_turns_are_sine_and_cosine():
    dataset = spec("rotate", "hue", "scale", "brightness", "contrast", "blur", "shear", "v_flip")
    latents = render(dataset, range(50), disc()).latents
    targets = latent_targets(dataset, latents)
    assert set(targets) - {"place"} == {
        *("rotate", "hue", "scale", "brightness", "contrast", "blur", "shear_x", "shear_y")
    }
    for name, key, turn in (("rotate", "rotate.angle_deg", 360), ("hue", "hue.hue_turns", 1)):
        assert np.allclose((targets[name] ** 2).sum(axis=1), 1)
        angle = np.arctan2(*targets[name].T) * turn / (2 * np.pi)
        away = (angle - latents[key].numpy() + turn / 2) % turn - turn / 2
        assert np.abs(away).max() < 1e-4 * turn
    assert np.allclose(targets["scale"][:, 0], latents["scale.factor"].numpy())


def test_the_background_is_its_mean_colour():
    base = small_base(backgrounds=9)
    dataset = DatasetSpec("test", 30, 3, classes=range(5))
    latents = render(dataset, range(30), base).latents
    assert "background" not in latent_targets(dataset, latents)
    found = latent_targets(dataset, latents, base)["background"]
    shown = base.backgrounds[latents["background"]].double().mean(dim=(2, 3)).numpy()
    assert np.array_equal(found, shown)


def test_a_list_per_class_is_refused():
    base = small_base()
    dataset = DatasetSpec("test", 30, 3, classes=range(5), transforms={0: ("rotate",)})
    latents = render(dataset, range(30), base).latents
    with pytest.raises(UserError, match="own list of transformations"):
        latent_targets(dataset, latents, base)


def test_objects_that_are_sometimes_absent_have_no_place():
    base = small_base()
    dataset = DatasetSpec(
        "test", 30, 3, classes=range(5), availability=0.5, placement="random", object_scale=0.5
    )
    assert "place" not in latent_targets(dataset, render(dataset, range(30), base).latents)
