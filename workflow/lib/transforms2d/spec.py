"""The specification of a dataset of the Transforms-2D family; it determines every sample."""

from collections.abc import Iterable, Mapping, Set
from dataclasses import MISSING, dataclass, field, fields
from numbers import Real

from transforms2d.checks import SMALLEST_SIDE, check_whole
from transforms2d.errors import UserError, quote
from transforms2d.names import KNOWN
from transforms2d.protocol import DataProtocol, preset

SPLITS = ("train", "val", "test")
CHOICES = {
    "split": SPLITS,
    "foreground": ("objects", "patterns", "none"),
    "background": ("images", "patterns", "uniform", "natural"),
    "placement": ("centre", "corner", "random"),
    "labels": ("foreground", "background"),
}
LEAST = {"samples": 0, "seed": 0, "prototypes": 0, "pattern_seed": 0, "image_size": SMALLEST_SIDE}


@dataclass(frozen=True)
class DatasetSpec:
    """One split of one dataset: a plain value, usable as a job's parameter and in a manifest.

    Attributes
    ----------
    split : str
        ``train``, ``val`` or ``test``; splits never share a stream of draws.
    samples : int
        Number of images. With natural images: the number of images of the chosen classes; 0 means
        all of them.
    seed : int
        Sampling seed of classes, prototypes, backgrounds and transformation draws.
    transforms_seed : int or None
        Seed of only the transformation draws; None means ``seed``.
    foreground : str
        ``objects`` (images with alpha), ``patterns`` (random squares) or ``none``.
    background : str
        ``images``, ``patterns`` (random), ``uniform`` (black) or ``natural``.
    classes : tuple of int
        Object indices (positions in the sorted class list of the base images), or ids of
        patterns; the label of a sample is its position in this tuple.
    transforms : tuple of str, or mapping from class position to tuple of str
        Applied in this order to the object, or to the whole image if foreground is ``none``. A
        class position that is not in the mapping has no transformations. ``none``, the identity, is
        dropped.
    prototypes : int
        Images used per object class; 0 means all.
    pattern_seed : int
        Seed of the random foreground patterns.
    natural_classes : tuple of int
        Classes of the natural images; labels are positions in this tuple.
    labels : str
        ``foreground`` or ``background``; always ``background`` without a foreground.
    placement : str
        ``centre``, ``corner`` (upper right) or ``random``.
    object_scale : float
        Additional scale factor of the object canvas before placement (sec. 4.2 uses 0.55).
    correlation : float
        Probability that the object matches the background's class (appendix C.3).
    availability : float
        Probability that an object is pasted (appendix C.3).
    image_size : int
        Side of the square image in pixels, at least 8.
    protocol : DataProtocol
        The choices at the forks between the paper's text and code.
    """

    split: str
    samples: int
    seed: int
    transforms_seed: int | None = None
    foreground: str = "objects"
    background: str = "images"
    classes: tuple[int, ...] = ()
    transforms: tuple[str, ...] | Mapping[int, tuple[str, ...]] = ()
    prototypes: int = 1
    pattern_seed: int = 0
    natural_classes: tuple[int, ...] = ()
    labels: str = "foreground"
    placement: str = "centre"
    object_scale: float = 1.0
    correlation: float = 0.0
    availability: float = 1.0
    image_size: int = 32
    protocol: DataProtocol = field(default_factory=DataProtocol)

    def __post_init__(self):
        for name, choices in CHOICES.items():
            value = getattr(self, name)
            if value not in choices:
                raise UserError(
                    f"dataset.{name}: {quote(value)} is not one of {', '.join(choices)}"
                )
        if not isinstance(self.protocol, DataProtocol):
            raise UserError(
                f"dataset.protocol: {quote(self.protocol)} is not a protocol; use preset(...)"
            )
        self._check_numbers()
        if self.foreground == "none":
            object.__setattr__(self, "labels", "background")
        for name in ("classes", "natural_classes"):
            values = _as_tuple(f"dataset.{name}", getattr(self, name))
            for value in values:
                check_whole(f"dataset.{name}", value, 0)
            object.__setattr__(self, name, tuple(int(value) for value in values))
        if isinstance(self.transforms, Mapping):
            per_class = {_position(key): _names(value) for key, value in self.transforms.items()}
            object.__setattr__(self, "transforms", dict(sorted(per_class.items())))
        else:
            object.__setattr__(self, "transforms", _names(self.transforms))
        self._check_content()

    def _check_numbers(self):
        """Refuse values out of range; convert numpy's numbers to Python's, for JSON."""
        for name, least in LEAST.items():
            check_whole(f"dataset.{name}", getattr(self, name), least)
            object.__setattr__(self, name, int(getattr(self, name)))
        if self.transforms_seed is not None:
            check_whole("dataset.transforms_seed", self.transforms_seed, 0)
            object.__setattr__(self, "transforms_seed", int(self.transforms_seed))
        for name in ("correlation", "availability", "object_scale"):
            value = getattr(self, name)
            if not isinstance(value, Real) or isinstance(value, bool) or not 0 <= value <= 1:
                raise UserError(f"dataset.{name}: {quote(value)} is not a number between 0 and 1")
            if not isinstance(value, int):
                object.__setattr__(self, name, float(value))
        if self.object_scale == 0:
            raise UserError("dataset.object_scale: 0 leaves nothing of an object; give more than 0")

    def _check_content(self):
        if self.foreground != "none" and not self.classes:
            raise UserError("dataset.classes: empty; name at least one object")
        if self.background == "natural" and not self.natural_classes:
            raise UserError("dataset.natural_classes: empty; name at least one class")
        if self.foreground == "none" and self.background != "natural":
            raise UserError("dataset.foreground: 'none' needs background 'natural'")
        if self.samples == 0 and self.background != "natural":
            raise UserError("dataset.samples: 0 (all) is only possible with natural images")
        if self.labels == "background" and self.background != "natural":
            raise UserError("dataset.labels: 'background' needs background 'natural'")
        for name in ("classes", "natural_classes"):
            values = getattr(self, name)
            if len(set(values)) != len(values):
                raise UserError(f"dataset.{name}: a class is named twice")
        if self.correlation > 0 and (self.foreground == "none" or self.background != "natural"):
            raise UserError("dataset.correlation: needs a foreground and background 'natural'")
        self._check_transforms()

    def _check_transforms(self):
        per_class = isinstance(self.transforms, Mapping)
        lists = self.transforms if per_class else {0: self.transforms}
        count = len(self.natural_classes if self.foreground == "none" else self.classes)
        for position, names in lists.items():
            if not 0 <= position < count:
                raise UserError(
                    f"dataset.transforms: no class at position {position}; there are {count}"
                )
            for name in names:
                if name not in KNOWN:
                    raise UserError(
                        f"dataset.transforms: unknown {quote(name)}; known are {', '.join(KNOWN)}"
                    )
            if len(set(names)) != len(names):
                raise UserError("dataset.transforms: a transformation is named twice")

    def all_transforms(self) -> tuple[str, ...]:
        """Every transformation in ``transforms``, without repetition, in order."""
        lists = (
            self.transforms.values() if isinstance(self.transforms, Mapping) else [self.transforms]
        )
        return tuple(dict.fromkeys(name for names in lists for name in names))

    @property
    def num_classes(self) -> int:
        """Number of different labels."""
        return len(self.classes if self.labels == "foreground" else self.natural_classes)

    def to_dict(self) -> dict:
        """As plain JSON values; ``DatasetSpec.from_dict`` is the inverse."""
        plain = {**vars(self), "protocol": dict(vars(self.protocol))}
        plain["classes"] = list(self.classes)
        plain["natural_classes"] = list(self.natural_classes)
        if isinstance(self.transforms, Mapping):
            plain["transforms"] = {str(k): list(v) for k, v in self.transforms.items()}
        else:
            plain["transforms"] = list(self.transforms)
        return plain

    @classmethod
    def from_dict(cls, plain: dict) -> "DatasetSpec":
        """The spec of a result of ``to_dict``.

        Raises
        ------
        UserError
            For an unknown or missing key, or a value out of range.
        """
        if not isinstance(plain, Mapping):
            raise UserError(f"dataset: {quote(plain)} is not a mapping of settings")
        valid = {f.name for f in fields(cls)}
        for key in plain:
            if key not in valid:
                raise UserError(f"dataset.{key}: unknown; valid are {', '.join(sorted(valid))}")
        for one in fields(cls):
            has_default = one.default is not MISSING or one.default_factory is not MISSING
            if not has_default and one.name not in plain:
                raise UserError(f"dataset.{one.name}: missing; set it")
        protocol = plain.get("protocol", {})
        if isinstance(protocol, Mapping):
            protocol = preset("paper", **protocol)
        return cls(**{**plain, "protocol": protocol})


def _as_tuple(key: str, value) -> tuple:
    """A list as a tuple; a set is refused, because its order differs per process."""
    if isinstance(value, str | Mapping | Set) or not isinstance(value, Iterable):
        raise UserError(f"{key}: {quote(value)} is not a list; write it as one")
    return tuple(value)


def _names(value) -> tuple:
    return tuple(name for name in _as_tuple("dataset.transforms", value) if name != "none")


def _position(key) -> int:
    """A class position; JSON writes the keys of a mapping as texts."""
    value = int(key) if isinstance(key, str) and key.isdecimal() else key
    check_whole("dataset.transforms: class position", value, 0)
    return int(value)
