"""The change of a representation between twins, which differ in one property only (equation 1).

Sensitivity is the mean distance of twins, E |f(x1) - f(x2)|, divided by the mean distance of
unrelated images, C: 0 for an invariant representation, about 1 if twins are as far apart as any two
images.
"""

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from invariance import models
from invariance.jobs import device as devices
from invariance.jobs.setting_rules import Rule, check, one_of, whole
from invariance.measures import similarity
from invariance.measures.representation import Represent
from invariance.measures.sensitivity_score import NORMALISERS, RunningScore
from invariance.measures.twin_batches import distinct, render_pairs, render_plain
from transforms2d.spec import DatasetSpec

log = logging.getLogger(__name__)

SETTINGS = {
    "pairs": whole(2),
    "metrics": Rule(
        lambda v: isinstance(v, list) and v and set(v) <= set(similarity.METRICS),
        f"a list of some of {', '.join(similarity.METRICS)}",
    ),
    "normaliser": one_of(*NORMALISERS),
    "batch_size": whole(2),
    "seed": whole(0),
    "precision": one_of(*devices.PRECISIONS),
    "device": one_of(*devices.DEVICES),
}


def expand(sets: Mapping[str, Mapping]) -> dict[tuple[str, str], dict]:
    """One set of twins per change, from a study's sets with several changes each.

    Parameters
    ----------
    sets : mapping from set's name to a mapping
        With ``changes``, a list, and any other keys.

    Returns
    -------
    dict from (set's name, change) to the set's other keys and its only ``change``.
    """
    return {
        (name, change): {**{k: v for k, v in entry.items() if k != "changes"}, "change": change}
        for name, entry in sets.items()
        for change in entry["changes"]
    }


@torch.no_grad()
def score(
    model: models.Network,
    model_settings: Mapping,
    batches: Iterable[tuple[Tensor, Tensor]],
    *,
    metrics: Sequence[str] = similarity.METRICS,
    normaliser: str = "independent_pairs",
    seed: int = 0,
    device: str = "auto",
    precision: str = "fp32",
) -> dict:
    """Sensitivity of a model's representation to the change between twins.

    Parameters
    ----------
    model : Network
        Moved to ``device``; it stays in evaluation mode.
    model_settings : mapping
        Has ``mean`` and ``std``, three floats each, which normalise inputs in 0 to 1.
    batches : iterable of (first, second), uint8 [n, 3, H, W] each
        Rows i of both are a pair of twins. ``independent_pairs`` needs them in random order.

    Returns
    -------
    dict
        The result of ``RunningScore.result``.
    """
    place = devices.resolve(device)
    represent = Represent(model, model_settings, place, precision)
    running = RunningScore(metrics, normaliser, seed)
    for first, second in batches:
        running.add(represent(first), represent(second))
    return running.result()


def score_sets(
    loaded_models: Sequence[tuple[models.Network, Mapping]],
    sets: Mapping[str, Sequence],
    base,
    naturals: Mapping[str, object],
    settings: Mapping,
) -> list[dict]:
    """Score several models on several sets of twins; each batch is rendered once for all models.

    Sets with the same samples are scored together, and an image that several of them contain passes
    through a model once.

    Parameters
    ----------
    loaded_models : sequence of (model, its settings), from ``models.load``
    sets : mapping from name to (spec, change) or (spec, change, normalisation)
        spec: ``DatasetSpec`` or the result of its ``to_dict``. change: the difference between
        twins. The name of a transformation means two draws of only this one; None means two draws
        of all the spec's transformations; ``background`` or ``object`` means another background or
        object. normalisation: ``{"mean": [3], "std": [3]}`` instead of each model's own, or None.
    base : BaseImages or None
    naturals : mapping from set's name to NaturalImages
        For the sets that show natural images.
    settings : mapping
        ``pairs`` (at most; a smaller set is used whole), ``metrics``, ``normaliser``,
        ``batch_size``, ``seed``, ``precision``, ``device``.

    Returns
    -------
    list of dict, one per model
        ``{"sets": {name: result of RunningScore}, "settings": ...}``
    """
    settings = check(settings, SETTINGS, "sensitivity")
    place = devices.resolve(settings["device"])
    records = [{"sets": {}, "settings": settings} for _ in loaded_models]
    render_device = devices.for_rendering(place)
    with devices.session(place), torch.no_grad():
        base = _on_device(base, render_device)
        for group in _groups(sets, naturals):
            natural = _on_device(naturals.get(next(iter(group))), render_device)
            for name, scores in _score_group(
                loaded_models, group, base, natural, settings, place
            ).items():
                for record, scores_of_model in zip(records, scores, strict=True):
                    record["sets"][name] = scores_of_model
                log.info("%s: %s", name, scores[0]["scores"] if scores else "no model")
    for record in records:
        record["sets"] = {name: record["sets"][name] for name in sets}
    return records


