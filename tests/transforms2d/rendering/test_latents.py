"""Latents that contradict their dataset's spec or labels are noticed."""

import pytest
import torch
from support.small_images import small_base, small_natural

from transforms2d.errors import UserError
from transforms2d.names import ALL
from transforms2d.protocol import preset
from transforms2d.rendering.latents import check_latents, latent_names
from transforms2d.rendering.renderer import render
from transforms2d.spec import DatasetSpec

BASE = small_base()
NATURAL = {"background": "natural", "natural_classes": (7, 2, 3)}
PASTED = {
    **NATURAL,
    "classes": (4, 1, 0),
    "placement": "random",
    "correlation": 0.5,
    "availability": 0.7,
    "transforms": {0: ("rotate", "noise"), 2: ("hue",)},
}
FAMILIES = {
    "objects": {"classes": (4, 1, 0), "transforms": ALL},
    "patterns": {"classes": (8, 3), "foreground": "patterns", "background": "patterns"},
    "objects alone": {"classes": (0, 1), "background": "uniform", "placement": "corner"},
    "natural": {**NATURAL, "foreground": "none", "transforms": ("translate", "elastic")},
    "pasted": PASTED,
    "labels of the background": {**PASTED, "labels": "background"},
}


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("protocol", ["paper", "released_code"])
@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_rendered_has_the_latents_of_its_spec(family, protocol, split):
    spec = DatasetSpec(split, 20, 3, **FAMILIES[family], protocol=preset(protocol))
    batch = render(spec, range(20), BASE, small_natural(split))
    assert latent_names(spec) == set(batch.latents)
    check_latents(spec, batch.labels, batch.latents)


@pytest.mark.parametrize("family", ["objects", "labels of the background"])
def test_contradictions_are_refused(family):
    spec = DatasetSpec("test", 20, 3, **FAMILIES[family])
    batch = render(spec, range(20), BASE, small_natural("test"))
    less = {name: column for name, column in batch.latents.items() if name != "hue.hue_turns"}
    more = {**batch.latents, "twirl.angle_deg": torch.zeros(20)}
    source = f"{'object' if family == 'objects' else 'background'}_label"
    for labels, latents, message in [
        (batch.labels, less, "the latent hue.hue_turns is missing"),
        (batch.labels, more, "the latent twirl.angle_deg is none of this dataset's"),
        (batch.labels.roll(1), batch.latents, f"the labels are not those of the latent {source}"),
    ]:
        with pytest.raises(UserError, match=message):
            check_latents(spec, labels, latents)
