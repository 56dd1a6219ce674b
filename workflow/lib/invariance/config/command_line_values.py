"""Types for nested values of ``--config``, which Snakemake passes on as text."""

from collections.abc import Mapping

from invariance.config.schema_check import read_schema

WORDS = {"true": True, "false": False, "null": None, "none": None, "~": None, "": None}


def read_texts(config: dict, options: Mapping, schema_path) -> None:
    """Replace texts in ``config`` by numbers, ``true``, ``false`` or null, in place.

    A text is replaced only if ``options`` has it too, and the schema does not allow text. Any other
    text stays, and the schema refuses it later.

    Parameters
    ----------
    config : dict
        The merged configuration.
    options : mapping
        The part of it from ``--config``.
    schema_path : path
        JSON schema of the configuration as YAML.
    """
    schema = read_schema(schema_path)
    _read_mapping(config, options, schema, schema)


def _read_mapping(config: dict, options: Mapping, schema: Mapping, root: Mapping) -> None:
    for key, value in options.items():
        inner = _resolved(schema.get("properties", {}).get(key, {}), root)
        merged = config.get(key)
        if isinstance(value, Mapping) and isinstance(merged, dict):
            _read_mapping(merged, value, inner, root)
        elif key in config:
            config[key] = _read(merged, inner, root)


def _read(value, schema: Mapping, root: Mapping):
    if isinstance(value, list):
        items = _resolved(schema.get("items", {}), root)
        return [_read(item, items, root) for item in value]
    if not isinstance(value, str) or _takes(value, schema, root):
        return value
    return number_or_word(value)


def _takes(text: str, schema: Mapping, root: Mapping) -> bool:
    """Whether the schema allows this value as text, or has no rule for it."""
    if "anyOf" in schema:
        return any(_takes(text, _resolved(one, root), root) for one in schema["anyOf"])
    if "enum" in schema:
        return text in schema["enum"]
    kinds = schema.get("type", "string")
    return "string" in ([kinds] if isinstance(kinds, str) else kinds)


def _resolved(schema: Mapping, root: Mapping) -> Mapping:
    if "$ref" not in schema:
        return schema
    name = schema["$ref"].rpartition("/")[2]
    return {**_resolved(root["$defs"][name], root), **schema}


def number_or_word(text: str):
    """A text as a whole number, a number, true, false or null; unchanged if it is none of them."""
    word = text.strip()
    if word.lower() in WORDS:
        return WORDS[word.lower()]
    for kind in (int, float):
        try:
            return kind(word)
        except ValueError:
            continue
    return text
