"""Checks and counts of the image folders in the settings; only names of files are read."""

import os
from pathlib import Path

from transforms2d.errors import UserError, gather, quote
from transforms2d.image_files.beside import is_left_out
from transforms2d.image_files.decode import SUFFIXES
from transforms2d.natural_images.settings import NATURAL_CLASSES, SPLITS, images_per_class
from transforms2d.rendering.natural_rows import VALIDATION_SHARE

BASE_LAYOUT = "foregrounds/<class>/* and backgrounds/*"
NATURAL_LAYOUT = "train/<class>/* and test/<class>/*"
IMAGES = ("base_images", *NATURAL_CLASSES)


def check_folders(config: dict, images=IMAGES) -> None:
    """Refuse folders of images without a part, a class, or the numbers in the settings.

    Only names are read. ``images`` are the sources to check, some of ``IMAGES``.

    Raises
    ------
    UserError
        All mistakes, one line each: the key's path, the fault, the required content.
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


def with_image_counts(config: dict) -> dict:
    """The configuration with the number of objects in its folder, if the source is a folder."""
    base = config["base_images"]
    if base["source"] != "folder":
        return config
    try:
        objects = _classes("base_images.folder", base["folder"], "foregrounds", BASE_LAYOUT)
    except UserError:
        return config
    return {**config, "base_images": {**base, "objects": len(objects)}}


def mean_images(natural: str, settings: dict, split: str, *, counted: bool = False) -> int | None:
    """Mean number of images per class of a split of natural images, or None if it is unknown.

    Parameters
    ----------
    settings : mapping
        The source of the images.
    split : str
        ``train``, ``val`` or ``test``. Validation is a part of the training images.
    counted : bool
        Whether to count the files of a folder. The number is None if there are none.
    """
    part = "test" if split == "test" else "train"
    images = images_per_class(natural, settings, part)
    if images is None and counted:
        images = folder_images_per_class(settings["folder"], part) or None
    if images is None:
        return None
    validation = round(images * VALIDATION_SHARE)
    return {"train": images - validation, "val": validation, "test": images}[split]


def folder_images_per_class(folder: str, split: str) -> int:
    """Mean number of images per class in a split of a folder; 0 if it cannot be read."""
    try:
        classes = _classes("folder", folder, split, NATURAL_LAYOUT)
    except UserError:
        return 0
    return sum(map(_count_images, classes)) // max(len(classes), 1)


def _check_base(base: dict) -> None:
    def check_number(part, number):
        key = {"foregrounds": "objects", "backgrounds": "backgrounds"}[part]
        entries = "class folders" if key == "objects" else "images"
        if number != base[key]:
            raise UserError(
                f"base_images.{key}: {base[key]}, but {Path(base['folder'], part)} has {number} "
                f"{entries}; set it to {number}, or add and remove some"
            )

    def objects():
        classes = _classes("base_images.folder", base["folder"], "foregrounds", BASE_LAYOUT)
        check_number("foregrounds", len(classes))

    def backgrounds():
        part = _part("base_images.folder", base["folder"], "backgrounds", BASE_LAYOUT)
        check_number("backgrounds", _count_images(part))

    gather(objects, backgrounds)


def _check_natural(key: str, folder: str, split: str, needed: int) -> None:
    classes = _classes(key, folder, split, NATURAL_LAYOUT)
    if len(classes) != needed:
        raise UserError(f"{key}: {Path(folder, split)} has {len(classes)} classes, not {needed}")
    empty = [path.name for path in classes if not _count_images(path)]
    if empty:
        names = ", ".join(map(quote, empty[:5])) + (", ..." if len(empty) > 5 else "")
        raise UserError(f"{key}: {Path(folder, split)} has no image of {names}; add some")


def _classes(key: str, folder: str, name: str, layout: str) -> list[Path]:
    part = _part(key, folder, name, layout)
    try:
        with os.scandir(part) as entries:
            names = [one.name for one in entries if one.is_dir() and not is_left_out(one.name)]
    except OSError as error:
        raise UserError(f"{key}: {part}: {error.strerror}; correct its rights") from None
    return [part / name for name in sorted(names)]


def _count_images(folder: Path) -> int:
    try:
        names = os.listdir(folder)  # noqa: PTH208 - only names, perhaps many thousands
    except OSError:
        return 0
    return sum(name.lower().endswith(SUFFIXES) and not is_left_out(name) for name in names)


def _part(key: str, folder: str, name: str, layout: str) -> Path:
    part = Path(folder, name)
    if not os.path.isdir(part):  # noqa: PTH112 - no error for very long names
        raise UserError(f"{key}: {part} is not a folder; images must be in {layout}")
    return part
