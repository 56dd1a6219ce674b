"""Every measure of one trained network at once.

A job that measures one network for one reason takes longer to start than to work at a small scale.
Here the features of a shard's images are computed once, for all measures.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from invariance import models
from invariance.jobs import device as devices
from invariance.jobs.setting_rules import Rule, check, one_of, whole
from invariance.measures import sensitivity
from invariance.measures.invariances import score_transformations
from invariance.measures.pair_measures import PairMeasures, score_groups
from invariance.measures.readouts.fusion import fuse
from invariance.measures.readouts.of_shard import read_out
from invariance.measures.readouts.penalty_grid import PENALTIES
from invariance.measures.representation import Represent
from invariance.measures.sensitivity_score import NORMALISERS
from invariance.measures.view_groups.groups import ViewGroups, read_views
from invariance.measures.whitening import LEDOIT_WOLF, statistics
from invariance.studies.contrastive.measurable import MEASURABLE, ways
from transforms2d import seeds
from transforms2d.errors import UserError
from transforms2d.storage.shards import Shard


def _is_shrinkage(value) -> bool:
    return value == LEDOIT_WOLF or (type(value) in (int, float) and 0 <= value <= 1)


SETTINGS = {
    "transformations": Rule(
        lambda v: isinstance(v, list) and set(v) <= set(MEASURABLE), "a list of transformations"
    ),
    # Images whose pairs are scored, and others that give mean and covariance.
    "images": whole(2),
    "fit": whole(2),
    "grid": whole(0),
    "draws": whole(0),
    "shrinkages": Rule(
        lambda v: isinstance(v, list) and all(map(_is_shrinkage, v)),
        f"a list of numbers in 0..1, or {LEDOIT_WOLF}",
    ),
    # Whether twins are scored: two draws of a transformation of an object.
    "twins": one_of(True, False),
    # Images of the regressions; 0 means none. Whether latents are regressed. Penalties of the
    # downstream tasks; 0 means no task.
    "readout_train": whole(0),
    "readout_test": whole(0),
    "latents": one_of(True, False),
    "penalties": Rule(
        lambda v: type(v) is int and 0 <= v <= len(PENALTIES),
        f"a whole number in 0..{len(PENALTIES)}",
    ),
    "folds": whole(2),
    # As published, besides shrinkage 0: changes that change nothing, pairs of a view with itself.
    "identity": one_of(False, True),
    "own_pairs": one_of(False, True),
    "normaliser": one_of(*NORMALISERS),
    "batch_size": whole(2),
    "seed": whole(0),
    "precision": one_of(*devices.PRECISIONS),
    "device": one_of(*devices.DEVICES),
}


@dataclass(frozen=True)
class Measured:
    """The measures of one network.

    Attributes
    ----------
    evaluations : list of dict
        As in ``records.results.write_record``: ``method`` (``invariance``, ``views``,
        ``sensitivity``, ``regression`` or ``downstream``), ``target``, ``change`` and ``scores``,
        without undefined ones.
    settings : dict
    features : float32 [n, d]
        On the CPU, for a fusion with another network.
    rows : int64 [n]
        The rows of the shard that they belong to: the same for all networks of a seed.
    """

    evaluations: list[dict]
    settings: dict
    features: Tensor
    rows: np.ndarray


def measure(
    loaded: tuple[models.Network, Mapping],
    shard: Shard,
    base,
    settings: Mapping,
    *,
    natural=None,
    groups: Mapping[str, Mapping[str, ViewGroups]] | None = None,
) -> Measured:
    """All measures of a network on the images of a shard.

    Parameters
    ----------
    loaded : (model, its settings)
        From ``models.load``.
    shard : Shard
        At least ``fit`` and the larger of ``images`` and ``readout_test`` samples.
    base, natural
        The images that the shard was made from, or None.
    settings : mapping
        See ``SETTINGS``.
    groups : mapping from name to (mapping from factor to ViewGroups)
        Further groups of views, see ``view_groups``.

    Raises
    ------
    UserError
        For a setting out of range, too small a shard, or a representation that is not finite.
    """
    settings = check(settings, SETTINGS, "represent")
    place = devices.resolve(settings["device"])
    rows = used_rows(shard, settings)
    fit, scored = settings["fit"], slice(settings["fit"], settings["fit"] + settings["images"])
    with devices.session(place), torch.no_grad():
        represent = Represent(*loaded, place, settings["precision"])
        features = represent(shard.images[rows], settings["batch_size"])
        statistic = statistics(features[:fit], ledoit_wolf=LEDOIT_WOLF in settings["shrinkages"])
        pairs = PairMeasures(statistic, settings["shrinkages"])
        images = shard.images[rows[scored]].to(devices.for_rendering(place))
        changes = score_transformations(
            represent, pairs, images, settings["transformations"], settings
        )
        views = _views(represent, pairs, groups or {}, settings)
    evaluations = [
        {"method": "invariance", "target": "features", "scores": _spectrum(statistic)},
        *({"method": "invariance", **one} for one in changes),
        *views,
        *_twins(loaded, shard, base, natural, settings),
        *readouts([features.cpu().numpy()], rows, shard, base, settings),
    ]
    return Measured(evaluations, settings, features.cpu(), rows)


def run(
    model_path,
    shard_path,
    sources: Mapping,
    settings: Mapping,
    *,
    split: str = "test",
    views: Mapping[str, str] | None = None,
    identities: Mapping | None = None,
    config: Mapping | None = None,
) -> Measured:
    """``measure`` from files.

    Parameters
    ----------
    sources, config
        Prepared images and the checked configuration, see ``input_images.load_images``.
    split : str
        Of the shard.
    views : mapping from name to path
        Files of ``view_groups.groups.write_views``.
    identities : mapping or None
        ``model``, ``dataset`` and ``shard``: what model and shard must be, see
        ``lineage.identities``; ``views`` by name.
    """
    from invariance.provenance.input_images import load_images, read_split

    identities = identities or {}
    loaded = models.load(model_path, identities.get("model"))
    known = {"expect": identities.get("dataset"), "identity": identities.get("shard")}
    shard = read_split(shard_path, split, sources, config, **known)
    of_views = identities.get("views", {})
    groups = {name: read_views(path, of_views.get(name)) for name, path in (views or {}).items()}
    images = load_images(sources, split, config=config)
    return measure(
        loaded, shard, images["base"], settings, natural=images["natural"], groups=groups
    )


def used_rows(shard: Shard, settings: Mapping) -> np.ndarray:
    """The rows of the shard that are used, int64 [n], in random order: first those of the fit.

    Raises
    ------
    UserError
        If the shard has too few images.
    """
    if settings["readout_train"] > settings["fit"]:
        raise UserError(
            f"represent.readout_train: {settings['readout_train']} is more than represent.fit, "
            f"{settings['fit']}; the regressions are fitted on these images"
        )
    needed = settings["fit"] + max(settings["images"], settings["readout_test"])
    if needed > len(shard):
        raise UserError(
            f"represent: {needed} images (fit, and the larger of images and readout_test), but the "
            f"{shard.spec.split} shard has {len(shard)}; lower them"
        )
    order = seeds.generator(settings["seed"], "represent/images").permutation(len(shard))
    return order[:needed]


def _spectrum(statistic) -> dict[str, float]:
    values = {
        "rank": float(statistic.rank),
        "effective_rank": statistic.effective_rank,
        "condition_number": statistic.condition_number,
        "ledoit_wolf": statistic.ledoit_wolf,
    }
    return {name: value for name, value in values.items() if value is not None}


def _views(represent, pairs: PairMeasures, groups: Mapping, settings: Mapping) -> list[dict]:
    found = []
    for name, factors in groups.items():
        for factor, one in factors.items():
            features = represent(one.images, settings["batch_size"])
            scored = score_groups(pairs, features, one.group, own_pairs=settings["own_pairs"])
            found.append({"method": "views", "target": name, "change": factor, **scored})
    return found


def _twins(loaded, shard: Shard, base, natural, settings: Mapping) -> list[dict]:
    """The project's own sensitivity: two draws of an object's transformation, not of an image's."""
    asked = settings["transformations"] if settings["twins"] else ()
    names = [name for name in asked if "twins" in ways(name)]
    own = {key: settings[key] for key in sensitivity.SETTINGS if key in settings}
    [record] = sensitivity.score_sets(
        [loaded],
        {name: (shard.spec, name) for name in names},
        base,
        {} if natural is None else dict.fromkeys(names, natural),
        {**own, "pairs": settings["images"], "metrics": ["l2"]},
    )
    return [
        {"method": "sensitivity", "target": "twins", "change": name, **result}
        for name, result in record["sets"].items()
        if result["scores"]["l2"] is not None
    ]


def readouts(
    features: Sequence[np.ndarray], rows: np.ndarray, shard: Shard, base, settings: Mapping
) -> list[dict]:
    """Evaluations ``regression`` and ``downstream`` of one network, or of several as one.

    Parameters
    ----------
    features : sequence of float [n, d], one per network
        Of the images in these rows of the shard, see ``used_rows``.
    """
    train, test, fit = (settings[key] for key in ("readout_train", "readout_test", "fit"))
    if not (train and test):
        return []
    parts = {"train": slice(train), "test": slice(fit, fit + test)}
    by_split = {split: [one[part] for one in features] for split, part in parts.items()}
    if len(features) > 1:
        fused = dict(zip(parts, fuse(*by_split.values()), strict=True))
    else:
        fused = {split: one for split, [one] in by_split.items()}
    return read_out(
        fused,
        {split: rows[part] for split, part in parts.items()},
        shard,
        base,
        **{key: settings[key] for key in ("seed", "folds", "penalties", "latents")},
    )
