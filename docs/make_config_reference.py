"""The page that explains every key of the configuration, from its schema and its defaults.

``python docs/make_config_reference.py SCHEMA DEFAULTS OUT`` writes it (``make docs``).
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from invariance.config.schema_check import read_schema
from transforms2d.errors import UserError
from transforms2d.files.atomic import atomic_path

HEAD = """# Configuration

`{defaults}` holds every key with its default: the whole paper. To change some,
write a file with those keys alone and lay it over the defaults; later files win:

```sh
snakemake --cores 2 --configfile config/demo.yaml mine.yaml
```

All files stand after one `--configfile`: Snakemake would keep the last of several, so a second
one is refused. A single value can be given on the command line, numbers within it too:

```sh
snakemake --cores 2 --configfile config/demo.yaml --config "pretraining={{learning_rate: 0.002}}"
```

A key that is unknown, missing, there twice or out of range ends the run before any job starts, and
so do numbers that do not fit together; all that is wrong with what was asked for is named at once,
a line each. A key that is *not set* may be left out. Keys that take the same settings share a
table.

**Results made with other settings.** A run with changed settings makes again, in the same folder,
what depends on them; going back makes it again once more. To keep both, give each its own
`results:`, such as `--config results=results/wide`. A run whose settings differ from the
`config.yaml` beside the results says so in a line before it starts.

**Code and secrets.** A file of settings runs no code: `__use_yte__: true`, with which Snakemake
would run Python from it, is refused. In a *profile* Snakemake does run it: look at a profile that
somebody gave you before you use it. Settings are copied into results, so an address with a name,
password, key or token in it is refused. Write the login of a mirror into `~/.netrc`, readable for
you alone (`chmod 600 ~/.netrc`), as `machine mirror.example.org login me password mine`, and the
address without it into the settings.

