"""Pairs that differ in one thing only."""

import pytest
import torch
from scipy.stats import chi2_contingency
from support.small_images import same_latents, small_base, small_natural

from transforms2d.errors import UserError
from transforms2d.rendering.renderer import render
from transforms2d.rendering.scene import binding
from transforms2d.rendering.twins import render_twins
from transforms2d.spec import DatasetSpec

BASE, NATURAL = small_base(), small_natural("test")
OBJECTS = {"classes": (4, 1, 0), "transforms": ("translate", "hue", "h_flip"), "prototypes": 2}
PASTED = {
    **OBJECTS,
    "background": "natural",
    "natural_classes": (1, 2, 3),
    "object_scale": 0.55,
    "placement": "random",
    "correlation": 0.5,
}
OF_BACKGROUND = ("background", "background_label", "bound")
SCENE = ("object", "prototype", "background")


def spec_of(family, **more):
    return DatasetSpec(**{"split": "test", "samples": 100, "seed": 3, **family, **more})


def transformation_latents(latents):
    return {name: column for name, column in latents.items() if "." in name}


@pytest.mark.parametrize("family", [OBJECTS, PASTED])
def test_transformation_twins_share_object_background_and_place(family):
    spec = spec_of(family)
    first, second = render_twins(spec, range(100), BASE, NATURAL)
    for name in SCENE:
        assert torch.equal(first.latents[name], second.latents[name])
    if family is PASTED:
        assert torch.equal(first.latents["placement.x"], second.latents["placement.x"])
    assert (first.latents["hue.hue_turns"] != second.latents["hue.hue_turns"]).all()
    flips = [batch.latents["h_flip.applied"] for batch in (first, second)]
    assert 0.3 < float((flips[0] == flips[1]).float().mean()) < 0.7
    assert torch.equal(first.labels, second.labels)
    assert torch.equal(first.images, render(spec, range(100), BASE, NATURAL).images)


def test_pairs_of_other_numbers_are_independent():
    spec = spec_of(OBJECTS)
    hues = [
        batch.latents["hue.hue_turns"]
        for draw in (0, 1, 2)
        for batch in render_twins(spec, range(100), BASE, draw=draw)
    ]
    together = torch.stack(hues)
    correlation = torch.corrcoef(together) - torch.eye(len(hues))
    assert float(correlation.abs().max()) < 0.4
    assert len({tuple(hue.tolist()) for hue in hues}) == len(hues)


@pytest.mark.parametrize("family", [OBJECTS, PASTED])
@pytest.mark.parametrize("draw", [0, 3])
def test_background_twins_differ_in_the_background_alone(family, draw):
    first, second = render_twins(spec_of(family), range(100), BASE, NATURAL, "background", draw)
    same = (first.latents["background"] == second.latents["background"]).float().mean()
    if family is PASTED:
        assert same == 0, "each natural image is shown once"
    else:
        assert float(same) == pytest.approx(1 / len(BASE.backgrounds), abs=0.15)
    others = [
        {name: column for name, column in batch.latents.items() if name not in OF_BACKGROUND}
        for batch in (first, second)
    ]
    assert same_latents(*others)
    if family is PASTED:
        assert len(set(second.latents["background"].tolist())) == 100


@pytest.mark.parametrize("family", [OBJECTS, PASTED])
def test_object_twins_differ_in_the_object_alone(family):
    first, second = render_twins(spec_of(family), range(100), BASE, NATURAL, "object")
    differ = first.latents["object"] != second.latents["object"]
    assert torch.equal(differ, first.labels != second.labels)
    classes = len(spec_of(family).classes)
    assert float(differ.float().mean()) == pytest.approx(1 - 1 / classes, abs=0.15)
    assert torch.equal(first.latents["background"], second.latents["background"])
    assert same_latents(*map(transformation_latents, (first.latents, second.latents)))
    changed = (first.images != second.images).any(1)
    differ |= first.latents["prototype"] != second.latents["prototype"]
    assert torch.equal(changed.flatten(1).any(1), differ)
    if family is PASTED:
        # Far from the pasted object both show the same natural image.
        x, y = (first.latents[f"placement.{axis}"] for axis in "xy")
        far = (x > 14) & (y > 14)
        assert far.any() and not changed[far][:, :8, :8].any()


def test_the_other_object_is_any_image_of_any_class():
    """Both sides of equation 1 coincide equally often, with several images per class too."""
    spec = spec_of(OBJECTS, samples=3000, transforms=())
    first, second = (one.latents for one in render_twins(spec, range(3000), BASE, differ="object"))
    shown = [one["object_label"] * 2 + one["prototype"] for one in (first, second)]
    counts = torch.zeros(6, 6).index_put_(tuple(shown), torch.ones(3000), accumulate=True)
    assert chi2_contingency(counts.numpy()).pvalue > 0.01
    assert float((shown[0] == shown[1]).float().mean()) == pytest.approx(1 / 6, abs=0.03)


def test_random_backgrounds_have_twins_too():
    spec = spec_of({"foreground": "patterns", "background": "patterns", "classes": (0, 1)})
    first, second = render_twins(spec, range(20), None, differ="background")
    rim = (first.images == second.images)[:, :, :5].float().mean()
    assert float(rim) < 0.01
    assert torch.equal(first.images[..., 8:24, 8:24], second.images[..., 8:24, 8:24])
    again, moved = render_twins(spec, range(20), None)
    assert torch.equal(again.images, moved.images)


@pytest.mark.parametrize(
    "more, differ, message",
    [
        ({}, "colour", "'colour' is not one of transforms, background, object"),
        ({"background": "uniform"}, "background", "uniform background has no other"),
        ({"classes": (1,)}, "object", "one class has no other object"),
    ],
)
def test_impossible_pairs_are_refused(more, differ, message):
    with pytest.raises(UserError, match=message):
        render_twins(spec_of(OBJECTS, **more), range(3), BASE, differ=differ)
    lonely = small_base(backgrounds=1)
    with pytest.raises(UserError, match="one background has no other"):
        render_twins(spec_of(OBJECTS), range(3), lonely, differ="background")


def test_augmented_images_differ_in_transformations_only():
    spec = spec_of(
        {"foreground": "none", "background": "natural", "natural_classes": (1, 2)},
        samples=50,
        transforms=("brightness",),
    )
    first, second = render_twins(spec, range(50), None, NATURAL)
    assert torch.equal(first.latents["background"], second.latents["background"])
    assert not torch.equal(first.images, second.images)
    with pytest.raises(UserError, match="needs a dataset with a foreground"):
        render_twins(spec, range(50), None, NATURAL, differ="background")


@pytest.mark.parametrize("differ", ["object", "background"])
def test_bound_is_said_of_what_is_shown(differ):
    spec = spec_of(PASTED)
    first, second = (one.latents for one in render_twins(spec, range(100), BASE, NATURAL, differ))
    own = torch.from_numpy(binding(spec))
    for drawn in (first, second):
        of_class = own[drawn["background_label"]]
        position = torch.tensor([spec.classes.index(kind) for kind in drawn["object"].tolist()])
        assert (position == of_class)[drawn["bound"]].all()
    assert first["bound"].any()
    assert second["bound"].any() == (differ == "background")
