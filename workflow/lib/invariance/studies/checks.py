"""Checks of a study's settings against the rest of the configuration, and of names in paths.

Each check raises a ``UserError`` of one line: the key's path, the fault, the available number.
"""

from transforms2d.errors import UserError, gather, quote

CKA_IMAGES = 4  # smallest batch; a copy of ``similarity.LEAST_IMAGES``, whose module needs torch
# The ViT's patches per side, and its heads; copies, since its module needs torch.
VIT_PATCHES, VIT_HEADS = 8, 8
# The largest image size for which the last normalised feature maps have one pixel.
ONE_VALUE = {
    "resnet-18": 8,
    "resnet-18-w3": 8,
    "resnet-50": 8,
    "densenet-121": 15,
    "vgg-11": 16,
    "small-cnn": 9,
}


def least_pairs(settings: dict) -> int:
    """The smallest number of pairs for which the configured metrics are defined."""
    return CKA_IMAGES if "linear_cka" in settings["metrics"] else 2


def objects(study, needed: int, key: str) -> None:
    """Refuse a study that needs more classes of objects than the base images have."""
    available = study.config["base_images"]["objects"]
    if needed > available:
        raise UserError(
            f"studies.{study.name}.{key}: needs {needed} objects, but there are {available}"
        )


def batch(study, samples: int, key: str) -> None:
    """Refuse a probe's batch that is larger than its training data."""
    common = study.config["linear_probe"]
    size = study.settings.get("linear_probe", common).get("batch_size", common["batch_size"])
    if size > samples:
        raise UserError(
            f"linear_probe.batch_size: {size} is more than studies.{study.name}.{key}, {samples}"
        )


def pairs(study, samples: int, key: str) -> None:
    """Refuse a test set that is too small for the metrics of sensitivity."""
    least = least_pairs(study.config["sensitivity"])
    if samples < least:
        raise UserError(
            f"studies.{study.name}.{key}: {samples} is less than the {least} that "
            "sensitivity.metrics need"
        )


def networks(studies) -> None:
    """Refuse networks that cannot take images or batches of the configured sizes."""
    with_vit = [study.name for study in studies if "vit" in _architectures(study)]
    gather(
        lambda: _divided(studies[0].config, with_vit) if with_vit else None,
        *(lambda study=study: _normalised(study) for study in studies),
    )


def _architectures(study) -> set[str]:
    return {
        study.architecture(unit)
        for domain in study.domains
        for unit in study.units(domain, study.recorded[0])
    }


def _divided(config, names: list[str]) -> None:
    """Refuse a ViT if the image size or the width is not divisible as it needs."""
    for key, value, parts in (
        ("image_size", config["image_size"], VIT_PATCHES),
        ("pretraining.width", config["pretraining"]["width"], VIT_HEADS),
    ):
        if value is not None and value % parts:
            raise UserError(
                f"{key}: {value} is not a multiple of {parts}, as the vit of studies."
                f"{', '.join(names)} needs; give a multiple, or leave the vit out there"
            )


def _normalised(study) -> None:
    """Refuse batches and samples of one image if a network then normalises a single value.

    A last batch of one image is allowed: it is added to the batch before.
    """
    size = study.config["image_size"]
    short = sorted(name for name in _architectures(study) if size <= ONE_VALUE.get(name, 0))
    if not short:
        return
    for key, value in study.batches_and_samples():
        if type(value) is int and value == 1:  # 1.0 is a share and means all images
            raise UserError(
                f"{key}: with 1 image at image_size {size}, {short[0]} of studies.{study.name} "
                "would normalise a single value; give 2 or more, or larger images"
            )


def natural(study, name: str, split: str, per_class: float, key: str) -> None:
    """Refuse a study that needs more natural images per class than the mean of a split."""
    available = study.counted_natural_images(name, split)
    if available is not None and per_class > available:
        raise UserError(
            f"studies.{study.name}.{key}: needs {per_class:g} images per class of {name} "
            f"in split {split}, but there are {available}"
        )


def name_parts(parts: list[str], names) -> None:
    """Refuse a path with a part that no name has in this place.

    Raises
    ------
    UserError
        One line with the wrong part and its valid values.
    """
    for part, valid in zip(parts, _parts(names), strict=False):
        if part not in valid:
            raise UserError(f"unknown {quote(part)}; valid here: {', '.join(valid)}")


def combinations(names) -> str:
    """Regular expression for any combination of the parts of names; empty without names."""
    return "/".join(f"(?:{'|'.join(part)})" for part in _parts(names))


def _parts(names) -> list[list[str]]:
    """The different values of each part of names."""
    parts = zip(*(name.split("/") for name in names), strict=True)
    return [list(dict.fromkeys(part)) for part in parts]
