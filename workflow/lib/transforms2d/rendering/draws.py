"""What a new draw of a dataset changes, that is, how its images differ between epochs."""

from transforms2d.spec import DatasetSpec


def augments(spec: DatasetSpec) -> bool:
    """Whether natural backgrounds are augmented: in the released code, except for test images."""
    crop_flip = spec.protocol.natural_augmentation == "crop_flip"
    pasted_on = spec.foreground != "none" and spec.background == "natural"
    return crop_flip and pasted_on and spec.split != "test"


def has_draws(spec: DatasetSpec) -> bool:
    """Whether another draw of the dataset gives different images; see ``Renderer.render``."""
    pasted = spec.foreground != "none" and spec.availability > 0
    return (
        bool(spec.all_transforms())
        or (pasted and spec.placement == "random")
        or spec.background == "patterns"
        or augments(spec)
    )
