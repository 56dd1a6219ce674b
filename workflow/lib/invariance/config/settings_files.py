"""A strict reader of settings files: it refuses values that Snakemake would silently drop."""

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
        One line with the file: it is missing, not a regular file, not UTF-8, neither YAML nor JSON,
        or empty; or a key is repeated or not text; or a value has an invalid type.
    """
    where = str(path) if str(path).isprintable() else quote(str(path))
    try:
        status = os.stat(path)  # noqa: PTH116 - no error for what a path cannot hold
    except FileNotFoundError:
        raise UserError(f"{where}: no such file; --configfile takes files of settings") from None
    except (OSError, ValueError) as error:
        fault = getattr(error, "strerror", None) or error
        raise UserError(f"{where}: cannot be read ({fault}); correct it") from None
    if not stat.S_ISREG(status.st_mode):
        fault = "a folder" if stat.S_ISDIR(status.st_mode) else "a pipe or device"
        raise UserError(
            f"{where}: {fault}, not a file; write the settings into a file and name that"
        )
    if status.st_size > LARGEST:
        raise UserError(
            f"{path}: {status.st_size:,} bytes are too many for settings; is this the right file?"
        )
    # One process reads a file twice: before Snakemake reads it, and when the workflow is parsed.
    return copy.deepcopy(_read(str(path), status.st_ino, status.st_mtime_ns, status.st_size))


def lay_over(config: dict, values: dict) -> None:
    """Merge settings into a configuration, mappings key by key, as Snakemake does."""
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
        raise UserError(f"{path}: contains no setting; leave the file out, or add a setting")
    if not isinstance(values, dict):
        raise UserError(f"{path}: must contain keys with values, as in config/config.yaml")
    if "__use_yte__" in values:
        raise UserError(f"{path}: __use_yte__ would run Python; write plain settings")
    return values


def _text(path: str) -> str:
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise UserError(f"cannot be read ({error.strerror}); correct its rights") from None
    if data.startswith(WIDE) or b"\0" in data:
        raise UserError("is UTF-16 or not text; save it as UTF-8")
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise UserError(f"line {line} is not UTF-8; save the file as UTF-8") from None


def parse(text: str):
    """Plain values of a text, which is JSON or else YAML.

    Raises
    ------
    UserError
        The fault and its line, without the text itself: it may contain a secret.
    """
    try:
        return json.loads(text, object_pairs_hook=_pairs)
    except UserError:
        raise
    except RecursionError:
        raise UserError("is nested too deeply; use fewer levels") from None
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
        raise UserError("is nested too deeply; use fewer levels") from None
    except yaml.YAMLError as error:
        raise UserError(f"not YAML: {_where(error)}; correct it") from None


def _where(error) -> str:
    mark = getattr(error, "problem_mark", None)
    fault = getattr(error, "problem", None) or getattr(error, "reason", None) or "not readable"
    if mark is None and hasattr(error, "character"):
        fault = f"character {error.character:#x} at position {error.position:,}: {fault}"
    if "'\\t'" in fault:
        fault += " (a tab; indent with spaces)"
    return f"line {mark.line + 1}: {fault}" if mark else fault