def _groups(sets: Mapping[str, Sequence], naturals: Mapping) -> list[dict]:
    """Groups of sets with the same samples and different changes."""
    groups: dict[str, dict] = {}
    for name, (spec, change, *own) in sets.items():
        spec = spec if isinstance(spec, DatasetSpec) else DatasetSpec.from_dict(dict(spec))
        normalisation = own[0] if own and own[0] else {}
        key = json.dumps([spec.to_dict(), normalisation, id(naturals.get(name))], sort_keys=True)
        groups.setdefault(key, {})[name] = (spec, change, normalisation)
    return list(groups.values())


def _score_group(loaded_models, group: Mapping, base, natural, settings: Mapping, place) -> dict:
    """Results of every model: one list per set. Each image passes through a model once."""
    (spec, _, normalisation), *_ = group.values()
    represent = [
        Represent(model, {**model_settings, **normalisation}, place, settings["precision"])
        for model, model_settings in loaded_models
    ]
    running = {
        name: [
            RunningScore(settings["metrics"], settings["normaliser"], settings["seed"])
            for _ in loaded_models
        ]
        for name in group
    }
    render_device = devices.for_rendering(place)
    rendered = [
        render_pairs(spec, change, base, natural, settings, render_device)
        for spec, change, _ in group.values()
    ]
    plain = render_plain(spec, base, natural, settings, render_device)
    for untransformed, *pairs in zip(plain, *rendered, strict=True):
        images, rows = distinct(untransformed, pairs)
        for position, represent_one in enumerate(represent):
            vectors = represent_one(images, len(untransformed))
            for scores, (first, second) in zip(running.values(), rows, strict=True):
                scores[position].add(vectors[first], vectors[second])
    return {name: [score.result() for score in scores] for name, scores in running.items()}


def _on_device(images, device: torch.device):
    """The same images on the device; all sets and changes share them."""
    names = () if images is None else ("images", "objects", "backgrounds")
    tensors = {name: getattr(images, name).to(device) for name in names if hasattr(images, name)}
    return replace(images, **tensors) if tensors else images


def run(
    model_path,
    sets: Mapping[str, Mapping],
    images: Mapping,
    settings: Mapping,
    expect: Mapping | None = None,
    config: Mapping | None = None,
) -> dict:
    """``score_sets`` of one model, from files.

    Parameters
    ----------
    sets : mapping from set's name to a mapping
        From ``Study.sensitivity_sets``: ``changes``, ``spec``, ``normalisation`` and ``natural``,
        the name of the natural images that it shows, or None.
    images : mapping from name to path
        ``base``, a file of ``BaseImages.save``, if a set shows base images, and for each name of
        natural images a file of ``NaturalImages.save``; other keys are ignored.
    expect : mapping or None
        Identity that the model must have, see ``lineage.identities``.
    config : mapping or None
        The configuration, with the required sources of images.

    Returns
    -------
    dict
        ``evaluations``: per set and change a result of ``RunningScore`` with its ``target`` (the
        set's name) and ``change``. ``settings``: the checked settings.
    """
    from invariance.provenance.input_images import load_base, load_natural

    sets = expand(sets)
    base = load_base(images["base"], config) if "base" in images else None
    names = dict.fromkeys(entry["natural"] for entry in sets.values() if entry["natural"])
    by_name = {name: load_natural(images[name], "test", name, config) for name in names}
    naturals = {key: by_name[entry["natural"]] for key, entry in sets.items() if entry["natural"]}
    twins = {
        key: (entry["spec"], entry["change"], entry["normalisation"]) for key, entry in sets.items()
    }
    [record] = score_sets([models.load(model_path, expect)], twins, base, naturals, settings)
    evaluations = [
        {"target": target, "change": change, **result}
        for (target, change), result in record["sets"].items()
    ]
    return {"evaluations": evaluations, "settings": record["settings"]}
