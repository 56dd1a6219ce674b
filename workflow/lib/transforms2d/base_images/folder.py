"""Base images from a folder: ``foregrounds/<class>/*.png`` and ``backgrounds/*.jpg``.

This is the layout of SI-Score, whose images Transforms-2D is made of.
"""

import hashlib
import os
from pathlib import Path

from transforms2d.base_images import index
from transforms2d.errors import UserError

SUFFIXES = (".jpeg", ".jpg", ".png", ".webp")
BESIDE = (".csv", ".html", ".json", ".md", ".txt", ".xml")  # notes that may lie beside images


def fetch(used: dict) -> dict:
    """List and digest the images of the folder; see ``sources.fetch``."""
    root = Path(used["folder"])
    objects, backgrounds = _walk(root)
    return index.build(
        used,
        ((path.parent.name, _entry(root, path)) for path in objects),
        [_entry(root, path) for path in backgrounds],
        root=str(root),
        origin={},
    )


def list_files(folder) -> list[Path]:
    """Every image of the folder, objects first, each sorted by class and name.

    Cheap: nothing is opened.

    Raises
    ------
    UserError
        If the folder or one of its two parts is missing, a class is empty, something else than
        an image lies in it, or a link leads out of it.
    """
    objects, backgrounds = _walk(Path(folder))
    return objects + backgrounds


def _walk(root: Path) -> tuple[list[Path], list[Path]]:
    if not root.is_dir():
        raise UserError(f"{root}: no such folder; correct base_images.folder")
    for part in ("foregrounds", "backgrounds"):
        if not (root / part).is_dir():
            raise UserError(
                f"{root / part}: no such folder; base images lie in foregrounds/<class>/*.png "
                "and backgrounds/*.jpg"
            )
    inside = root.resolve()
    objects = class_folders(root / "foregrounds", inside)
    return [path for paths in objects.values() for path in paths], _images(
        root / "backgrounds", inside
    )


def class_folders(folder: Path, inside: Path) -> dict[str, list[Path]]:
    """The images of every class folder, both sorted by name.

    Parameters
    ----------
    folder : Path
        Holds one folder a class.
    inside : Path
        Resolved folder that links may not lead out of.

    Raises
    ------
    UserError
        As ``list_files``.
    """
    found = {}
    for path in _entries(folder, inside):
        if not path.is_dir():
            raise UserError(f"{path}: lies outside a class folder; move it into one")
        found[path.name] = _images(path, inside)
        if not found[path.name]:
            raise UserError(f"{path}: a class without images; fill or remove the folder")
    return found


def _images(folder: Path, inside: Path) -> list[Path]:
    found = []
    for path in _entries(folder, inside):
        if path.is_dir():
            raise UserError(f"{path}: a folder among images; move the images up or remove it")
        if path.suffix.lower() not in SUFFIXES:
            raise UserError(f"{path}: not one of {', '.join(SUFFIXES)}; convert or remove it")
        found.append(path)
    return found


def _entries(folder: Path, inside: Path) -> list[Path]:
    """What lies in a folder, sorted by name, without hidden files and notes."""
    with os.scandir(folder) as scan:
        entries = sorted(scan, key=lambda entry: entry.name)
    paths = []
    for entry in entries:
        path = folder / entry.name
        if entry.name.startswith(".") or path.suffix.lower() in BESIDE:
            continue
        if not entry.name.isprintable():
            raise UserError(f"{folder}: {entry.name!r} is not a readable name; rename it")
        if entry.is_symlink() and not path.resolve().is_relative_to(inside):
            raise UserError(f"{path}: a link that leads out of {inside}; copy the file instead")
        if entry.is_symlink() and not path.exists():
            raise UserError(f"{path}: a link to nothing; remove it")
        paths.append(path)
    return paths


def _entry(root: Path, path: Path) -> dict:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"path": path.relative_to(root).as_posix(), "sha256": digest}
