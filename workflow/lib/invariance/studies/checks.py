"""What a study needs of the rest of the configuration.

Each check raises a ``UserError`` of one line: the key's path, what is wrong, what there is.
"""

from transforms2d.errors import UserError, gather

CKA_IMAGES = 4  # least in a batch; from ``similarity.LEAST_IMAGES``, whose module needs torch
# The ViT's patches a side, and its heads; its module needs torch.
VIT_PATCHES, VIT_HEADS = 8, 8
# The largest images whose last normalised maps have one pixel.
ONE_VALUE = {"resnet-18": 8, "resnet-50": 8, "densenet-121": 15, "vgg-11": 16}


def least_pairs(settings: dict) -> int:
    """The fewest pairs of twins that the asked metrics are defined for."""
    return CKA_IMAGES if "linear_cka" in settings["metrics"] else 2


def objects(study, needed: int, key: str) -> None:
    """Refuse to need more classes of objects than the base images have."""
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
    """Refuse networks that images or batches of the configured sizes are no input for."""
    with_vit = [study.name for study in studies if "vit" in _architectures(study)]
    gather(
        lambda: _divided(studies[0].config, with_vit) if with_vit else None,
        *(lambda study=study: _normalised(study) for study in studies),
    )


def _architectures(study) -> set[str]:
    return {model.architecture for domain in study.domains for model in study.models(domain)}


def _divided(config, names: list[str]) -> None:
    """Refuse a ViT that images or tokens cannot be divided for."""
    for key, value, parts in (
        ("image_size", config["image_size"], VIT_PATCHES),
        ("pretraining.width", config["pretraining"]["width"], VIT_HEADS),
    ):
        if value is not None and value % parts:
            raise UserError(
                f"{key}: {value} is no multiple of {parts}, which the vit of studies."
                f"{', '.join(names)} needs; give one, or leave the vit out there"
            )


def _normalised(study) -> None:
    """Refuse batches and samples of one image where a network has one value left to normalise.

    A last batch of one image is none: it is joined to the one before.
    """
    size = study.config["image_size"]
    short = sorted(name for name in _architectures(study) if size <= ONE_VALUE.get(name, 0))
    if not short:
        return
    for key, value in study.batches_and_samples():
        if type(value) is int and value == 1:  # a share of 1.0 is all there are
            raise UserError(
                f"{key}: 1 image at image_size {size} leaves {short[0]} of studies.{study.name} "
                "one value to normalise; give 2 or more, or larger images"
            )


def natural(study, name: str, split: str, per_class: float, key: str) -> None:
    """Refuse to need more natural images of a class, in the mean, than a split has."""
    found = study.natural_images_there(name, split)
    if found is not None and per_class > found:
        raise UserError(
            f"studies.{study.name}.{key}: needs {per_class:g} images of each class of {name} "
            f"in split {split}, but there are {found}"
        )
