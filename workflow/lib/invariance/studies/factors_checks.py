"""What study 1 refuses of settings that fit the schema but cannot be met."""

from invariance.studies import checks
from invariance.studies.factors_models import (
    CATEGORIES,
    NAME,
    NATURAL_CLASSES,
    NATURAL_TRAINING,
    TARGET_SAMPLES,
)
from transforms2d.errors import UserError


def check(study) -> None:
    """Enough classes for target and disjoint ones, enough target images, the probe's batch."""
    for domain in study.domains:
        where = f"studies.{NAME}.sizes.{domain}"
        _check_classes(study, domain, where)
        _check_amounts(study, domain, where)
        if domain in NATURAL_CLASSES:
            _check_natural_samples(study, domain, where)
        if not study.models(domain):
            raise UserError(
                f"{where}.pretraining_samples: empty, as are target_samples and all of "
                f"studies.{NAME}.factors, which leaves no model; give one of them a value"
            )
    checks.batch(study, study.settings["target_samples"]["train"], "target_samples.train")
    count = study.settings["transformations"]
    if study.switches["transform_sets"] == "one_per_category" and count != CATEGORIES:
        raise UserError(
            f"studies.{NAME}.transformations: {count}, but protocol.transform_sets: "
            f"one_per_category takes {CATEGORIES}; set {CATEGORIES}, or uniform there"
        )


def _check_classes(study, domain: str, where: str) -> None:
    sizes = study.settings["sizes"][domain]
    there = NATURAL_CLASSES.get(domain, study.config["base_images"]["objects"])
    needed = 2 * sizes["target_classes"]
    if needed > there:
        raise UserError(
            f"{where}.target_classes: {sizes['target_classes']} target classes and as many "
            f"others need {needed}, but there are {there}"
        )
    if sizes["subset_classes"] > sizes["target_classes"]:
        raise UserError(
            f"{where}.subset_classes: {sizes['subset_classes']} is more than the "
            f"{sizes['target_classes']} target classes"
        )


def _check_amounts(study, domain: str, where: str) -> None:
    """Amounts of target data are images or shares alone, and no more images than there are."""
    there, key_there = study.settings["target_samples"]["train"], "target_samples.train"
    if domain in NATURAL_CLASSES:
        found = study.natural_images(domain, "train") or NATURAL_TRAINING[domain]
        there = found * study.settings["sizes"][domain]["target_classes"]
        key_there = "the training images of the target"
    for key in ("fine_tuning_samples", TARGET_SAMPLES):
        amounts = study.settings["sizes"][domain][key]
        if len({type(amount) for amount in amounts}) > 1:
            raise UserError(
                f"{where}.{key}: {amounts} mixes images (1) and shares of each class (1.0); "
                "write one kind"
            )
        for amount in amounts:
            if amount > there:
                raise UserError(f"{where}.{key}: {amount} is more than {key_there}, {there}")


def _check_natural_samples(study, domain: str, where: str) -> None:
    sizes, whole = study.settings["sizes"][domain], NATURAL_TRAINING[domain]
    checks.natural(study, domain, "val", 1, "domains")
    for key in ("default_samples", "pretraining_samples"):
        values = sizes[key] if isinstance(sizes[key], list) else [sizes[key]]
        for samples in values:
            if samples > whole:
                raise UserError(
                    f"{where}.{key}: {samples} is more than {whole}, "
                    "which stands for all training images of each class"
                )
            if samples < whole:
                checks.natural(study, domain, "train", samples, f"sizes.{domain}.{key}")
