"""What the card of a data set on the Hub says: which files a configuration has, what labels mean.

The card is ``README.md``; its head is YAML with a ``configs`` block (file patterns) and at times
``dataset_info`` (types of the columns).
"""

import re
from pathlib import Path

from transforms2d.base_images.beside import is_left_out
from transforms2d.base_images.index import check_relative
from transforms2d.errors import UserError
from transforms2d.spelling import one_spelling

SPLIT = "train"


def read(path: Path) -> dict:
    """The head of a card as plain values.

    Raises
    ------
    UserError
        If there is no card, or its head is no YAML.
    """
    from huggingface_hub import metadata_load

    if not path.is_file():
        raise UserError(f"{path}: the data set has no card; its layout cannot be told")
    try:
        head = metadata_load(path)
    except Exception as error:  # the YAML reader and the client each have errors of their own
        what = " ".join(str(error).split())
        raise UserError(f"{path}: the card's head is not readable ({what})") from None
    return head if isinstance(head, dict) else {}


def files_of(card: dict, config: str, files: list[str], where: str) -> list[str]:
    """The files of a configuration's ``train`` split, sorted.

    Parameters
    ----------
    card : dict
        From ``read``.
    config : str
        Name of the configuration.
    files : list of str
        All files of the data set, as paths with ``/``.
    where : str
        What the errors call the data set.

    Raises
    ------
    UserError
        If the card does not name the configuration, its patterns are no texts, or no file matches
        them.
    """
    blocks = _dicts(card.get("configs"))
    names = [str(block.get("config_name")) for block in blocks]
    if config not in names:
        raise UserError(
            f"{where}: its card has no configuration {config!r} (it has: "
            f"{', '.join(names) or 'none'}); use another repository or revision"
        )
    patterns = _patterns(blocks[names.index(config)], f"{where}, configuration {config}")
    candidates = [file for file in files if not _is_hidden(file)]
    found = {file for pattern in patterns for file in candidates if _matches(file, pattern, where)}
    if not found:
        raise UserError(f"{where}, configuration {config}: no file matches {', '.join(patterns)}")
    return sorted(found, key=one_spelling)


def label_names(card: dict, config: str) -> list[str] | None:
    """The class names that numbers in the column ``label`` stand for, if the card says so.

    Raises
    ------
    UserError
        If the card numbers the names by something else than whole numbers.
    """
    for info in _dicts(card.get("dataset_info")):
        if info.get("config_name", config) != config:
            continue
        for feature in _dicts(info.get("features")):
            kind = feature.get("dtype") if feature.get("name") == "label" else None
            label = kind.get("class_label") if isinstance(kind, dict) else None
            names = label.get("names") if isinstance(label, dict) else None
            if isinstance(names, dict):
                if not all(str(key).isdecimal() and len(str(key)) < 10 for key in names):
                    raise UserError(
                        f"configuration {config}: the card's class names are not numbered by "
                        "whole numbers; use another repository or revision"
                    )
                return [str(names[key]) for key in sorted(names, key=int)]
            if isinstance(names, list):
                return [str(name) for name in names]
    return None


def _dicts(value) -> list[dict]:
    """The blocks of a part of the card, be it one or a list; what is no block says nothing."""
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]


def _patterns(block: dict, where: str) -> list[str]:
    data_dir = str(block.get("data_dir") or "").strip("/")
    data_files = block.get("data_files") or "**"
    if isinstance(data_files, dict):
        data_files = [{"split": split, "path": path} for split, path in data_files.items()]
    if isinstance(data_files, str):
        data_files = [data_files]
    patterns = []
    for entry in data_files if isinstance(data_files, list) else [data_files]:
        if isinstance(entry, dict):
            paths = entry.get("path", []) if entry.get("split", SPLIT) == SPLIT else []
            patterns += paths if isinstance(paths, list) else [paths]
        else:
            patterns.append(entry)
    for pattern in patterns:
        if not isinstance(pattern, str):
            raise UserError(
                f"{where}: the card's data_files name {pattern!r}, which is no path; "
                "use another repository or revision"
            )
    if not patterns:
        raise UserError(f"{where}: no files for the split {SPLIT!r}")
    patterns = [re.sub(r"^(\./)+", "", pattern) for pattern in patterns]
    return [check_relative(f"{data_dir}/{p}" if data_dir else p, where) for p in patterns]


def _is_hidden(file: str) -> bool:
    return any(part.startswith("__") or is_left_out(part) for part in file.split("/"))


def _matches(file: str, pattern: str, where: str) -> bool:
    """Whether a pattern, or a folder it names, covers a file."""
    from fsspec.utils import glob_translate

    try:
        pattern = one_spelling(pattern)
        shapes = [glob_translate(p) for p in (pattern, f"{pattern.rstrip('/')}/**")]
        return any(re.match(shape, one_spelling(file)) for shape in shapes)
    except (ValueError, re.error):
        raise UserError(f"{where}: the card's file pattern {pattern!r} is not understood") from None
