"""Values that fit the schema key by key, and yet cannot be: together, or in what they name."""

import math
import os
from pathlib import Path
from urllib.parse import urlsplit

from transforms2d.addresses import ADVICE, holds_secret
from transforms2d.base_images.beside import is_left_out
from transforms2d.base_images.folder import SUFFIXES
from transforms2d.errors import UserError, gather, quote
from transforms2d.natural_images.settings import CLASSES, SPLITS

DRAWINGS = 61  # of the procedural source, whose modules are slow to import
CKA_IMAGES = 4  # least in a batch; from ``similarity.LEAST_IMAGES``, whose module needs torch
MOST_VALUES, DEEPEST = 100_000, 50  # of values below a key, of levels
LARGEST_BITS = 1000  # of a whole number
BASE_PARTS = ("foregrounds", "backgrounds")
BASE_LAYOUT = "foregrounds/<class>/* and backgrounds/*"
NATURAL_LAYOUT = "train/<class>/* and test/<class>/*"
IMAGES = ("base_images", *CLASSES)


def check_size(config: dict) -> None:
    """Refuse a configuration of more values than can be meant; a message would quote them all.

    Raises
    ------
    UserError
        One line with the key that holds them.
    """
    left, waiting = MOST_VALUES, [(config, (), 0)]
    while waiting:
        value, path, depth = waiting.pop()
        left -= 1
        if left < 0 or depth > DEEPEST:
            key = ".".join(quote(part)[1:-1] for part in path)
            raise UserError(f"{key}: more values, or deeper ones, than settings have; correct it")
        if isinstance(value, dict):
            waiting += ((one, (*path, str(key)), depth + 1) for key, one in value.items())
        elif isinstance(value, list):
            waiting += ((one, path, depth + 1) for one in value)


def check_plain(value, path: str = "") -> None:
    """Refuse what no range of the schema catches: numbers that are none, signs without a shape.

    Parameters
    ----------
    value
        The configuration, or a part of it.
    path : str
        Of that part.

    Raises
    ------
    UserError
        For NaN, an infinity, a number of very many digits, a text with a line break or other signs
        without a shape, or with a name, password or key in an address.
    """
    if isinstance(value, int) and value.bit_length() > LARGEST_BITS:
        raise UserError(f"{path}: {quote(value)} is too large; write a smaller one")
    if isinstance(value, str) and holds_secret(value):
        raise UserError(f"{path}: an address with a name, password or key in it: {ADVICE}")
    if isinstance(value, float) and not math.isfinite(value):
        raise UserError(f"{path}: {value} is not a finite number; write one")
    if isinstance(value, str) and not value.isprintable():
        raise UserError(f"{path}: {quote(value)} has signs that cannot be printed; remove them")
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            check_plain(inner, f"{path}.{key}" if path else str(key))


def check_sources(config: dict) -> None:
    """Refuse more objects than are drawn, and addresses that are none.

    Raises
    ------
    UserError
        One line: the key's path, what is wrong, the valid values.
    """
    gather(
        lambda: _check_drawings(config["base_images"]),
        *(
            lambda name=name: _check_address(name, config["natural_images"][name].get("base_url"))
            for name in config["natural_images"]
        ),
    )


def _check_drawings(base: dict) -> None:
    if base["source"] == "procedural" and base["objects"] > DRAWINGS:
        raise UserError(
            f"base_images.objects: {base['objects']} is more than the {DRAWINGS} drawings of "
            "source procedural"
        )


def _check_address(name: str, url: str | None) -> None:
    if url is not None and not _has_host(url):
        raise UserError(
            f"natural_images.{name}.base_url: {quote(url)} is no address; write one like "
            "https://example.org/folder"
        )


