"""Base images from a folder: ``foregrounds/<class>/*.png`` and ``backgrounds/*.jpg``.

This is the layout of SI-Score, the source of Transforms-2D's images.
"""

import hashlib
import os
import stat
from pathlib import Path

from transforms2d.base_images import index
from transforms2d.errors import UserError
from transforms2d.image_files.beside import is_left_out, is_note
from transforms2d.image_files.decode import SUFFIXES
from transforms2d.image_files.reading import check_file, in_a_circle, read_file, stamp
from transforms2d.spelling import one_spelling

SPACES = dict.fromkeys((0xA0, 0x2009, 0x200A, 0x202F, 0x3000), " ")


def fetch(used: dict) -> dict:
    """List and digest the images of the folder; see ``sources.fetch``."""
    root = Path(used["folder"])
    objects, backgrounds = _walk(root)
    origin = {"stamp": stamp(root, objects + backgrounds)}
    return index.build(
        used,
        ((path.parent.name, _entry(root, path)) for path in objects),
        [_entry(root, path) for path in backgrounds],
        root=str(root),
        origin=origin,
    )


def unchanged(used: dict, origin: dict) -> bool:
    """Whether the files did not change; see ``sources.unchanged``."""
    if stamp(Path(used["folder"]), list_files(used["folder"])) == origin.get("stamp"):
        return True
    return index.items_digest(fetch(used)) == origin.get("items_sha256")


def list_files(folder) -> list[Path]:
    """Every image of the folder, objects first, each sorted by class and name.

    No file is opened, so this is fast.

    Raises
    ------
    UserError
        If the folder or one of its two parts is missing or unreadable, a class is empty, an entry
        is not an image or too large, or a link leads out of the folder.
    """
    objects, backgrounds = _walk(Path(folder))
    return objects + backgrounds


def _walk(root: Path) -> tuple[list[Path], list[Path]]:
    if not root.is_dir():
        raise UserError(f"{root}: no such folder; correct base_images.folder")
    for part in ("foregrounds", "backgrounds"):
        if not (root / part).is_dir():
            raise UserError(
                f"{root / part}: no such folder; base images must be in foregrounds/<class>/*.png "
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
        Contains one folder per class.
    inside : Path
        Resolved folder; links must not lead out of it.

    Raises
    ------
    UserError
        As ``list_files``.
    """
    classes = {}
    for path, status in _entries(folder, inside):
        if not stat.S_ISDIR(status.st_mode):
            if path.suffix.lower() in SUFFIXES:
                raise UserError(f"{path}: not in a class folder; move it into one")
            raise UserError(f"{path}: not an image, among the class folders; remove it")
        classes[path.name] = _images(path, inside)
        if not classes[path.name]:
            raise UserError(f"{path}: a class without images; fill or remove the folder")
    return classes


def _images(folder: Path, inside: Path) -> list[Path]:
    images = []
    for path, status in _entries(folder, inside):
        if stat.S_ISDIR(status.st_mode):
            raise UserError(f"{path}: a folder among images; move the images up or remove it")
        if path.suffix.lower() not in SUFFIXES:
            raise UserError(f"{path}: not one of {', '.join(SUFFIXES)}; convert or remove it")
        check_file(path, status.st_mode, status.st_size)
        images.append(path)
    return images


def _entries(folder: Path, inside: Path) -> list[tuple[Path, os.stat_result]]:
    """Entries of a folder, sorted by name, without text files and files of other programs."""
    try:
        with os.scandir(folder) as scan:
            scanned = sorted(scan, key=lambda entry: one_spelling(entry.name))
    except OSError as error:
        raise UserError(f"{folder}: not readable ({error.strerror}); correct its rights") from None
    entries = []
    for entry in scanned:
        path = folder / entry.name
        if is_left_out(entry.name) or (is_note(entry.name) and not entry.is_dir()):
            continue
        # Allow spaces of any width: some systems use them in names of screenshots.
        if not entry.name.translate(SPACES).isprintable():
            raise UserError(f"{folder}: {entry.name!r} is not a readable name; rename it")
        if entry.is_symlink():
            _check_link(path, inside)
        try:
            entries.append((path, entry.stat()))
        except FileNotFoundError:
            raise UserError(f"{path}: a broken link; remove it") from None
        except OSError as error:
            raise UserError(f"{path}: not readable ({error.strerror}); remove it") from None
    return entries


def _check_link(path: Path, inside: Path) -> None:
    if in_a_circle(path):
        raise UserError(f"{path}: a circular link; remove it")
    if not path.resolve().is_relative_to(inside):
        raise UserError(f"{path}: a link that leads out of {inside}; copy the file instead")


def _entry(root: Path, path: Path) -> dict:
    digest = hashlib.sha256(read_file(path)).hexdigest()
    return {"path": path.relative_to(root).as_posix(), "sha256": digest}
