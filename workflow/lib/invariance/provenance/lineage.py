"""What stands behind a result: the seeds, recipes and settings of every stage before it."""

from collections.abc import Iterable, Mapping

from invariance.provenance.recipes import RECIPES
from invariance.studies import STUDIES
from invariance.studies.stages import BY_METHOD, STAGES, up_to
from transforms2d import natural_images
from transforms2d.base_images import used_settings
from transforms2d.natural_images.settings import choosing


def lineage(config: Mapping, where: Mapping, method: str) -> dict:
    """Where a result stands, and where it comes from, as its configuration says.

    Parameters
    ----------
    config : mapping
        The checked configuration.
    where : mapping
        ``study`` (its name, or the study itself, which many questions share), ``domain``, ``seed``
        (its number) and ``model``, as in a path of a result.
    method : str
        As in a record, see ``results.write_record``.

    Returns
    -------
    dict of plain JSON values
        ``cell``: see ``Study.cell``. ``seeds``: ``run``, and the ``configuration`` and ``sampling``
        seed that all others follow from. ``stages``: from a stage's name, as in
        ``recipes.RECIPES``, to its ``recipe`` and ``settings``; the last one is that of the
        result itself.
    """
    study, place = _place(config, where)
    configuration, sampling = study.seed_pair(place[1])
    return {
        "cell": study.cell(*place),
        "seeds": {"run": place[1], "configuration": configuration, "sampling": sampling},
        "stages": _stages(study, place, BY_METHOD[method].name),
    }


def files(config: Mapping, where: Mapping, method: str) -> dict:
    """What each file that a job reads or writes must say it is of, so that none is mixed up.

    Arguments are those of ``lineage``.

    Returns
    -------
    dict of plain JSON values
        ``dataset``: from a dataset's name and its split to the spec of its shard. ``shards``: from
        a dataset's name to what its shards are of beside the spec, see ``shard``. ``pretrain``,
        ``features`` and ``linear_probe``, as far as the method has them: what the file of tensors
        of this stage is of: its ``cell``, and the ``stages`` that lead to it as in ``lineage``.
    """
    study, place = _place(config, where)
    last = BY_METHOD[method]
    specs = _datasets(study, place, last.name)
    found = {
        "dataset": specs,
        "shards": {
            name: shard(config, splits["train"], study.natural(place[0], name))
            for name, splits in specs.items()
        },
    }
    for stage in up_to(last.name):
        if stage.is_saved:
            found[stage.name] = _of_tensors(study, place, stage.name)
    return found


def tensors(config: Mapping, where: Mapping, stage: str) -> dict:
    """What the file of tensors of a stage is of: its ``cell``, and ``stages`` as in ``lineage``."""
    return _of_tensors(*_place(config, where), stage)


def shard(config: Mapping, spec: Mapping, natural: str | None) -> dict:
    """What a shard is of, beside its spec: recipes, and settings of the images it shows.

    Parameters
    ----------
    spec : mapping
        Of ``DatasetSpec.to_dict``, of any split.
    natural : str or None
        The natural images it shows.
    """
    images = _images(config, [(spec, natural)])
    return {**_with_recipes(images), "dataset": {"recipe": RECIPES["dataset"]}}


def example(config: Mapping, spec: Mapping) -> dict:
    """What a shard of a picture of the data is of; its natural images are those of CIFAR-10."""
    return shard(config, spec, "cifar10" if spec["background"] == "natural" else None)


def listed(config: Mapping) -> dict:
    """What the list of base images is of."""
    return {"recipe": RECIPES["base_images"], "settings": used_settings(config["base_images"])}


def prepared(config: Mapping, natural: str | None = None) -> dict:
    """What prepared images are of: the base images, or the natural images of this name."""
    size = {"image_size": config["image_size"]}
    if natural is None:
        return {**listed(config), **size}
    settings = _natural_settings(config, natural)
    return {"recipe": RECIPES["natural_images"], "settings": settings, **size}


def expected_records(config: Mapping, name: str) -> list[dict]:
    """What each record of the study called ``name`` must say, in the order of its ``records``.

    Returns
    -------
    list of dict
        For ``results.read_expected``: ``method``; ``target``, of fine-tuning, else None; ``cell``,
        ``seeds`` and ``stages``, as in ``lineage``.
    """
    study, found = STUDIES[name](config), []
    for domain, seed, model, stage, target in study.results():
        where = {"study": study, "domain": domain, "seed": seed, "model": model}
        method = STAGES[stage].method
        found.append({"method": method, "target": target, **lineage(config, where, method)})
    return found


def _place(config: Mapping, where: Mapping) -> tuple:
    """The study, and where in it."""
    study = where["study"]
    study = STUDIES[study](config) if isinstance(study, str) else study
    return study, (where["domain"], int(where["seed"]), where["model"])


def _of_tensors(study, place: tuple, stage: str) -> dict:
    return {"cell": study.cell(*place), "stages": _stages(study, place, stage)}


def _stages(study, place: tuple, last: str) -> dict:
    """Recipe and settings of a stage, of those behind it, and of the images they start from."""
    settings = {"dataset": _datasets(study, place, last)}
    for stage in up_to(last)[1:]:
        settings[stage.name] = getattr(study, stage.settings)(*place)
    if "sensitivity" in settings:
        sets = study.sensitivity_sets(*place)
        settings["sensitivity"] = {**settings["sensitivity"], "sets": sets}
    shown = list(_shown(study, place, settings))
    return _with_recipes({**_images(study.config, shown), **settings})


def _with_recipes(settings: Mapping) -> dict:
    return {
        stage: {"recipe": RECIPES[stage], "settings": value} for stage, value in settings.items()
    }


def _datasets(study, place: tuple, last: str) -> dict:
    """Specs of every dataset that stands behind a stage, by name and split."""
    domain, seed, model = place
    targets = study.targets if STAGES[last].reads_targets else ()
    return {name: study.dataset_specs(domain, seed, name) for name in (study.data(model), *targets)}


def _shown(study, place: tuple, settings: Mapping) -> Iterable[tuple[Mapping, str | None]]:
    """Every dataset with the natural images it shows, if any."""
    for name, splits in settings["dataset"].items():
        yield splits["train"], study.natural(place[0], name)
    for twins in settings.get("sensitivity", {}).get("sets", {}).values():
        yield twins["spec"], twins["natural"]


def _images(config: Mapping, shown: list[tuple[Mapping, str | None]]) -> dict:
    """Settings of the sources of images, those that some dataset shows."""
    found = {}
    if any(s["foreground"] == "objects" or s["background"] == "images" for s, _ in shown):
        found["base_images"] = used_settings(config["base_images"])
    if naturals := sorted({natural for _, natural in shown if natural}):
        found["natural_images"] = {name: _natural_settings(config, name) for name in naturals}
    return found


def _natural_settings(config: Mapping, name: str) -> dict:
    return choosing(natural_images.used_settings(name, config["natural_images"][name]))
