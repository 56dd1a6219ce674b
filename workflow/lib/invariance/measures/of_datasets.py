"""Networks measured on every dataset of a study, from files."""

from collections.abc import Mapping, Sequence

import torch

from invariance import models
from invariance.jobs import device as devices
from invariance.jobs.setting_rules import check
from invariance.measures import represent
from invariance.measures.representation import Represent
from invariance.provenance.input_images import load_images, read_split

# Evaluations of one dataset to those of several: the method says how, the target on what.
DRAWS = "invariance_draws"
METHODS = {"grid": "invariance", "draws": DRAWS, "features": "spectrum"}


def measure_all(
    inputs: Mapping,
    settings: Mapping[str, Mapping],
    *,
    splits: Mapping[str, str],
    views_with: str,
    identities: Mapping,
    config: Mapping,
) -> dict:
    """Every measure of one network on each dataset.

    Parameters
    ----------
    inputs : mapping from name to path
        ``model``; per dataset ``<dataset>_shard`` and the images that it shows, such as
        ``<dataset>_base``; per group of views ``views_<name>``.
    settings : mapping from dataset to mapping
        See ``represent.SETTINGS``.
    splits : mapping from dataset to split
        Which of its shards is given.
    views_with : str
        The dataset whose features give mean and covariance for groups of views.
    identities : mapping
        Of ``contrastive``, ``views``, ``dataset`` and ``shards``, see ``lineage.identities``.
    config : mapping
        The checked configuration.

    Returns
    -------
    dict
        ``evaluations``: those of ``represent.measure``, with the dataset as target, and the methods
        ``invariance`` (grids), ``invariance_draws`` and ``spectrum``. ``settings`` by dataset.
    """
    evaluations, used = [], {}
    for name, own in settings.items():
        groups = {}
        if name == views_with:
            given = [key for key in inputs if key.startswith("views_")]
            groups = {key.removeprefix("views_"): inputs[key] for key in given}
        found = represent.run(
            inputs["model"],
            inputs[f"{name}_shard"],
            images_of(inputs, name),
            own,
            split=splits[name],
            views=groups,
            identities={
                "model": identities["contrastive"],
                "views": identities.get("views", {}),
                **of_shard(identities, name, splits[name]),
            },
            config=config,
        )
        evaluations += [on_dataset(name, one) for one in found.evaluations]
        used[name] = found.settings
    return {"evaluations": evaluations, "settings": used}


def fuse_all(
    inputs: Mapping,
    settings: Mapping[str, Mapping],
    *,
    splits: Mapping[str, str],
    networks: Sequence[Mapping],
    identities: Mapping,
    config: Mapping,
) -> dict:
    """What can be read out of several networks side by side, on each dataset.

    Arguments and result as ``measure_all``, except that ``inputs["models"]`` lists the paths of the
    networks, and ``networks`` their identities. Settings are those of ``measure_all``, so that a
    fusion is compared with its parts on the same images.
    """
    loaded = [
        models.load(path, expect) for path, expect in zip(inputs["models"], networks, strict=True)
    ]
    evaluations, used = [], {}
    for name, own in settings.items():
        own = used[name] = check(own, represent.SETTINGS, "represent")
        sources, split = images_of(inputs, name), splits[name]
        known = of_shard(identities, name, split)
        shard = read_split(
            inputs[f"{name}_shard"],
            split,
            sources,
            config,
            expect=known["dataset"],
            identity=known["shard"],
        )
        rows = represent.used_rows(shard, own)
        features = [_features(one, shard.images[rows], own) for one in loaded]
        base = load_images(sources, split, config=config)["base"]
        found = represent.readouts(features, rows, shard, base, own)
        evaluations += [on_dataset(name, one) for one in found]
    return {"evaluations": evaluations, "settings": used}


def images_of(inputs: Mapping, name: str) -> dict:
    """The prepared images of a dataset, by the names that ``input_images.load_images`` takes."""
    prefix = f"{name}_"
    own = {key.removeprefix(prefix): path for key, path in inputs.items() if key.startswith(prefix)}
    return {key: path for key, path in own.items() if key != "shard"}


def of_shard(identities: Mapping, name: str, split: str) -> dict:
    """What the shard of a dataset must be: its spec and its identity."""
    return {"dataset": identities["dataset"][name][split], "shard": identities["shards"][name]}


def _features(loaded, images, settings: Mapping):
    """Features of one network on the CPU, float32 [n, d]."""
    place = devices.resolve(settings["device"])
    with devices.session(place), torch.no_grad():
        network = Represent(*loaded, place, settings["precision"])
        return network(images, settings["batch_size"]).cpu().numpy()


def on_dataset(name: str, evaluation: Mapping) -> dict:
    """An evaluation of ``represent.measure``, with the images' name as its target."""
    method, target = evaluation["method"], evaluation["target"]
    if method == "views":
        return dict(evaluation)
    change = {"change": target} if method == "downstream" else {}
    method = METHODS[target] if method == "invariance" else method
    return {**evaluation, "method": method, "target": name, **change}
