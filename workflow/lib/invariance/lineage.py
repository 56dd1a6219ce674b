"""What stands behind a result: the seeds, recipes and settings of every stage before it."""

from collections.abc import Iterable, Mapping

from invariance.recipes import RECIPES
from invariance.studies import STUDIES
from transforms2d import natural_images
from transforms2d.base_images import used_settings

# The stages that lead to the result of each method, after the images they start from.
STAGES = {
    "pretraining": ("dataset", "pretrain"),
    "linear_probe": ("dataset", "pretrain", "features", "linear_probe"),
    "fine_tuning": ("dataset", "pretrain", "features", "linear_probe", "fine_tune"),
    "sensitivity": ("dataset", "pretrain", "sensitivity"),
}


def lineage(config: Mapping, where: Mapping, method: str) -> dict:
    """Where a result stands, and where it comes from, as its configuration says.

    Parameters
    ----------
    config : mapping
        The checked configuration.
    where : mapping
        ``study``, ``domain``, ``seed`` (its number) and ``model``, as in a path of a result.
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
    study = STUDIES[where["study"]](config)
    place = where["domain"], int(where["seed"]), where["model"]
    configuration, sampling = study.seed_pair(place[1])
    settings = {stage: _settings(study, place, stage, method) for stage in STAGES[method]}
    shown = list(_shown(study, place, settings))
    return {
        "cell": study.cell(*place),
        "seeds": {"run": place[1], "configuration": configuration, "sampling": sampling},
        "stages": {
            stage: {"recipe": RECIPES[stage], "settings": value}
            for stage, value in {**_images(config, shown), **settings}.items()
        },
    }


def files(about: Mapping) -> dict:
    """What each file that a job reads or writes must say it is of, so that none is mixed up.

    Parameters
    ----------
    about : mapping
        As ``lineage`` gives it.

    Returns
    -------
    dict of plain JSON values
        ``dataset``: from a dataset's name and its split to the spec of its shard. ``pretrain``,
        ``features`` and ``linear_probe``, as far as the method has them: what the file of tensors
        of this stage is of: the ``cell`` and the settings of the stages that lead to it.
    """
    settings = {stage: one["settings"] for stage, one in about["stages"].items()}
    (_, specs), *targets = settings["dataset"].items()
    of = {"cell": about["cell"], "data": specs, "pretrain": settings["pretrain"]}
    found = {"dataset": settings["dataset"], "pretrain": of}
    if "features" in settings:
        of = {**of, "targets": dict(targets), "features": settings["features"]}
        found["features"] = of
        found["linear_probe"] = {**of, "linear_probe": settings["linear_probe"]}
    return found


def expected_records(config: Mapping, name: str) -> list[dict]:
    """What each record of the study called ``name`` must say, in the order of its ``records``.

    Returns
    -------
    list of dict
        For ``results.read_expected``: ``method``; ``target``, of fine-tuning, else None; ``cell``,
        ``seeds`` and ``settings`` by stage, as in ``lineage``.
    """
    found = []
    for domain, seed, model, method, target in STUDIES[name](config).results():
        where = {"study": name, "domain": domain, "seed": seed, "model": model}
        about = lineage(config, where, method)
        settings = {stage: one["settings"] for stage, one in about["stages"].items()}
        about = {"cell": about["cell"], "seeds": about["seeds"], "settings": settings}
        found.append({"method": method, "target": target, **about})
    return found


def _settings(study, place: tuple, stage: str, method: str):
    domain, seed, model = place
    if stage == "dataset":
        targets = study.targets if method in ("linear_probe", "fine_tuning") else ()
        names = (study.data(model), *targets)
        return {name: study.dataset_specs(domain, seed, name) for name in names}
    if stage == "sensitivity":
        sets = study.sensitivity_sets(*place)
        return {**study.sensitivity(*place), "sets": sets}
    ask = {
        "pretrain": study.pretraining,
        "features": study.features,
        "linear_probe": study.linear_probe,
        "fine_tune": getattr(study, "fine_tuning", None),
    }
    return ask[stage](*place)


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
        found["natural_images"] = {
            name: natural_images.used_settings(name, config["natural_images"][name])
            for name in naturals
        }
    return found
