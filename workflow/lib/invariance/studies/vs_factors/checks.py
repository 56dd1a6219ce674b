"""Checks of study 1: settings that fit the schema but are impossible."""

from invariance.studies import checks
from invariance.studies.vs_factors.models import (
    CATEGORIES,
    NAME,
    NATURAL_TRAINING,
    TARGET_SAMPLES,
)
from transforms2d.errors import UserError, gather, quote
from transforms2d.natural_images.settings import NATURAL_CLASSES


def check(study) -> None:
    """Check the numbers of classes and target images, and the probe's batch size."""
    train = study.settings["target_samples"]["train"]
    gather(
        *(
            lambda check=check, domain=domain: check(
                study, domain, f"studies.{NAME}.sizes.{domain}"
            )
            for domain in study.domains
            for check in (
                _check_target_classes,
                _check_subset_classes,
                _check_amounts,
                _check_natural_samples,
                _check_models,
            )
        ),
        lambda: checks.batch(study, train, "target_samples.train"),
        lambda: _check_transformations(study),
    )


def _check_models(study, domain: str, where: str) -> None:
    if not study.models(domain):
        raise UserError(
            f"{where}.pretraining_samples: empty, like target_samples and all of "
            f"studies.{NAME}.factors, so there is no model; give one of them a value"
        )


def _check_transformations(study) -> None:
    count = study.settings["transformations"]
    if study.switches["transform_sets"] == "one_per_category" and count != CATEGORIES:
        raise UserError(
            f"studies.{NAME}.transformations: {count}, but protocol.transform_sets: "
            f"one_per_category takes {CATEGORIES}; set {CATEGORIES}, or uniform there"
        )


def _check_target_classes(study, domain: str, where: str) -> None:
    sizes = study.settings["sizes"][domain]
    available = NATURAL_CLASSES.get(domain, study.config["base_images"]["objects"])
    needed = 2 * sizes["target_classes"]
    if needed > available:
        raise UserError(
            f"{where}.target_classes: {sizes['target_classes']} target classes and as many "
            f"others need {needed}, but there are {available}; give {available // 2} or fewer"
        )


def _check_subset_classes(study, domain: str, where: str) -> None:
    sizes = study.settings["sizes"][domain]
    if sizes["subset_classes"] > sizes["target_classes"]:
        raise UserError(
            f"{where}.subset_classes: {sizes['subset_classes']} is more than the "
            f"{sizes['target_classes']} target classes"
        )


def _check_amounts(study, domain: str, where: str) -> None:
    """Check that amounts of target data have one type, and do not exceed the number of images."""
    most, words = study.settings["target_samples"]["train"], "target_samples.train"
    if domain in NATURAL_CLASSES:
        number = study.counted_natural_images(domain, "train") or NATURAL_TRAINING[domain]
        most = number * study.settings["sizes"][domain]["target_classes"]
        words = "the training images of the target"
    gather(
        *(
            lambda key=key: _check_amount(study, domain, f"{where}.{key}", most, words)
            for key in ("fine_tuning_samples", TARGET_SAMPLES)
        )
    )


def _check_amount(study, domain: str, where: str, most: int, words: str) -> None:
    amounts = study.settings["sizes"][domain][where.rpartition(".")[2]]
    if len({type(amount) for amount in amounts}) > 1:
        raise UserError(
            f"{where}: {quote(amounts)} mixes numbers of images (1) and shares of each class "
            "(1.0); use only one of them"
        )
    for amount in amounts:
        if amount > most:
            raise UserError(f"{where}: {amount} is more than {words}, {most}")


def _check_natural_samples(study, domain: str, where: str) -> None:
    if domain not in NATURAL_CLASSES:
        return
    sizes = study.settings["sizes"][domain]
    values_by_key = {
        "default_samples": [sizes["default_samples"]],
        "pretraining_samples": sizes["pretraining_samples"],
    }
    gather(
        lambda: checks.natural(study, domain, "val", 1, "domains"),
        *(
            lambda key=key, samples=samples: _check_natural(study, domain, where, key, samples)
            for key, values in values_by_key.items()
            for samples in values
        ),
    )


def _check_natural(study, domain: str, where: str, key: str, samples: int) -> None:
    whole = NATURAL_TRAINING[domain]
    if samples > whole:
        raise UserError(
            f"{where}.{key}: {samples} is more than {whole}, "
            "which means all training images of each class"
        )
    if samples < whole:
        checks.natural(study, domain, "train", samples, f"sizes.{domain}.{key}")
