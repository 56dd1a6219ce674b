"""Values that fit the schema key by key, and yet cannot be: together, or in what they name."""

import math
import os
from pathlib import Path
from urllib.parse import urlsplit

from transforms2d.base_images.beside import is_left_out
from transforms2d.errors import UserError
from transforms2d.natural_images.settings import CLASSES, SPLITS

DRAWINGS = 61  # of the procedural source, whose modules are slow to import
CKA_IMAGES = 4  # least in a batch; from ``similarity.LEAST_IMAGES``, whose module needs torch
BASE_PARTS = ("foregrounds", "backgrounds")
BASE_LAYOUT = "foregrounds/<class>/* and backgrounds/*"
NATURAL_LAYOUT = "train/<class>/* and test/<class>/*"


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
        For NaN, an infinity, or a text with a line break and the like.
    """
    if isinstance(value, float) and not math.isfinite(value):
        raise UserError(f"{path}: {value!r} is not a finite number; write one")
    if isinstance(value, str) and not value.isprintable():
        raise UserError(f"{path}: {value!r} has signs that cannot be printed; remove them")
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
    base = config["base_images"]
    if base["source"] == "procedural" and base["objects"] > DRAWINGS:
        raise UserError(
            f"base_images.objects: {base['objects']} is more than the {DRAWINGS} drawings of "
            "source procedural"
        )
    for name, settings in config["natural_images"].items():
        url = settings.get("base_url")
        if url is not None and not _has_host(url):
            raise UserError(
                f"natural_images.{name}.base_url: {url!r} is no address; write one like "
                "https://example.org/folder"
            )


def _has_host(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool((parts.hostname or "").strip()) and parts.port != 0
    except ValueError:  # brackets that do not close, a port that is no number
        return False


def check_folders(config: dict) -> None:
    """Refuse folders of images that lack a part, or a class of natural images; nothing is read.

    Raises
    ------
    UserError
        One line: the key's path, what is wrong, what must lie there.
    """
    if config["base_images"]["source"] == "folder":
        for part in BASE_PARTS:
            _check_part("base_images.folder", config["base_images"]["folder"], part, BASE_LAYOUT)
    for name, settings in config["natural_images"].items():
        if settings["source"] != "folder":
            continue
        for split in SPLITS:
            key = f"natural_images.{name}.folder"
            part = _check_part(key, settings["folder"], split, NATURAL_LAYOUT)
            try:
                with os.scandir(part) as entries:
                    found = sum(one.is_dir() and not is_left_out(one.name) for one in entries)
            except OSError as error:
                raise UserError(f"{key}: {part}: {error.strerror}; correct its rights") from None
            if found != CLASSES[name]:
                raise UserError(f"{key}: {part} has {found} classes, not {CLASSES[name]}")


def _check_part(key: str, folder: str, name: str, layout: str) -> Path:
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
