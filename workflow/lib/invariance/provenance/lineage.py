"""The lineage of a result: the seeds, recipes and settings of every stage that it depends on.

The identity of a file is the part of it that the file stores under the key ``of``. A reader
compares it with the expected identity, so that files of different settings are never mixed up.
"""

from collections.abc import Callable, Iterable, Mapping

from invariance.provenance.recipes import RECIPES
from invariance.studies import STUDIES
from invariance.studies.stages import BY_METHOD, STAGES, up_to
from transforms2d import natural_images
from transforms2d.base_images import used_settings
from transforms2d.natural_images.settings import choosing


def lineage(config: Mapping, wildcards: Mapping, method: str) -> dict:
    """The cell, seeds and stages of a result, computed from its configuration.

    Parameters
    ----------
    config : mapping
        The checked configuration.
    wildcards : mapping
        ``study`` (its name, or the study itself, to build it only once), ``domain``, ``seed`` (its
        number) and ``model``, or ``unit``, as in the path of a result.
    method : str
        As in a record, see ``results.write_record``.

    Returns
    -------
    dict of plain JSON values
        ``cell``: see ``Study.cell``. ``seeds``: ``run``, and the ``configuration`` and ``sampling``
        seeds, from which all others are computed. ``stages``: from a stage's name, as in
        ``recipes.RECIPES``, to its ``recipe`` and ``settings``; the last stage is that of the
        result itself.
    """
    study, place = _study_and_place(config, wildcards)
    configuration, sampling = study.seed_pair(place[1])
    return {
        "cell": study.cell(*place),
        "seeds": {"run": place[1], "configuration": configuration, "sampling": sampling},
        "stages": _stages(study, place, BY_METHOD[method].name),
    }


def identities(config: Mapping, wildcards: Mapping, method: str) -> dict:
    """The identity of each file that a job reads or writes.

    Arguments as in ``lineage``.

    Returns
    -------
    dict of plain JSON values
        ``dataset``: from a dataset's name and its split to the spec of its shard. ``shards``: from
        a dataset's name to the identity of its shards, see ``shard_identity``. ``pretrain``,
        ``features`` and ``linear_probe``, if the method depends on them: the identity of the
        stage's file of tensors, see ``tensor_identity``; of other units, a mapping by unit.
    """
    study, place = _study_and_place(config, wildcards)
    last = BY_METHOD[method]
    specs = _datasets(study, place, last.name)
    by_file = {
        "dataset": specs,
        "shards": {
            name: shard_identity(config, splits["train"], study.natural(place[0], name))
            for name, splits in specs.items()
        },
    }
    for stage in up_to(last.name):
        if stage.is_saved:
            by_file[stage.name] = _by_unit(_tensor_identity, study, place, last.name, stage.name)
    return by_file


def tensor_identity(config: Mapping, wildcards: Mapping, stage: str) -> dict:
    """Identity of a stage's file of tensors: its ``cell``, and ``stages`` as in ``lineage``."""
    return _tensor_identity(*_study_and_place(config, wildcards), stage)


def shard_identity(config: Mapping, spec: Mapping, natural: str | None) -> dict:
    """Identity of a shard besides its spec: recipes, and settings of the images it shows.

    Parameters
    ----------
    spec : mapping
        The result of ``DatasetSpec.to_dict``, for any split.
    natural : str or None
        Name of the natural images it shows.
    """
    images = _images(config, [(spec, natural)])
    return {**_with_recipes(images), "dataset": {"recipe": RECIPES["dataset"]}}


def example_identity(config: Mapping, spec: Mapping) -> dict:
    """Identity of a shard for a picture of the data; its natural images are from CIFAR-10."""
    return shard_identity(config, spec, "cifar10" if spec["background"] == "natural" else None)


def base_list_identity(config: Mapping) -> dict:
    """Identity of the list of base images."""
    return {"recipe": RECIPES["base_images"], "settings": used_settings(config["base_images"])}


def prepared_identity(config: Mapping, natural: str | None = None) -> dict:
    """Identity of the prepared base images, or of the prepared natural images ``natural``."""
    size = {"image_size": config["image_size"]}
    if natural is None:
        return {**base_list_identity(config), **size}
    settings = _natural_settings(config, natural)
    return {"recipe": RECIPES["natural_images"], "settings": settings, **size}


