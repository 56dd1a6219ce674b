"""The forks between the paper's text and its released code that change the data, as choices."""

from dataclasses import dataclass, fields, replace

from transforms2d.errors import UserError, quote

CHOICES = {
    "pixelate": (0.5, 0.3),
    "noise_overflow": ("clamp", "wrap"),
    "natural_translate": ("symmetric", "right_down"),
    "random_patterns": ("uniform_bytes", "float_bytes"),
    "natural_split": ("stratified", "random_per_stage"),
    "correlated_object": ("bijection", "hash"),
    "transform_seeds": ("independent", "shared"),
    "object_position": ("inside", "clipped"),
    "natural_augmentation": ("none", "crop_flip"),
    "background_draw": ("independent", "shifted"),
    "soft_edges": ("straight", "multiplied"),
    "elastic_border": ("zeros", "weighted_twice"),
    "scaled_box": ("exact", "drift"),
}


@dataclass(frozen=True)
class DataProtocol:
    """Choices at the forks between text and code; the defaults follow the paper's text.

    Attributes
    ----------
    pixelate : float
        Size of the pixelated image relative to the image (0.5 or 0.3).
    noise_overflow : str
        Values above 1 after adding noise: ``clamp`` or ``wrap`` (modulo 256).
    natural_translate : str
        Translation of natural images: ``symmetric`` (by up to 30 % of the side on each axis,
        either way) or ``right_down`` (4 to 13 px at 32 px).
    random_patterns : str
        ``uniform_bytes``, or ``float_bytes`` (bytes of float32 values, a quarter of them near 62).
    natural_split : str
        Train/validation split of CIFAR: ``stratified`` and equal in every stage, or
        ``random_per_stage``.
    correlated_object : str
        Object of a natural class at full correlation: ``bijection`` (same in all splits) or
        ``hash`` (not injective, differs per split).
    transform_seeds : str
        Streams of transformation draws of train, val, test, source and target:
        ``independent`` or ``shared``.
    object_position : str
        Random position of a pasted object: ``inside`` or ``clipped`` (sec. 4.2).
    natural_augmentation : str
        Augmentation of natural backgrounds in training: ``none`` or ``crop_flip``.
    background_draw : str
        ``independent`` per seed and split, or ``shifted`` (one sequence, shifted by 0 to 11).
    soft_edges : str
        Colour under partial alpha in photometric transformations: ``straight`` (alpha untouched)
        or ``multiplied`` (colour multiplied by alpha each time).
    elastic_border : str
        ``zeros`` outside with bilinear weights, or ``weighted_twice``.
    scaled_box : str
        The box that a translation moves after scaling: ``exact``, or the published ``drift``.
    """

    pixelate: float = 0.5
    noise_overflow: str = "clamp"
    natural_translate: str = "symmetric"
    random_patterns: str = "uniform_bytes"
    natural_split: str = "stratified"
    correlated_object: str = "bijection"
    transform_seeds: str = "independent"
    object_position: str = "inside"
    natural_augmentation: str = "none"
    background_draw: str = "independent"
    soft_edges: str = "straight"
    elastic_border: str = "zeros"
    scaled_box: str = "exact"

    def __post_init__(self):
        for name, choices in CHOICES.items():
            value = getattr(self, name)
            if value not in choices:
                valid = " or ".join(map(str, choices))
                raise UserError(f"protocol.{name}: {quote(value)} is not one of {valid}")


PRESETS = {
    "paper": DataProtocol(),
    "released_code": DataProtocol(**{name: choices[1] for name, choices in CHOICES.items()}),
}


def preset(name: str, **overrides) -> DataProtocol:
    """The protocol ``name`` (``paper`` or ``released_code``) with single choices replaced.

    Raises
    ------
    UserError
        For an unknown preset, an unknown switch or a value that is not a choice.
    """
    if name not in PRESETS:
        raise UserError(f"protocol: {quote(name)} is not one of {', '.join(PRESETS)}")
    valid = {field.name for field in fields(DataProtocol)}
    for key in overrides:
        if key not in valid:
            raise UserError(f"protocol.{key}: unknown switch; valid are {', '.join(sorted(valid))}")
    return replace(PRESETS[name], **overrides)


def chosen(protocol: DataProtocol | None) -> DataProtocol:
    """The given protocol, or that of the paper's text for None.

    Raises
    ------
    UserError
        For another type, such as a preset's name.
    """
    if protocol is None:
        return PRESETS["paper"]
    if not isinstance(protocol, DataProtocol):
        raise UserError(
            f"protocol: {quote(protocol)} is not a DataProtocol; give preset({quote(protocol)})"
        )
    return protocol
