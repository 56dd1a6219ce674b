"""Rendered groups of views: one object on many backgrounds, at many places, in several photos."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import torch

from invariance.measures.view_groups.groups import ViewGroups
from transforms2d.errors import UserError, quote
from transforms2d.rendering.renderer import Renderer
from transforms2d.rendering.scene import Draws
from transforms2d.spec import DatasetSpec

RENDERED = ("backgrounds", "places", "photos")


def render_views(
    spec: DatasetSpec, base, natural, vary: str, *, groups: int, views: int, device="cpu"
) -> ViewGroups:
    """Rendered groups: the first ``groups`` samples of a dataset, each in several views.

    Parameters
    ----------
    spec : DatasetSpec
        With objects. ``places`` needs random placement, ``photos`` several prototypes.
    base, natural
        As for ``Renderer``.
    vary : str
        What the views of a group differ in: ``backgrounds``, ``places`` (and nothing else that
        surrounds the object, unless the background is drawn anew with them) or ``photos``
        (another image of the same class).
    groups, views : int
        Number of groups, and views in each, 2 or more.

    Raises
    ------
    UserError
        If the dataset cannot vary in this.
    """
    if vary not in RENDERED:
        raise UserError(f"views: {quote(vary)} is not one of {', '.join(RENDERED)}")
    if vary == "places" and spec.placement != "random":
        raise UserError("views: places differ only with placement random")
    if vary == "photos" and spec.prototypes == 1:
        raise UserError("views: photos differ only with several prototypes; set prototypes to 0")
    if groups > spec.samples or views < 2:
        raise UserError(
            f"views: {groups} groups of {views}; give 2 or more views, of at most {spec.samples} "
            "samples"
        )
    indices = np.arange(groups)
    if vary == "photos":
        images = _photos(spec, base, natural, indices, views, device)
    else:
        renderer = Renderer(spec, base, natural, device)
        part = {"backgrounds": "other_background", "places": "surroundings"}[vary]
        images = [
            renderer.render_draws(indices, Draws(**{part: draw})).images for draw in range(views)
        ]
    group = torch.arange(groups).repeat(views)
    return ViewGroups(torch.cat(list(images)).cpu(), group, [f"{index}" for index in indices])


def _photos(spec: DatasetSpec, base, natural, indices, views: int, device):
    """Each view of each sample with another image of the sample's class, drawn independently."""
    label = Renderer(spec, base, natural, device).render(indices).latents["object_label"].numpy()
    shape = (views, len(indices), 3, spec.image_size, spec.image_size)
    images = torch.empty(shape, dtype=torch.uint8)
    for position in np.unique(label):
        # In a dataset of one class, another object is another image of this class.
        one = replace(spec, classes=(spec.classes[position],), transforms=_own(spec, position))
        renderer, rows = Renderer(one, base, natural, device), label == position
        for draw in range(views):
            drawn = renderer.render_draws(indices[rows], Draws(other_object=draw + 1))
            images[draw, torch.from_numpy(rows)] = drawn.images.cpu()
    return images


def _own(spec: DatasetSpec, position: int):
    """The transformations of one class."""
    if isinstance(spec.transforms, Mapping):
        return spec.transforms.get(position, ())
    return spec.transforms