Made from `{schema}` and `{defaults}` by `make docs`.
"""
LONGEST = 8  # values of a list that are shown
BOUNDS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
ABSENT = object()


def reference(schema: Mapping, defaults: Mapping, schema_name: str, defaults_name: str) -> str:
    """The page as Markdown: one section for each group of keys, one row for each key.

    Parameters
    ----------
    schema : mapping
        JSON schema (draft 2020-12) of an object; ``$ref`` may point into its own ``$defs``.
    defaults : mapping
        The values of the keys; a key it lacks is shown as not set.
    schema_name, defaults_name : str
        The two files, as the page calls them.

    Raises
    ------
    UserError
        For a part of the schema that the page has no words for.
    """
    head = HEAD.format(schema=schema_name, defaults=defaults_name)
    return "\n".join([head, *_sections(schema, schema, "", {"default": defaults})])


def _sections(node: Mapping, root: Mapping, path: str, values: Mapping) -> Iterator[str]:
    """A section for the keys of ``node``, then those of the objects in it.

    ``values`` has a value of the whole object for each column of defaults.
    """
    children = {key: _resolve(child, root) for key, child in _children(node).items()}
    plain = {key: child for key, child in children.items() if not _children(child)}
    if path:
        yield f"## `{path}`\n"
        yield f"{_prose(node['description'])}.\n" if "description" in node else ""
    if plain:
        yield "\n".join(_table(plain, root, values))
        yield ""
    yield from (f"{line}\n" for line in _conditions(node))
    for keys in _alike(node, children):
        name = keys[0] if len(keys) == 1 else "{" + ", ".join(keys) + "}"
        inner = {
            key if len(keys) > 1 else column: _get(value, key)
            for key in keys
            for column, value in values.items()
        }
        yield from _sections(children[keys[0]], root, f"{path}.{name}" if path else name, inner)


def _alike(node: Mapping, children: Mapping) -> list[list[str]]:
    """Keys of ``node`` that hold objects; those described by one definition stand together."""
    groups: dict[str, list[str]] = {}
    for key, child in children.items():
        if _children(child):
            written = _children(node)[key]
            shared = written["$ref"] if set(written) == {"$ref"} else key
            groups.setdefault(shared, []).append(key)
    return list(groups.values())


def _table(keys: Mapping, root: Mapping, values: Mapping) -> Iterator[str]:
    yield f"| key | value | {' | '.join(values)} | meaning |"
    yield "|---" * (3 + len(values)) + "|"
    for key, child in keys.items():
        shown = " | ".join(_shown(_get(value, key)) for value in values.values())
        meaning = _prose(child.get("description", ""))
        yield f"| `{key}` | {_kind(child, root)} | {shown} | {meaning} |"


def _conditions(node: Mapping) -> Iterator[str]:
    """Keys that must be set when another has a certain value."""
    for rule in node.get("allOf", []):
        try:
            needed = ", ".join(f"`{key}`" for key in rule["then"]["required"])
            asked = {key: value["const"] for key, value in rule["if"]["properties"].items()}
        except KeyError:
            raise _wordless(rule) from None
        when = ", ".join(f"`{key}: {value}`" for key, value in asked.items())
        yield f"With {when}: set {needed}."


def _kind(node: Mapping, root: Mapping) -> str:
    """What values a key takes, in words."""
    node = _resolve(node, root)
    if "const" in node:
        return f"`{_plain(node['const'])}`"
    if "enum" in node:
        return ", ".join(f"`{_plain(value)}`" for value in node["enum"])
    for either in ("anyOf", "oneOf"):
        if either in node:
            return " or ".join(_kind(part, root) for part in node[either])
    types = node["type"] if isinstance(node.get("type"), list) else [node.get("type")]
    return " or ".join(_one_kind(kind, node, root) for kind in types)


def _one_kind(kind: str | None, node: Mapping, root: Mapping) -> str:
    if kind == "array":
        count = _count(node.get("minItems", 0), node.get("maxItems"))
        return f"list of {count}({_kind(node['items'], root)})"
    if kind in ("integer", "number"):
        bounds = [f"{sign} {node[key]}" for key, sign in BOUNDS.items() if key in node]
        return " ".join([kind, ", ".join(bounds)]).rstrip()
    if kind == "string":
        return f"text like `{_escaped(node['pattern'])}`" if "pattern" in node else "text"
    if kind == "boolean":
        return "`true`, `false`"
    if kind == "null":
        return "`null`"
    raise _wordless(node)


def _wordless(node: Mapping) -> UserError:
    return UserError(
        f"schema: no words for {dict(node)}; teach them to docs/make_config_reference.py"
    )


def _count(least: int, most: int | None) -> str:
    if most is None:
        return f"at least {least} " if least else ""
    return f"{least} " if least == most else f"{least} to {most} "


def _children(node: Mapping) -> Mapping:
    """What an object's keys hold; ``<name>`` stands for keys that a person names."""
    more = node.get("additionalProperties")
    named = {"<name>": more} if isinstance(more, Mapping) else {}
    return {**node.get("properties", {}), **named}


def _resolve(node: Mapping, root: Mapping) -> Mapping:
    """``node`` with what its ``$ref`` points to; its own keys win."""
    while "$ref" in node:
        target = root
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = {**target, **{key: value for key, value in node.items() if key != "$ref"}}
    return node


def _get(value, key: str):
    return value.get(key, ABSENT) if isinstance(value, Mapping) else ABSENT


def _shown(value) -> str:
    if value is ABSENT:
        return "not set"
    if isinstance(value, list) and len(value) > LONGEST:
        return f"{len(value)} values"
    return f"`{_plain(value)}`"


def _plain(value) -> str:
    text = yaml.safe_dump(value, default_flow_style=True, width=10_000)
    return _escaped(text.removesuffix("...\n").strip())


def _prose(text: str) -> str:
    """A description, of which Markdown would take some characters for markup."""
    return _escaped(text).replace("<", "\\<").replace("*", "\\*")


def _escaped(text: str) -> str:
    """Text in a table's cell, where a bar would end it."""
    return text.replace("|", "\\|")


def write(schema_path, defaults_path, out) -> None:
    """Write the page to ``out``, atomically."""
    defaults = yaml.safe_load(Path(defaults_path).read_text(encoding="utf-8"))
    text = reference(read_schema(schema_path), defaults, str(schema_path), str(defaults_path))
    with atomic_path(out) as temporary:
        temporary.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(*sys.argv[1:])
