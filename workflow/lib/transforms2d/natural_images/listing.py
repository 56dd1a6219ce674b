"""The files in a folder of natural images; no file is opened, so planning is fast."""

from pathlib import Path

from transforms2d.base_images.folder import class_folders
from transforms2d.base_images.index import check_class_names
from transforms2d.errors import UserError
from transforms2d.natural_images.settings import SPLITS
from transforms2d.spelling import one_spelling


def list_files(folder) -> list[Path]:
    """Every image of the folder: training images first, each split sorted by class and name.

    Raises
    ------
    UserError
        As ``listing``.
    """
    return [path for split in SPLITS for paths in listing(folder, split).values() for path in paths]


def listing(folder, split: str) -> dict[str, list[Path]]:
    """The images of every class of a split, both sorted by name.

    Raises
    ------
    UserError
        If there is no folder ``<folder>/<split>``, or ``class_folders`` refuses it.
    """
    root = Path(folder)
    if not (root / split).is_dir():
        raise UserError(
            f"{root / split}: no such folder; natural images must be in train/<class>/* and "
            "test/<class>/*"
        )
    classes = class_folders(root / split, root.resolve())
    names = check_class_names(classes, str(root / split))
    classes = {one_spelling(name): files for name, files in classes.items()}
    return {name: classes[name] for name in names}
