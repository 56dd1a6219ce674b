"""How much a representation changes between twins that differ in one thing only (equation 1).

Sensitivity is the mean distance of twins, E |f(x1) - f(x2)|, over the mean distance of unrelated
images, C: 0 for an invariant representation, about 1 where twins are as far apart as any two.
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
from invariance.measures.sensitivity_score import NORMALISERS, RunningScore
from invariance.measures.twin_batches import distinct, render_pairs, render_plain
from invariance.training.resident import Resident
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
    """Sets of twins one by one, from a study's sets with several changes each.

    Parameters
    ----------
    sets : mapping from set's name to a mapping
        With ``changes``, a list, and any other keys.

    Returns
    -------
    dict from (set's name, change) to the set's other keys and its one ``change``.
    """
    return {
        (name, change): {**{k: v for k, v in one.items() if k != "changes"}, "change": change}
        for name, one in sets.items()
        for change in one["changes"]
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
    """Sensitivity of a model's representation to what twins differ in.

    Parameters
    ----------
    model : Network
        Moved to ``device`` and left in evaluation mode.
    model_settings : mapping
        Has ``mean`` and ``std``, three floats each, by which inputs in 0 to 1 are normalised.
    batches : iterable of (first, second), uint8 [n, 3, H, W] each
        Row i of both is a pair of twins. In random order for ``independent_pairs``.

    Returns
    -------
    dict
        As ``RunningScore.result`` gives it.
    """
    place = devices.resolve(device)
    represent = _Represent(model, model_settings, place, precision)
    running = RunningScore(metrics, normaliser, seed)
    for first, second in batches:
        running.add(represent(first), represent(second))
    return running.result()


def score_sets(
    loaded: Sequence[tuple[models.Network, Mapping]],
    sets: Mapping[str, Sequence],
    base,
    naturals: Mapping[str, object],
    settings: Mapping,
) -> list[dict]:
    """Score several models on several sets of twins; each batch is rendered once for all models.

    Sets that show the same samples go through them together, and an image that comes up again
    among them is passed once.

    Parameters
    ----------
    loaded : sequence of (model, its settings), as ``models.load`` gives them
    sets : mapping from name to (spec, change) or (spec, change, normalisation)
        spec: ``DatasetSpec`` or what its ``to_dict`` gives. change: what twins differ in. The name
        of a transformation: two draws of that one, in place of the spec's own; None: two draws
        of all the spec's transformations; ``background`` or ``object``: another one of them.
        normalisation: ``{"mean": [3], "std": [3]}`` in place of each
        model's own, or None.
    base : BaseImages or None
    naturals : mapping from set's name to NaturalImages
        For the sets that show natural images.
    settings : mapping
        ``pairs`` (at most; a smaller set is used whole), ``metrics``, ``normaliser``,
        ``batch_size``, ``seed``, ``precision``, ``device``.

    Returns
    -------
    list of dict, one a model
        ``{"sets": {name: result of RunningScore}, "settings": ...}``
    """
    settings = check(settings, SETTINGS, "sensitivity")
    place = devices.resolve(settings["device"])
    records = [{"sets": {}, "settings": settings} for _ in loaded]
    drawing = devices.for_rendering(place)
    with devices.session(place), torch.no_grad():
        base = _on_device(base, drawing)
        for alike in _groups(sets, naturals):
            natural = _on_device(naturals.get(next(iter(alike))), drawing)
            for name, scores in _score_group(loaded, alike, base, natural, settings, place).items():
                for record, score_of_model in zip(records, scores, strict=True):
                    record["sets"][name] = score_of_model
                log.info("%s: %s", name, scores[0]["scores"] if scores else "no model")
    for record in records:
        record["sets"] = {name: record["sets"][name] for name in sets}
    return records


def _groups(sets: Mapping[str, Sequence], naturals: Mapping) -> list[dict]:
    """Sets that show the same samples and differ in what their twins differ in, together."""
    groups: dict[str, dict] = {}
    for name, (spec, change, *own) in sets.items():
        spec = spec if isinstance(spec, DatasetSpec) else DatasetSpec.from_dict(dict(spec))
        normalisation = own[0] if own and own[0] else {}
        key = json.dumps([spec.to_dict(), normalisation, id(naturals.get(name))], sort_keys=True)
        groups.setdefault(key, {})[name] = (spec, change, normalisation)
    return list(groups.values())


def _score_group(loaded, alike: Mapping, base, natural, settings: Mapping, place) -> dict:
    """Results of every model, a list for each of the sets, of which each image is passed once."""
    (spec, _, normalisation), *_ = alike.values()
    represent = [
        _Represent(model, {**of_model, **normalisation}, place, settings["precision"])
        for model, of_model in loaded
    ]
    running = {
        name: [
            RunningScore(settings["metrics"], settings["normaliser"], settings["seed"])
            for _ in loaded
        ]
        for name in alike
    }
    drawing = devices.for_rendering(place)
    rendered = [
        render_pairs(spec, change, base, natural, settings, drawing)
        for spec, change, _ in alike.values()
    ]
    plain = render_plain(spec, base, natural, settings, drawing)
    for untransformed, *pairs in zip(plain, *rendered, strict=True):
        images, rows = distinct(untransformed, pairs)
        for at, of_model in enumerate(represent):
            found = of_model(images, len(untransformed))
            for scores, (first, second) in zip(running.values(), rows, strict=True):
                scores[at].add(found[first], found[second])
    return {name: [one.result() for one in scores] for name, scores in running.items()}


def _on_device(images, device: torch.device):
    """The same images on the device, where all sets and changes share them."""
    kept = () if images is None else ("images", "objects", "backgrounds")
    tensors = {name: getattr(images, name).to(device) for name in kept if hasattr(images, name)}
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
        As ``Study.sensitivity_sets`` gives them: ``changes``, ``spec``, ``normalisation`` and
        ``natural``, the name of the natural images that it shows, or None.
    images : mapping from name to path
        ``base``, a file of ``BaseImages.save``, where a set shows some, and for the name of
        natural images a file of ``NaturalImages.save``; other keys are left alone.
    expect : mapping or None
        What the model must be of, see ``lineage.files``.
    config : mapping or None
        The configuration, whose sources the images must be from.

    Returns
    -------
    dict
        ``evaluations``: per set and change a result of ``RunningScore`` with its ``target``, the
        set's name, and ``change``. ``settings``: checked.
    """
    from invariance.provenance.input_images import load_base, load_natural

    sets = expand(sets)
    base = load_base(images["base"], config) if "base" in images else None
    names = dict.fromkeys(one["natural"] for one in sets.values() if one["natural"])
    loaded = {name: load_natural(images[name], "test", name, config) for name in names}
    naturals = {key: loaded[one["natural"]] for key, one in sets.items() if one["natural"]}
    twins = {key: (one["spec"], one["change"], one["normalisation"]) for key, one in sets.items()}
    [record] = score_sets([models.load(model_path, expect)], twins, base, naturals, settings)
    evaluations = [
        {"target": target, "change": change, **result}
        for (target, change), result in record["sets"].items()
    ]
    return {"evaluations": evaluations, "settings": record["settings"]}


class _Represent:
    """From uint8 images [n, 3, H, W] to the representation, float32 [n, d], on the device."""

    def __init__(self, model, settings: Mapping, device: torch.device, precision: str):
        self.channels_last = bool(settings.get("channels_last", False))
        layout = devices.memory_format(self.channels_last)
        self.model = model.to(device, memory_format=layout).eval()
        self.mean, self.std = settings["mean"], settings["std"]
        self.device, self.precision = device, precision

    def __call__(self, images: Tensor, size: int | None = None) -> Tensor:
        """``size``: images that pass at a time, all of them by default."""
        size = size or len(images)
        labels = torch.zeros(len(images), dtype=torch.int64)
        data = Resident(
            images,
            labels,
            self.mean,
            self.std,
            device=self.device,
            channels_last=self.channels_last,
        )
        rows = None
        if self.device.type == "cuda" and len(images) % size:
            # cuDNN times its kernels anew for each size of batch, so the last one is filled up.
            rows = torch.arange(-(-len(images) // size) * size) % len(images)
        with devices.autocast(self.device, self.precision):
            found = [self.model.represent(x).float() for x, _ in data.batches(size, rows)]
        return torch.cat(found)[: len(images)]
