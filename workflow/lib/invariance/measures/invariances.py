"""The invariance of a network to transformations of whole images, by every pairwise measure."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import torch
from torch import Tensor

from invariance.measures.grids import drawn, grid, repeated
from invariance.measures.pair_measures import PairMeasures, score_changes
from invariance.studies.contrastive.measurable import ways
from transforms2d import apply_view


def score_transformations(
    represent: Callable[[Tensor], Tensor],
    measures: PairMeasures,
    images: Tensor,
    names: Sequence[str],
    settings: Mapping,
) -> list[dict]:
    """Compare images with their transformed ones, over a grid of parameters and over draws.

    Parameters
    ----------
    represent : callable
        Maps uint8 [n, 3, S, S] to features, float [n, d].
    images : uint8 [n, 3, S, S]
        In random order, and not those of the statistics in ``measures``.
    names : sequence of str
        Of ``measurable.MEASURABLE``.
    settings : mapping
        ``grid`` (the size of a grid, see ``grids.grid``; 0 means none), ``draws`` (per image),
        ``batch_size`` (images per forward pass), ``seed``, and ``identity`` (whether changes that
        change nothing are scored too, as published).

    Returns
    -------
    list of dict, one per name and way
        ``change`` (the name), ``target`` (``grid`` or ``draws``), and what
        ``pair_measures.score_changes`` returns. Some transformations have one way alone.
    """
    with torch.no_grad():
        clean = _in_batches(represent, images, settings["batch_size"])
        results = []
        for name in names:
            for way in (way for way in ("grid", "draws") if settings[way] and way in ways(name)):
                changed = _changed(represent, images, name, way, settings)
                scored = score_changes(measures, clean, changed)
                if scored is not None:
                    results.append({"target": way, "change": name, **scored})
    return results


def _changed(
    represent: Callable, images: Tensor, name: str, way: str, settings: Mapping
) -> Iterator[tuple[Tensor, Tensor | None]]:
    """Per parameter of a grid, or per draw: the features of all images, and which to score."""
    count, side, identity = len(images), images.shape[-1], settings["identity"]
    if way == "grid":
        entries = grid(name, settings["grid"], side=side, identity=identity)
        chosen = ((repeated(one, count), None) for one in entries)
    else:
        options = {"seed": settings["seed"], "side": side, "identity": identity}
        chosen = (
            drawn(name, range(count), draw=draw, **options) for draw in range(settings["draws"])
        )
    for parameters, kept in chosen:
        parameters = {key: value.to(images.device) for key, value in parameters.items()}
        changed = apply_view(images, {name: parameters})
        yield _in_batches(represent, changed, settings["batch_size"]), kept


def _in_batches(represent: Callable, images: Tensor, size: int) -> Tensor:
    return torch.cat([represent(part) for part in images.split(size)])