def _has_host(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool((parts.hostname or "").strip()) and parts.port != 0
    except ValueError:  # brackets that do not close, a port that is no number
        return False


def check_folders(config: dict, images=IMAGES) -> None:
    """Refuse folders of images that lack a part, a class, or the numbers that the settings name.

    Only names are read. ``images`` are those to look at, some of ``IMAGES``.

    Raises
    ------
    UserError
        All that does not fit, a line each: the key's path, what is wrong, what must lie there.
    """
    checks = []
    if "base_images" in images and config["base_images"]["source"] == "folder":
        checks.append(lambda: _check_base(config["base_images"]))
    for name, settings in config["natural_images"].items():
        if name in images and settings["source"] == "folder":
            key = f"natural_images.{name}.folder"
            checks += [
                lambda key=key, split=split, settings=settings, name=name: _check_natural(
                    key, settings["folder"], split, CLASSES[name]
                )
                for split in SPLITS
            ]
    gather(*checks)


def with_images_found(config: dict) -> dict:
    """The configuration with the objects that lie in its folder, where that is the source."""
    base = config["base_images"]
    if base["source"] != "folder":
        return config
    try:
        found = _classes("base_images.folder", base["folder"], "foregrounds", BASE_LAYOUT)
    except UserError:
        return config
    return {**config, "base_images": {**base, "objects": len(found)}}


def natural_images_found(folder: str, split: str) -> int:
    """Images of each class, in the mean, in a split of a folder; 0 where it cannot be read."""
    try:
        classes = _classes("folder", folder, split, NATURAL_LAYOUT)
    except UserError:
        return 0
    return sum(map(_count_images, classes)) // max(len(classes), 1)


def _check_base(base: dict) -> None:
    def number(part, found):
        key = {"foregrounds": "objects", "backgrounds": "backgrounds"}[part]
        what = "class folders" if key == "objects" else "images"
        if found != base[key]:
            raise UserError(
                f"base_images.{key}: {base[key]}, but {Path(base['folder'], part)} holds {found} "
                f"{what}; set it to {found}, or add and remove some"
            )

    def objects():
        found = _classes("base_images.folder", base["folder"], "foregrounds", BASE_LAYOUT)
        number("foregrounds", len(found))

    def backgrounds():
        part = _part("base_images.folder", base["folder"], "backgrounds", BASE_LAYOUT)
        number("backgrounds", _count_images(part))

    gather(objects, backgrounds)


def _check_natural(key: str, folder: str, split: str, needed: int) -> None:
    found = _classes(key, folder, split, NATURAL_LAYOUT)
    if len(found) != needed:
        raise UserError(f"{key}: {Path(folder, split)} has {len(found)} classes, not {needed}")
    empty = [path.name for path in found if not _count_images(path)]
    if empty:
        names = ", ".join(map(quote, empty[:5])) + (", ..." if len(empty) > 5 else "")
        raise UserError(f"{key}: {Path(folder, split)} has no image of {names}; add some")


def _classes(key: str, folder: str, name: str, layout: str) -> list[Path]:
    part = _part(key, folder, name, layout)
    try:
        with os.scandir(part) as entries:
            found = [one.name for one in entries if one.is_dir() and not is_left_out(one.name)]
    except OSError as error:
        raise UserError(f"{key}: {part}: {error.strerror}; correct its rights") from None
    return [part / name for name in sorted(found)]


def _count_images(folder: Path) -> int:
    try:
        names = os.listdir(folder)  # noqa: PTH208 - names alone, of maybe many thousands
    except OSError:
        return 0
    return sum(name.lower().endswith(SUFFIXES) and not is_left_out(name) for name in names)


def _part(key: str, folder: str, name: str, layout: str) -> Path:
    part = Path(folder, name)
    if not os.path.isdir(part):  # noqa: PTH112 - no error for names that are too long
        raise UserError(f"{key}: {part} is no folder; images lie in {layout}")
    return part


def check_sensitivity(settings: dict) -> None:
    """Refuse fewer twins than linear CKA needs.

    Raises
    ------
    UserError
        One line: the key's path, what is wrong, the valid values.
    """
    for key in ("pairs", "batch_size"):
        if settings[key] < least_pairs(settings):
            raise UserError(
                f"sensitivity.{key}: {settings[key]} is less than the {CKA_IMAGES} that "
                "linear_cka needs; give more or leave it out of sensitivity.metrics"
            )


def least_pairs(settings: dict) -> int:
    """The fewest pairs of twins that the asked metrics are defined for."""
    return CKA_IMAGES if "linear_cka" in settings["metrics"] else 2
