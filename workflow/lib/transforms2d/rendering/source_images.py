"""The source images of a dataset, checked against its spec and copied to a device."""

import numpy as np

from transforms2d.errors import UserError
from transforms2d.rendering.natural_rows import natural_rows
from transforms2d.rendering.patterns import pattern_objects
from transforms2d.rendering.scene import Pool
from transforms2d.spec import DatasetSpec


class Images:
    """Objects, backgrounds and natural images for one spec.

    Parameters
    ----------
    base : BaseImages or None
        Needed for ``foreground="objects"`` and ``background="images"``.
    natural : NaturalImages or None
        The file of the spec's split (train and val share one); for ``background="natural"``.
    device : str or torch.device

    Raises
    ------
    UserError
        If images are missing, have another size or no alpha, or lack a class.
    """

    def __init__(self, spec: DatasetSpec, base, natural, device):
        _check_binding(spec)
        prototypes, rows, label = np.empty(0, dtype=np.int64), None, None
        self.objects = self.backgrounds = self.natural = None
        if spec.foreground == "objects" or spec.background == "images":
            _check_given(spec, base, "base images")
        if spec.foreground == "objects":
            objects, self.first, prototypes = _objects(spec, base)
            self.objects = objects.to(device)
        elif spec.foreground == "patterns":
            kind = spec.protocol.random_patterns
            made = pattern_objects(spec.classes, spec.pattern_seed, spec.image_size, kind)
            self.objects, self.first = made.to(device), np.arange(len(spec.classes))
            prototypes = np.ones(len(spec.classes), dtype=np.int64)
        if spec.background == "images":
            if not len(base.backgrounds):
                raise UserError("base images: no background among them; prepare them with some")
            self.backgrounds = base.backgrounds.to(device)
        if spec.background == "natural":
            _check_given(spec, natural, "natural images")
            _check_split(spec, natural)
            labels = np.asarray(natural.labels)
            rows = natural_rows(spec, labels)
            position = {kind: at for at, kind in enumerate(spec.natural_classes)}
            label = np.array([position[kind] for kind in labels[rows].tolist()], dtype=np.int64)
            self.natural = natural.images.to(device)
        count = 0 if self.backgrounds is None else len(self.backgrounds)
        self.pool = Pool(prototypes, count, rows, label)

    def __len__(self) -> int:
        return 0 if self.pool.natural_rows is None else len(self.pool.natural_rows)


def class_names(spec: DatasetSpec, base=None, natural=None) -> list[str]:
    """Names of the labels of ``spec``, in label order."""
    if spec.labels == "background":
        return [str(natural.class_names[kind]) for kind in spec.natural_classes]
    if spec.foreground == "patterns":
        return [f"pattern {kind}" for kind in spec.classes]
    return [str(base.class_names[kind]) for kind in spec.classes]


def _check_binding(spec: DatasetSpec):
    objects, kinds = len(spec.classes), len(spec.natural_classes)
    bijection = spec.protocol.correlated_object == "bijection"
    if spec.correlation > 0 and bijection and objects != kinds:
        raise UserError(
            f"dataset.correlation: {objects} objects cannot be bound one to one to {kinds} classes "
            "of natural images; name as many of each"
        )


def _check_given(spec: DatasetSpec, images, what: str):
    if images is None:
        raise UserError(f"dataset: needs {what}, but none were given; pass them to render")
    size = spec.image_size
    kinds = ("images",) if what.startswith("natural") else ("objects", "backgrounds")
    if not all(hasattr(images, kind) for kind in kinds):
        raise UserError(f"dataset: needs {what}, but {type(images).__name__} was given for them")
    for kind in kinds:
        shape = tuple(getattr(images, kind).shape)
        if shape[-2:] != (size, size):
            raise UserError(
                f"dataset.image_size: {size}, but the {what} ({kind}) are {shape[-1]} px; "
                "prepare them at that size"
            )


def _check_split(spec: DatasetSpec, natural):
    needed = "test" if spec.split == "test" else "train"
    if natural.split != needed:
        raise UserError(
            f"dataset.split: {spec.split} is made of the {needed} file of the natural images, "
            f"but the {natural.split} file was given"
        )


def _objects(spec: DatasetSpec, base):
    """Objects, and per class position the first row and the number of used images."""
    if base.objects.shape[1] != 4:
        raise UserError("base images: objects have no alpha channel; use images with transparency")
    beyond = [kind for kind in spec.classes if kind >= len(base.class_names)]
    if beyond:
        raise UserError(
            f"dataset.classes: object {beyond[0]} is beyond the {len(base.class_names)} classes "
            "of the base images; name one below that"
        )
    owner = np.asarray(base.object_class)
    kinds = np.asarray(spec.classes)
    first = np.searchsorted(owner, kinds, side="left")
    count = np.searchsorted(owner, kinds, side="right") - first
    for kind, row, images in zip(kinds.tolist(), first.tolist(), count.tolist(), strict=True):
        name = base.class_names[kind]
        if not images:
            raise UserError(f"base images: class {kind} ({name}) has no image; add one")
        used = base.objects[row : row + (min(spec.prototypes, images) or images), 3]
        if (used.flatten(1).min(1).values == 255).any():
            raise UserError(
                f"base images: object {kind} ({name}) has no transparency; give it an alpha channel"
            )
    return (
        base.objects,
        first,
        count if spec.prototypes == 0 else np.minimum(count, spec.prototypes),
    )
