"""What a folder of natural images holds: cheap, for whoever plans; nothing is opened."""

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
        If there is no folder ``<folder>/<split>``, or it is refused by ``class_folders``.
    """
    root = Path(folder)
    if not (root / split).is_dir():
        raise UserError(
            f"{root / split}: no such folder; natural images lie in train/<class>/* and "
            "test/<class>/*"
        )
    found = class_folders(root / split, root.resolve())
    names = check_class_names(found, str(root / split))
    found = {one_spelling(name): files for name, files in found.items()}
    return {name: found[name] for name in names}
