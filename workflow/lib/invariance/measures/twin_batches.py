"""Batches of twins, and the distinct images among them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from transforms2d import seeds
from transforms2d.errors import UserError, quote
from transforms2d.names import KNOWN
from transforms2d.rendering.renderer import Renderer
from transforms2d.rendering.twins import twins
from transforms2d.spec import DatasetSpec


def render_pairs(
    spec: DatasetSpec, change, base, natural, settings: Mapping, device: torch.device
) -> Iterator[tuple[Tensor, Tensor]]:
    """Batches of twins of one set, uint8 [n, 3, S, S] each, in random order of its samples.

    Parameters
    ----------
    change : str or None
        The difference between twins, see ``sensitivity.score_sets``.
    settings : mapping
        ``pairs`` (at most), ``batch_size`` and ``seed``, which determines the order.

    Raises
    ------
    UserError
        For an unknown change.
    """
    if change in KNOWN:
        spec, differ = replace(spec, transforms=(change,)), "transforms"
    elif change is None:
        differ = "transforms"
    elif change in ("background", "object"):
        differ = change
    else:
        raise UserError(
            f"sensitivity: twins cannot differ in {quote(change)}; give background, object, or "
            "one of " + ", ".join(KNOWN)
        )
    renderer = Renderer(spec, base, natural, device)
    for indices in _batches(len(renderer), settings):
        first, second = twins(renderer, indices, differ)
        yield first.images, second.images


def render_plain(spec: DatasetSpec, base, natural, settings: Mapping, device) -> Iterator[Tensor]:
    """The images of ``render_pairs`` before their transformations, in the same batches."""
    renderer = Renderer(replace(spec, transforms=()), base, natural, device)
    for indices in _batches(len(renderer), settings):
        yield renderer.render(indices).images


def _batches(samples: int, settings: Mapping):
    order = seeds.generator(settings["seed"], "sensitivity/order").permutation(samples)
    order = order[: settings["pairs"]]
    for start in range(0, len(order), settings["batch_size"]):
        yield order[start : start + settings["batch_size"]]


def distinct(plain: Tensor, pairs: Sequence[tuple[Tensor, Tensor]]) -> tuple[Tensor, list]:
    """The distinct images of a batch, and the position of each twin among them.

    A transformation may be off for an image, and twins may get equal draws: with all 18
    transformations three in ten images are repetitions. An image is compared only with the plain
    image of the same sample and with the other twin.

    Parameters
    ----------
    plain : uint8 [n, 3, S, S]
        Each sample without transformations.
    pairs : sequence of (first, second), uint8 [n, 3, S, S] each
        Row i of each shows sample i.

    Returns
    -------
    images : uint8 [m, 3, S, S]
    rows : list of (int64 [n], int64 [n]), one per pair
        ``images[rows[k][0]]`` is the first of pair k, ``images[rows[k][1]]`` the second.
    """
    twins_in_order = [image for pair in pairs for image in pair]
    changed = torch.stack([_differ(image, plain) for image in twins_in_order])
    new = changed.clone()
    new[1::2] &= torch.stack([_differ(first, second) for first, second in pairs])
    used = torch.cat([~changed.all(0, keepdim=True), new])
    parts = zip([plain, *twins_in_order], used, strict=True)
    images = torch.cat([image[mask] for image, mask in parts])
    number = (used.flatten().cumsum(0) - 1).view_as(used)
    # A second twin that is neither new nor plain equals its first twin.
    own = number[1:].clone()
    own[1::2] = torch.where(new[1::2], own[1::2], own[0::2])
    rows = torch.where(changed, own, number[0])
    return images, list(zip(rows[0::2], rows[1::2], strict=True))


def _differ(a: Tensor, b: Tensor) -> Tensor:
    return (a != b).flatten(1).any(dim=1)
