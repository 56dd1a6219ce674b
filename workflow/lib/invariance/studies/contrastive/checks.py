"""Checks of the study of views: settings that fit the schema but are impossible."""

from collections.abc import Mapping

from invariance.architectures import ARCHITECTURES
from invariance.studies import checks
from invariance.studies.contrastive import datasets
from invariance.studies.contrastive.listing import list_views
from invariance.studies.contrastive.measurable import MEASURABLE, OF_VIEWS, WITHOUT_GRID
from invariance.studies.contrastive.models import wide
from invariance.studies.contrastive.shown import SHRINKAGE
from transforms2d import names
from transforms2d.errors import UserError, gather, quote
from transforms2d.spec import SPLITS
from transforms2d.views.settings import used_settings

WHERE = "studies.contrastive"
TABLE, RENDERED = {"csv"}, {"vary", "groups", "views"}  # keys of a kind of groups
# On average. Images are drawn whatever their class, and no class may be missing in a fold.
OF_CLASS_IN_FOLD = 5


def check(study) -> None:
    """Refuse settings that leave no possible training, measure, group of views or fusion.

    Raises
    ------
    UserError
        All mistakes, one line each: the key's path, the fault, what to do.
    """
    gather(
        *(
            lambda one=one: one(study)
            for one in (_views, _batch, _wide, _names, _shrinkages, _fusions)
        ),
        lambda: checks.objects(
            study, study.settings["downstream"]["classes"], "downstream.classes"
        ),
        *(lambda name=name: _measured(study, name) for name in datasets.MEASURED),
        *(lambda name=name: _group(study, name) for name in study.groups),
        *(
            lambda domain=domain, name=name, split=split: _natural(study, domain, name, split)
            for domain in study.domains
            for name in (datasets.SOURCE, datasets.CIFAR10)
            for split in SPLITS
        ),
    )


def _views(study) -> None:
    try:
        used_settings(study.settings["views"])
    except UserError as error:
        raise UserError(f"{WHERE}.{error!s}".replace("\n", f"\n{WHERE}.")) from None


def _batch(study) -> None:
    size, moco = study.settings["pretraining"]["batch_size"], study.settings["moco"]
    if moco["queue"] <= size:
        raise UserError(
            f"{WHERE}.moco.queue: a batch of {size} would replace all of its {moco['queue']} keys; "
            "give more than pretraining.batch_size"
        )
    if size < 2 * moco["norm_splits"]:
        raise UserError(
            f"{WHERE}.moco.norm_splits: {moco['norm_splits']} parts of a batch of {size} have "
            "fewer than 2 images each; give at most half of pretraining.batch_size"
        )
    if study.settings["samples"]["val"] < 2:
        raise UserError(
            f"{WHERE}.samples.val: 1 image has no other to be judged by; give 2 or more"
        )


def _wide(study) -> None:
    architecture = study.settings["architecture"]
    if study.settings["conditions"]["wide"] and wide(architecture) not in ARCHITECTURES:
        raise UserError(
            f"{WHERE}.conditions.wide: there is no {wide(architecture)}; leave it empty, or set "
            "architecture to resnet-18"
        )


def _names(study) -> None:
    invariance = study.settings["invariance"]
    for key, given, known in (
        ("latents", study.settings["latents"], names.KNOWN),
        ("invariance.transformations", invariance["transformations"], MEASURABLE),
    ):
        for name in given:
            if name not in known:
                raise UserError(f"{WHERE}.{key}: {quote(name)} is not one of {', '.join(known)}")
            if name in OF_VIEWS and not invariance["grid"]:
                raise UserError(
                    f"{WHERE}.invariance.grid: {name} is measured over a grid alone; give 2 or "
                    "more, or leave it out of invariance.transformations"
                )
            if name in WITHOUT_GRID and key != "latents" and _has_grid_alone(invariance):
                raise UserError(
                    f"{WHERE}.invariance.draws: {name} has no grid; give 1 or more draws, or leave "
                    "it out of invariance.transformations"
                )
    if invariance["grid"] == 1:
        raise UserError(
            f"{WHERE}.invariance.grid: one parameter is no grid; give 2 or more, or 0 for none"
        )


def _has_grid_alone(invariance: Mapping) -> bool:
    return bool(invariance["grid"]) and not invariance["draws"]


def _shrinkages(study) -> None:
    given = study.settings["invariance"]["shrinkages"]
    if SHRINKAGE not in given:
        raise UserError(
            f"{WHERE}.invariance.shrinkages: {SHRINKAGE:g} is not among "
            f"{', '.join(map(str, given))}; add it, figures and claims show it"
        )


def _fusions(study) -> None:
    trained, given = study.settings["conditions"]["moco"], study.settings["fusions"]
    for at, conditions in enumerate(given):
        if set(conditions) in map(set, given[:at]):
            raise UserError(
                f"{WHERE}.fusions: {', '.join(conditions)} are fused twice; give each fusion once"
            )
        for one in conditions:
            if one not in trained:
                raise UserError(
                    f"{WHERE}.fusions: {one} is not one of conditions.moco, {', '.join(trained)}"
                )
        if len(conditions) > len(study.seeds):
            raise UserError(
                f"{WHERE}.fusions: {', '.join(conditions)} are {len(conditions)} networks, and the "
                f"ensembles that they are compared with need as many seeds, but there are "
                f"{len(study.seeds)}; give more seeds, or leave the fusion out"
            )


def _measured(study, name: str) -> None:
    """Check that every class can be fitted in every fold, and pairs can be compared."""
    size, downstream = study.settings["measured"][name], study.settings["downstream"]
    least = checks.least_pairs({"metrics": []})
    if min(size.values()) < least:
        raise UserError(f"{WHERE}.measured.{name}: give {least} or more images to fit and to score")
    folds = downstream["folds"]
    classes = {datasets.OBJECTS: downstream["classes"], datasets.CIFAR10: 10}.get(name)
    needed = classes * folds * OF_CLASS_IN_FOLD if classes else folds
    if name != datasets.SOURCE and size["fit"] < needed:
        what = f"{size['fit']} images" + (f" of {classes} classes" if classes else "")
        raise UserError(
            f"{WHERE}.measured.{name}.fit: {what} are too few for {folds} folds; give {needed} or "
            "more"
        )


def _group(study, name: str) -> None:
    group = study.groups[name]
    if set(group) not in (TABLE, RENDERED):
        given = ", ".join(group) or "nothing"
        raise UserError(
            f"{WHERE}.groups.{name}: {given}; give csv alone, or vary, groups and views"
        )
    if set(group) == TABLE:
        try:
            list_views(group["csv"])
        except UserError as error:
            raise UserError(f"{WHERE}.groups.{name}.csv: {error}") from None
    elif group["vary"] == "photos" and study.config["base_images"]["prototypes"] == 1:
        raise UserError(
            f"{WHERE}.groups.{name}: photos of an object differ only with several of them; set "
            "base_images.prototypes to 0, or leave the group out"
        )


def _natural(study, domain: str, name: str, split: str) -> None:
    """Check that there are natural images of each class, and as many as are measured on."""
    source = study.natural(domain, name)
    if source is None:
        return
    if split != datasets.measured_split(domain, name):
        checks.natural(study, source, split, 1, "domains")
        return
    needed = datasets.images(study, domain, name, split) / study.classes(domain, name)
    checks.natural(study, source, split, needed, f"measured.{name}")
