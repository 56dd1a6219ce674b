"""Files of settings, read as Snakemake reads them, but strictly: what it would drop is refused."""

import copy
import json
import os
import stat
from collections import Counter
from functools import lru_cache
from pathlib import Path

from invariance.config.settings_tree import checked_tree, refuse_twice
from transforms2d.errors import UserError, quote

CONFIG = "config/config.yaml"
LARGEST = 1_000_000  # bytes
WIDE = (b"\xff\xfe", b"\xfe\xff")  # how UTF-16 and UTF-32 begin


def read(path) -> dict:
    """The settings of a YAML or JSON file.

    Raises
    ------
    UserError
        One line with the file: it is missing, no regular file, not UTF-8, neither YAML nor JSON,
        or empty; a key stands there twice, is no text, or a value is none that settings have.
    """
    where = str(path) if str(path).isprintable() else quote(str(path))
    try:
        found = os.stat(path)  # noqa: PTH116 - no error for what a path cannot hold
    except FileNotFoundError:
        raise UserError(f"{where}: no such file; --configfile takes files of settings") from None
    except (OSError, ValueError) as error:
        what = getattr(error, "strerror", None) or error
        raise UserError(f"{where}: cannot be read ({what}); correct it") from None
    if not stat.S_ISREG(found.st_mode):
        what = "a folder" if stat.S_ISDIR(found.st_mode) else "a pipe or device"
        raise UserError(
            f"{where}: {what}, not a file; write the settings into a file and name that"
        )
    if found.st_size > LARGEST:
        raise UserError(
            f"{path}: {found.st_size:,} bytes are too many for settings; is it the one?"
        )
    # The same process looks at a file before Snakemake reads it and when the workflow is parsed.
    return copy.deepcopy(_read(str(path), found.st_ino, found.st_mtime_ns, found.st_size))


def lay_over(config: dict, values: dict) -> None:
    """Put settings over those of a configuration, mappings key by key, as Snakemake does."""
    for key, value in values.items():
        if isinstance(value, dict) and isinstance(config.get(key), dict):
            lay_over(config[key], value)
        else:
            config[key] = value


@lru_cache(maxsize=32)
def _read(path: str, *_) -> dict:
    try:
        values = parse(_text(path))
    except UserError as error:
        raise UserError(f"{path}: {error}") from None
    if values is None:
        raise UserError(f"{path}: holds no setting; leave the file out, or write one into it")
    if not isinstance(values, dict):
        raise UserError(f"{path}: must be settings by their keys, as in config/config.yaml")
    if "__use_yte__" in values:
        raise UserError(f"{path}: __use_yte__ would run Python; write plain settings")
    return values


def _text(path: str) -> str:
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise UserError(f"cannot be read ({error.strerror}); correct its rights") from None
    if data.startswith(WIDE) or b"\0" in data:
        raise UserError("is UTF-16 or no text at all; save it as UTF-8")
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise UserError(f"line {line} is not UTF-8; save the file as UTF-8") from None


def parse(text: str):
    """Plain values of a text, as JSON if it is that, else as YAML.

    Raises
    ------
    UserError
        What is wrong and in which line, without the text itself: it may hold a secret.
    """
    try:
        return json.loads(text, object_pairs_hook=_pairs)
    except UserError:
        raise
    except RecursionError:
        raise UserError("is nested too deeply; write it flatter") from None
    except ValueError:
        return _yaml(text)


def _pairs(pairs: list) -> dict:
    for key, times in Counter(key for key, _ in pairs).items():
        if times > 1:
            refuse_twice(key)
    return dict(pairs)


def _yaml(text: str):
    import yaml

    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        if node is None:
            return None
        checked_tree(node)
        return loader.construct_document(node)
    except RecursionError:
        raise UserError("is nested too deeply; write it flatter") from None
    except yaml.YAMLError as error:
        raise UserError(f"not YAML: {_where(error)}; correct it") from None


def _where(error) -> str:
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or getattr(error, "reason", None) or "not readable"
    if mark is None and hasattr(error, "character"):
        what = f"character {error.character:#x} at position {error.position:,}: {what}"
    if "'\\t'" in what:
        what += " (a tab; indent by spaces)"
    return f"line {mark.line + 1}: {what}" if mark else what
