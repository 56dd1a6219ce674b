"""Checks of the settings of natural images, before anything is read or downloaded."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from transforms2d.checks import check_whole
from transforms2d.errors import UserError, quote
from transforms2d.web.addresses import ADVICE, holds_secret

NATURAL_CLASSES = {"cifar10": 10, "cifar100": 100}
SPLITS = ("train", "test")
PER_CLASS = {
    "cifar10": {"train": 5000, "test": 1000},
    "cifar100": {"train": 500, "test": 100},
}
SOURCES = {
    "torchvision": (),
    "folder": ("folder",),
    "procedural": ("seed", "train_per_class", "test_per_class"),
}
OPTIONAL = {"torchvision": ("base_url",)}
ADDRESSES = ("base_url",)  # change no image: the checksum of the archive is fixed
KEYS = frozenset({"source"}).union(*SOURCES.values(), *OPTIONAL.values())


def images_per_class(name: str, settings: Mapping, split: str) -> int | None:
    """Number of images per class of a source in ``train`` or ``test``; None for folders."""
    if settings["source"] == "torchvision":
        return PER_CLASS[name][split]
    return settings[f"{split}_per_class"] if settings["source"] == "procedural" else None


def choosing(used: Mapping) -> dict:
    """The used settings that identify the images."""
    return {key: value for key, value in used.items() if key not in ADDRESSES}


def used_settings(name: str, settings: Mapping) -> dict:
    """The checked settings of the chosen source, without those of other sources.

    Parameters
    ----------
    name : str
        ``cifar10`` or ``cifar100``.
    settings : mapping
        ``source`` (``torchvision``, ``folder`` or ``procedural``) and

        - ``base_url`` of the archive, if it is not the authors' (torchvision),
        - ``folder`` with ``train/<class>/*`` and ``test/<class>/*``,
        - ``seed``, ``train_per_class`` and ``test_per_class`` of the procedural images.

    Returns
    -------
    dict
        The used settings, sorted by their keys, as for a job's parameters.

    Raises
    ------
    UserError
        For an unknown or missing key, or a value of the wrong type.
    """
    if name not in NATURAL_CLASSES:
        raise UserError(f"natural_images.{name}: unknown; valid are {', '.join(NATURAL_CLASSES)}")
    place = f"natural_images.{name}"
    for key in settings:
        if key not in KEYS:
            raise UserError(f"{place}.{key}: unknown; valid are {', '.join(sorted(KEYS))}")
    source = settings.get("source")
    if source not in SOURCES:
        raise UserError(f"{place}.source: {quote(source)} is not one of {', '.join(SOURCES)}")
    used = {"source": source}
    for key in SOURCES[source]:
        if key not in settings:
            raise UserError(f"{place}.{key}: missing; source {quote(source)} needs it")
        used[key] = settings[key]
    for key in OPTIONAL.get(source, ()):
        if settings.get(key) is not None:
            used[key] = settings[key]
    for key, value in used.items():
        if isinstance(value, str) and holds_secret(value):
            raise UserError(
                f"{place}.{key}: an address with a name, password or key in it: {ADVICE}"
            )
    for key, least in (("seed", 0), ("train_per_class", 1), ("test_per_class", 1)):
        check_whole(f"{place}.{key}", used.get(key, least), least)
    if not isinstance(used.get("folder", "x"), str) or not used.get("folder", "x").strip():
        raise UserError(f"{place}.folder: {quote(used['folder'])} is not a path; write a path")
    if not str(used.get("base_url", "https://")).startswith(("http://", "https://")):
        raise UserError(
            f"{place}.base_url: {quote(used['base_url'])} must start with https:// (or http)"
        )
    try:
        urlsplit(str(used.get("base_url", "")))
    except ValueError as error:
        raise UserError(
            f"{place}.base_url: {quote(used['base_url'])}: {error}; correct it"
        ) from None
    return dict(sorted(used.items()))
