"""The folders of images that settings name: what lies there, read by names alone."""

import os
from pathlib import Path

from transforms2d.errors import UserError, gather, quote
from transforms2d.image_files.beside import is_left_out
from transforms2d.image_files.decode import SUFFIXES
from transforms2d.natural_images.settings import NATURAL_CLASSES, SPLITS

BASE_LAYOUT = "foregrounds/<class>/* and backgrounds/*"
NATURAL_LAYOUT = "train/<class>/* and test/<class>/*"
IMAGES = ("base_images", *NATURAL_CLASSES)


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
                    key, settings["folder"], split, NATURAL_CLASSES[name]
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
