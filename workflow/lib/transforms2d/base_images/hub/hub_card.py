"""The card of a dataset on the Hub: the files of each configuration, and the names of labels.

The card is ``README.md``. Its head is YAML with a ``configs`` block (file patterns) and sometimes
``dataset_info`` (types of the columns).
"""

import re
from fnmatch import fnmatchcase
from pathlib import Path

from transforms2d.base_images.index import check_relative
from transforms2d.errors import UserError
from transforms2d.image_files.beside import is_left_out
from transforms2d.spelling import one_spelling
from transforms2d.web.answers import line

SPLIT = "train"
HEAD = re.compile(r"\s*---(?:\r\n|\r|\n)(.*?)(?:\r\n|\r|\n)---[ \t]*(?:\r\n|\n|$)", re.DOTALL)
LARGEST_CARD = 1_000_000  # bytes; a card with the names of 1,000 classes has 0.1 MB
LARGEST_HEAD = 2_000_000  # characters and values, with expanded aliases
LONGEST_NUMBER = 100  # characters of a value that is not text; PyYAML is slow for long numbers
DEEPEST = 50
MOST_PATTERNS = 1_000


def read(path: Path) -> dict:
    """The head of a card as plain values.

    Raises
    ------
    UserError
        If there is no card, it is too large, or its head is not YAML.
    """
    if not path.is_file():
        raise UserError(f"{path}: the dataset has no card; its layout is unknown")
    with path.open("rb") as file:
        data = file.read(LARGEST_CARD + 1)
    if len(data) > LARGEST_CARD:
        raise UserError(f"{path}: a card has at most {LARGEST_CARD} bytes; use another repository")
    try:
        match = HEAD.match(data.decode("utf-8-sig"))
        head = _values(match[1]) if match else {}
    except Exception as error:  # the YAML reader raises many types
        fault = line(error) or type(error).__name__
        raise UserError(f"{path}: the card's head is not readable ({fault})") from None
    return head if isinstance(head, dict) else {}


def _values(text: str):
    """The values of a YAML text, with limits of depth and size."""
    import yaml

    class Loader(yaml.SafeLoader):
        depth = 0

        def compose_node(self, parent, index):
            self.depth += 1
            if self.depth > DEEPEST:  # PyYAML's own limit is higher and takes long to reach
                raise ValueError(f"nested more than {DEEPEST} deep")
            node = super().compose_node(parent, index)
            self.depth -= 1
            return node

    loader = Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return {}
        if _size(node, {}) > LARGEST_HEAD:
            raise ValueError(f"more than {LARGEST_HEAD} characters with expanded aliases")
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _size(node, sizes: dict) -> int:
    """Number of characters and values of a part of a YAML text, with expanded aliases."""
    if id(node) not in sizes:
        sizes[id(node)] = None  # until the count is finished
        if isinstance(node.value, str):
            if not node.tag.endswith(":str") and len(node.value) > LONGEST_NUMBER:
                raise ValueError(f"a value of {len(node.value)} characters that is not text")
            sizes[id(node)] = 1 + len(node.value)
        else:
            parts = [part for item in node.value for part in _parts(item)]
            sizes[id(node)] = 1 + sum(_size(part, sizes) for part in parts)
    if sizes[id(node)] is None:
        raise ValueError("an alias of itself")
    return sizes[id(node)]


def _parts(item) -> tuple:
    return item if isinstance(item, tuple) else (item,)  # of a mapping: key and value


def files_of(card: dict, config: str, files: list[str], where: str) -> list[str]:
    """The files of a configuration's ``train`` split, sorted.

    Parameters
    ----------
    card : dict
        From ``read``.
    config : str
        Name of the configuration.
    files : list of str
        All files of the dataset, as paths with ``/``.
    where : str
        The dataset's name in errors.

    Raises
    ------
    UserError
        If the card does not have the configuration, its patterns are not text, or no file matches
        them.
    """
    blocks = _dicts(card.get("configs"))
    names = [str(block.get("config_name")) for block in blocks]
    if config not in names:
        raise UserError(
            f"{where}: its card has no configuration {config!r} (it has: "
            f"{line(', '.join(names)) or 'none'}); use another repository or revision"
        )
    patterns = _patterns(blocks[names.index(config)], f"{where}, configuration {config}")
    candidates = [file for file in files if not _is_hidden(file)]
    matches = {file for pattern in patterns for file in candidates if _covers(pattern, file)}
    if not matches:
        text = line(", ".join(patterns))
        raise UserError(f"{where}, configuration {config}: no file matches {text}")
    return sorted(matches, key=one_spelling)


def label_names(card: dict, config: str) -> list[str] | None:
    """The class names of the numbers in the column ``label``, if the card has them.

    Raises
    ------
    UserError
        If the card does not number the names with whole numbers.
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
    """The blocks of a part of the card, which is one block or a list; other values are ignored."""
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
                f"{where}: the card's data_files have {line(repr(pattern))}, which is not a path; "
                "use another repository or revision"
            )
    if not patterns:
        raise UserError(f"{where}: no files for the split {SPLIT!r}")
    if len(patterns) > MOST_PATTERNS:
        raise UserError(f"{where}: more than {MOST_PATTERNS} file patterns; use a folder's name")
    patterns = [re.sub(r"^(\./)+", "", pattern) for pattern in patterns]
    for pattern in patterns:
        if any("**" in part and part != "**" for part in pattern.split("/")):
            raise UserError(f"{where}: the card's file pattern {pattern!r} is not understood")
    return [check_relative(f"{data_dir}/{p}" if data_dir else p, where) for p in patterns]


def _is_hidden(file: str) -> bool:
    return any(part.startswith("__") or is_left_out(part) for part in file.split("/"))


def _covers(pattern: str, file: str) -> bool:
    """Whether a pattern, or a folder it names, matches a file; ``**`` matches any folders.

    It works part by part: one regular expression for the whole path could take extremely long.
    """
    parts, pattern_parts = (
        one_spelling(file).split("/"),
        one_spelling(pattern).rstrip("/").split("/"),
    )
    reached = {0}  # possible numbers of matched parts of the path so far
    for position, part in enumerate(pattern_parts):
        if part == "**":
            least = min(reached) + (position == len(pattern_parts) - 1)  # at the end, a file
            reached = set(range(least, len(parts) + 1))
        else:
            reached = {n + 1 for n in reached if n < len(parts) and fnmatchcase(parts[n], part)}
        if not reached:
            return False
    return True
