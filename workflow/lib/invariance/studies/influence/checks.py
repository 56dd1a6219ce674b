"""Checks of the study of influence: settings that fit the schema but are impossible."""

from invariance.studies import checks
from invariance.studies.influence.design import objects_needed
from invariance.studies.influence.masks import draw
from transforms2d import names
from transforms2d.errors import UserError, gather, quote
from transforms2d.spec import SPLITS

WHERE = "studies.influence"
LEAST_REPEATED = 3  # masks


def check(study) -> None:
    """Refuse settings that leave no possible design, mask, removal or training.

    Raises
    ------
    UserError
        All mistakes, one line each: the key's path, the fault, what to do.
    """
    of_objects = (_objects, _leaks, _target_list, _lists) if "t2d" in study.domains else ()
    gather(
        *(lambda one=one: one(study) for one in of_objects),
        *(
            lambda one=one, domain=domain: one(study, domain)
            for domain in study.domains
            for one in (_classes, _models, _drawn, _halves, _repeated, _removed, _arms)
        ),
        lambda: _stack(study),
        *(lambda split=split: _natural(study, split) for split in SPLITS),
    )


def _objects(study) -> None:
    needed, available = objects_needed(study.settings), study.config["base_images"]["objects"]
    if needed > available:
        raise UserError(
            f"{WHERE}.classes: needs {needed} objects, {study.settings['target']['objects']} for "
            "the target and one for each carrier, partial and neutral class, but there are "
            f"{available}; give fewer"
        )


def _leaks(study) -> None:
    leaks, targets = study.settings["classes"]["leaks"], study.settings["target"]["objects"]
    if leaks > targets:
        raise UserError(
            f"{WHERE}.classes.leaks: {leaks}, but each shows another object of the target, which "
            f"has {targets}; give at most that"
        )


def _target_list(study) -> None:
    given, key = study.settings["target"]["transformations"], f"{WHERE}.target.transformations"
    if isinstance(given, int):
        if given > len(names.ALL):
            raise UserError(f"{key}: {given} is more than the {len(names.ALL)} to draw from")
        return
    for name in given:
        if name not in names.KNOWN:
            raise UserError(f"{key}: {quote(name)} is not one of {', '.join(names.KNOWN)}")


def _lists(study) -> None:
    """Check that lists with one name and with none of the target's are possible."""
    classes, size = study.settings["classes"], study.settings["list_size"]
    given = study.settings["target"]["transformations"]
    number = given if isinstance(given, int) else len(given)
    if number > len(names.ALL) or not (isinstance(given, int) or set(given) <= set(names.KNOWN)):
        return  # the check of the target's list refuses it
    drawn = number if isinstance(given, int) else len(set(given) & set(names.ALL))
    others = len(names.ALL) - drawn
    needed = max(size if classes["neutral"] else 0, size - 1 if classes["partial"] else 0)
    if needed > others:
        raise UserError(
            f"{WHERE}.list_size: {size}, but only {others} transformations are not in the "
            "target's list; give fewer, or a shorter list of the target"
        )
    if classes["partial"] and number < 2:
        raise UserError(
            f"{WHERE}.target.transformations: with {number}, a partial class has the whole list "
            "of the target, as a carrier; give 2 or more, or set classes.partial to 0"
        )


def _classes(study, domain: str) -> None:
    number = len(study.source_classes(domain))
    if number < 2:
        raise UserError(f"{WHERE}.classes: {number} in all, but masks need 2 or more; give more")


def _models(study, domain: str) -> None:
    models, classes = study.settings["masks"]["models"], len(study.source_classes(domain))
    if models < 2 * classes:
        raise UserError(
            f"{WHERE}.masks.models: {models} on {domain}, but least squares of {classes} source "
            f"classes needs {2 * classes}, two per class; give at least that"
        )


def _drawn(study, domain: str) -> None:
    """Refuse a class that no Bernoulli mask has, or that all have: it has no influence."""
    models, names = study.settings["masks"]["models"], study.source_classes(domain)
    if "bernoulli" not in study.kinds or models < 2 * len(names):
        return
    for seed in study.seeds:
        settings = study.masks(domain, seed, "bernoulli/0")
        counts = draw("bernoulli", settings["seed"], range(models), len(names)).sum(axis=0)
        for name, count in zip(names, counts, strict=True):
            if count in (0, models):
                where = "all" if count else "none"
                raise UserError(
                    f"{WHERE}.masks.models: {name} of {domain}, seed {seed}, is in {where} of the "
                    f"{models} masks, so its influence cannot be estimated; give more masks"
                )


def _halves(study, domain: str) -> None:
    if "half" not in study.kinds:
        return
    classes, models = len(study.source_classes(domain)), study.settings["masks"]["models"]
    if classes % 2:
        raise UserError(
            f"{WHERE}.masks.kinds: half of {classes} source classes is no whole number; change "
            "classes by one, or use bernoulli"
        )
    if models % 2:
        raise UserError(
            f"{WHERE}.masks.models: {models} is odd, but masks of kind half are pairs of a half "
            "and the other half; give an even number"
        )


def _repeated(study, domain: str) -> None:
    share, number = study.settings["masks"]["repeated"], study.models_of("repeated")
    if share and number < LEAST_REPEATED:
        raise UserError(
            f"{WHERE}.masks.repeated: {share} of {study.settings['masks']['models']} masks is "
            f"{number}, but a rank correlation needs {LEAST_REPEATED} or more; give more, or 0"
        )


def _removed(study, domain: str) -> None:
    shares = study.settings["counterfactuals"]["removed"]
    key, removed = f"{WHERE}.counterfactuals.removed", study.removed(domain)
    classes = len(study.source_classes(domain))
    for share in shares:
        if not 0 < round(share * classes) < classes:
            raise UserError(
                f"{key}: {share} of {classes} source classes on {domain} is "
                f"{round(share * classes)}, but at least one must go and one must stay"
            )
    if len(set(removed)) < len(removed):
        raise UserError(
            f"{key}: two shares of {classes} source classes on {domain} are the same number of "
            "classes; leave one out"
        )


def _arms(study, domain: str) -> None:
    if not study.arms(domain):
        raise UserError(
            f"{WHERE}.counterfactuals.arms: {domain} has no lists of transformations to order by; "
            "give another arm besides planted"
        )


def _stack(study) -> None:
    stack, fixed = study.settings["stack"], study.settings["training"]["fixed"]
    if fixed == "epochs" and stack["models"] > 1:
        raise UserError(
            f"{WHERE}.stack.models: {stack['models']}, but with training.fixed: epochs networks "
            "of different subsets take different numbers of steps; set it to 1, or fixed to steps"
        )
    architecture = study.settings["network"]["architecture"]
    width = study.settings["network"]["width"]
    if architecture == "vit" and width is not None and width % checks.VIT_HEADS:
        raise UserError(
            f"{WHERE}.network.width: {width} is not a multiple of {checks.VIT_HEADS}, as the vit "
            "needs"
        )


def _natural(study, split: str) -> None:
    """Check that natural images have one of each class in every split."""
    if "cifar" in study.domains:
        for name in ("source", "target"):
            checks.natural(study, study.natural("cifar", name), split, 1, "domains")
