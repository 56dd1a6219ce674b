"""What a study needs of the rest of the configuration.

Each check raises a ``UserError`` of one line: the key's path, what is wrong, what there is.
"""

from invariance.config_values import least_pairs
from transforms2d.errors import UserError

# The ViT's patches a side, and its heads; its module needs torch.
VIT_PATCHES, VIT_HEADS = 8, 8


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


def networks(study) -> None:
    """Refuse a ViT that images or tokens cannot be divided for (no other network minds)."""
    models = (model for domain in study.domains for model in study.models(domain))
    if all(model.architecture != "vit" for model in models):
        return
    for key, value, parts in (
        ("image_size", study.config["image_size"], VIT_PATCHES),
        ("pretraining.width", study.config["pretraining"]["width"], VIT_HEADS),
    ):
        if value is not None and value % parts:
            raise UserError(
                f"{key}: {value} is no multiple of {parts}, which the vit of "
                f"studies.{study.name} needs; give one, or leave the vit out there"
            )


def natural(study, name: str, split: str, per_class: float, key: str) -> None:
    """Refuse to need more natural images of a class, in the mean, than a split has."""
    found = study.natural_images(name, split)
    if found is not None and per_class > found:
        raise UserError(
            f"studies.{study.name}.{key}: needs {per_class:g} images of each class of {name} "
            f"in split {split}, but there are {found}"
        )