def expected_records(
    config: Mapping, name: str, stages: tuple[str, ...] | None = None
) -> list[dict]:
    """Expected content of each record of the study ``name``, in the order of its ``records``.

    Parameters
    ----------
    stages : tuple of str or None
        As ``Study.records``.

    Returns
    -------
    list of dict
        For ``results.read_expected``: ``method``; ``target`` of fine-tuning, else None; ``cell``,
        ``seeds`` and ``stages`` as in ``lineage``.
    """
    study, records = STUDIES[name](config), []
    for domain, seed, model, stage, target in study.results(stages):
        wildcards = {"study": study, "domain": domain, "seed": seed, "model": model}
        method = STAGES[stage].method
        records.append({"method": method, "target": target, **lineage(config, wildcards, method)})
    return records


def _study_and_place(config: Mapping, wildcards: Mapping) -> tuple:
    """The study, and (domain, seed, model or unit)."""
    study = wildcards["study"]
    study = STUDIES[study](config) if isinstance(study, str) else study
    unit = wildcards.get("unit") or wildcards["model"]
    return study, (wildcards["domain"], int(wildcards["seed"]), unit)


def _tensor_identity(study, place: tuple, stage: str) -> dict:
    return {"cell": study.cell(*place), "stages": _stages(study, place, stage)}


def _settings(study, place: tuple, stage: str):
    return getattr(study, STAGES[stage].settings)(*place)


def _by_unit(value: Callable, study, place: tuple, last: str, stage: str):
    """``value(study, place, stage)``; a mapping by unit if ``last`` depends on other units."""
    domain, seed, unit = place
    places = study.places_before(domain, seed, last, unit, stage)
    if list(places.values()) == [place]:
        return value(study, place, stage)
    return {one: value(study, before, stage) for one, before in places.items()}


def _stages(study, place: tuple, last: str) -> dict:
    """Recipe and settings of a stage, of the stages before it, and of the source images."""
    settings = {"dataset": _datasets(study, place, last)}
    for stage in up_to(last):
        if stage.name not in settings:
            settings[stage.name] = _by_unit(_settings, study, place, last, stage.name)
    if "sensitivity" in settings:
        sets = study.sensitivity_sets(*place)
        settings["sensitivity"] = {**settings["sensitivity"], "sets": sets}
    sources = list(_sources(study, place, settings))
    if last == "views" and "spec" in settings["views"]:
        sources.append((settings["views"]["spec"], None))
    return _with_recipes({**_images(study.config, sources), **settings})


def _with_recipes(settings: Mapping) -> dict:
    return {
        stage: {"recipe": RECIPES[stage], "settings": value} for stage, value in settings.items()
    }


def _datasets(study, place: tuple, last: str) -> dict:
    """Specs of every dataset that a stage depends on, by name and split."""
    domain, seed, model = place
    if STAGES["dataset"] not in up_to(last):
        return {}
    targets = study.targets if STAGES[last].reads_targets else ()
    return {name: study.dataset_specs(domain, seed, name) for name in (study.data(model), *targets)}


def _sources(study, place: tuple, settings: Mapping) -> Iterable[tuple[Mapping, str | None]]:
    """A spec of every dataset, and the name of the natural images it shows or None."""
    for name, splits in settings["dataset"].items():
        yield splits["train"], study.natural(place[0], name)
    for twins in settings.get("sensitivity", {}).get("sets", {}).values():
        yield twins["spec"], twins["natural"]
    if "measures" in settings:
        yield settings["measures"]["spec"], settings["measures"]["natural"]


def _images(config: Mapping, sources: list[tuple[Mapping, str | None]]) -> dict:
    """Settings of the image sources that the datasets show."""
    settings = {}
    if any(s["foreground"] == "objects" or s["background"] == "images" for s, _ in sources):
        settings["base_images"] = used_settings(config["base_images"])
    if naturals := sorted({natural for _, natural in sources if natural}):
        settings["natural_images"] = {name: _natural_settings(config, name) for name in naturals}
    return settings


def _natural_settings(config: Mapping, name: str) -> dict:
    return choosing(natural_images.used_settings(name, config["natural_images"][name]))
