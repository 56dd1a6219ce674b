"""Rendered groups of views differ in what they say, and in nothing else."""

import pytest
import torch
from support.small_images import small_base

from invariance.measures.view_groups.rendered import render_views
from transforms2d.errors import UserError
from transforms2d.rendering.renderer import render
from transforms2d.spec import DatasetSpec


def spec(**changes) -> DatasetSpec:
    settings = {"split": "test", "samples": 40, "seed": 3, "classes": range(5), "prototypes": 0}
    return DatasetSpec(**{**settings, "placement": "random", "object_scale": 0.6, **changes})


BASE = small_base(prototypes=4, backgrounds=50)
BASE.objects[:, 3, 5:27, 5:27] = 255  # opaque, each of other colours


def by_group(views) -> torch.Tensor:
    """Images uint8 [groups, views, 3, S, S]."""
    return torch.stack([views.images[views.group == one] for one in range(len(views.names))])


@pytest.mark.parametrize("vary", ["backgrounds", "places"])
def test_the_first_view_is_the_sample_itself(vary):
    views = render_views(spec(), BASE, None, vary, groups=8, views=3)
    assert views.images.shape == (24, 3, 32, 32)
    assert views.group.bincount().tolist() == [3] * 8
    own = render(spec(), range(8), BASE).images
    assert torch.equal(by_group(views)[:, 0], own)
    assert not torch.equal(by_group(views)[:, 1], own)


def test_backgrounds_alone_differ():
    views = by_group(render_views(spec(), BASE, None, "backgrounds", groups=20, views=3))
    same = (views == views[:, :1]).all(dim=(1, 2))  # [groups, S, S]
    # An opaque object of 13 px stays, but for its soft edge; the rest has other pixels.
    kept = same.sum(dim=(1, 2))
    assert (kept >= 11 * 11).all() and (kept < 14 * 14).all()


def test_places_alone_differ():
    plain = spec(background="uniform")
    views = by_group(render_views(plain, BASE, None, "places", groups=20, views=3))
    first, second = views[:, 0], views[:, 1]
    assert torch.equal(first.flatten(2).sort(dim=2).values, second.flatten(2).sort(dim=2).values)
    assert (first != second).flatten(1).any(dim=1).float().mean() > 0.9


def test_photos_show_the_same_class_on_the_same_background():
    still = spec(placement="centre", object_scale=1.0)
    views = by_group(render_views(still, BASE, None, "photos", groups=30, views=4))
    label = render(still, range(30), BASE).latents["object_label"]
    background = slice(0, 4)
    assert (views[..., background, :] == views[:, :1, :, background]).all()
    centre = views[..., 10:22, 10:22].flatten(2)
    of_class = BASE.objects[:, :3, 10:22, 10:22].flatten(1).view(5, 4, -1)
    for group, one in enumerate(centre):
        known = of_class[label[group]]
        which = [[torch.equal(view, other) for other in known] for view in one]
        assert all(any(row) for row in which)
    assert sum(len(one.unique(dim=0)) > 1 for one in centre) > 25


@pytest.mark.parametrize(
    ("vary", "changes", "options", "words"),
    [
        ("pose", {}, {}, "'pose' is not one of"),
        ("places", {"placement": "centre"}, {}, "placement random"),
        ("photos", {"prototypes": 1}, {}, "several prototypes"),
        ("backgrounds", {}, {"groups": 41}, "at most 40"),
        ("backgrounds", {}, {"views": 1}, "2 or more views"),
    ],
)
def test_what_a_dataset_cannot_vary(vary, changes, options, words):
    with pytest.raises(UserError, match=words):
        render_views(spec(**changes), BASE, None, vary, **{"groups": 5, "views": 2, **options})
