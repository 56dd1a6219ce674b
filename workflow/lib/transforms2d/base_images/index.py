"""The list of base images, which all sources make, check and count in the same way."""

import hashlib
import json
import unicodedata
from collections.abc import Iterable
from pathlib import PurePosixPath

from transforms2d.errors import UserError
from transforms2d.spelling import one_spelling


def build(used: dict, objects: Iterable[tuple[str, dict]], backgrounds, *, root, origin) -> dict:
    """Make an index from the images of a source.

    Parameters
    ----------
    used : dict
        Checked settings.
    objects : iterable of (class name, entry)
        In the order of the files.
    backgrounds : iterable of entry
        In the order of the files.
    root : str or None
        The folder of the entries' relative paths.
    origin : dict
        Plain values that identify the images.

    Raises
    ------
    UserError
        If the numbers differ from the settings, or class names are invalid.
    """
    where = str(root or used["source"])
    by_class: dict[str, list[dict]] = {}
    for name, entry in objects:
        by_class.setdefault(name, []).append(entry)
    names = check_class_names(by_class, where)
    by_class = {one_spelling(name): entries for name, entries in by_class.items()}
    backgrounds = list(backgrounds)
    _check_number(used, "objects", len(names), "object classes", where)
    _check_number(used, "backgrounds", len(backgrounds), "backgrounds", where)
    prototypes = used["prototypes"] or None
    return {
        "source": used["source"],
        "origin": origin,
        "root": root,
        "class_names": names,
        "objects": [
            {"class": position, **entry}
            for position, name in enumerate(names)
            for entry in by_class[name][:prototypes]
        ],
        "backgrounds": backgrounds,
    }


def items_digest(index: dict) -> str:
    """One SHA-256 over the images of an index, without their paths on this machine."""
    items = {key: index[key] for key in ("class_names", "objects", "backgrounds")}
    return hashlib.sha256(json.dumps(items, sort_keys=True).encode()).hexdigest()


def check_class_names(names: Iterable[str], where: str) -> list[str]:
    """Class names in one spelling and sorted; names that look equal are refused."""
    seen: dict[str, str] = {}
    for name in sorted(names):
        if not name.strip() or not name.isprintable() or name != name.strip():
            raise UserError(
                f"{where}: class name {name!r} has blanks or control characters; rename it"
            )
        folded = unicodedata.normalize("NFKC", name).casefold()
        if folded in seen:
            raise UserError(
                f"{where}: classes {seen[folded]!r} and {name!r} differ only in case or encoding; "
                "rename or merge them"
            )
        seen[folded] = name
    return sorted(map(one_spelling, seen.values()))


def check_relative(path: str, where: str) -> str:
    """The unchanged path inside a dataset; a path that leads out of it is refused."""
    parts = PurePosixPath(path).parts
    if len(path.splitlines()) > 1:
        raise UserError(f"{where}: path {path!r} has a line break; rename it")
    bad = not parts or path.startswith("/") or ".." in parts or "\\" in path or "\0" in path
    if bad or ":" in parts[0]:
        raise UserError(f"{where}: path {path!r} leads out of the dataset; correct it")
    return path


def _check_number(used, key, number, noun, where):
    if number == 0:
        raise UserError(f"{where}: no {noun} found; at least one is needed")
    if used[key] is not None and used[key] != number:
        raise UserError(
            f"{where}: {number} {noun} found, but base_images.{key} is {used[key]}; "
            f"set it to {number}"
        )
