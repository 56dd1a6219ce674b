"""Checks of a YAML tree of settings: unique keys, plain values, a limited size."""

import re
from typing import NoReturn

from transforms2d.errors import UserError, quote

PLAIN = {f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null")}
TEXT, INTEGER = "tag:yaml.org,2002:str", "tag:yaml.org,2002:int"
NUMBERS = (INTEGER, "tag:yaml.org,2002:float")
MERGE = "tag:yaml.org,2002:merge"
CONTAINERS = {"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}
DEEPEST = 50  # levels
MOST = 100_000  # values after aliases are expanded
DIGITS = 1000
# Misleading numbers: YAML reads 010 as 8, and 1:30 as 90.
MISLEADING = re.compile(r"[-+]?(0[0-9_]+|[0-9][0-9_]*(:[0-9.]+)+)")


def checked_tree(node) -> None:
    """Refuse nodes that would be lost or misread when the tree becomes plain values.

    Parameters
    ----------
    node : yaml.Node
        The root, composed and not yet constructed.

    Raises
    ------
    UserError
        One line: the place, the fault, what to do.
    """
    _size(node, [], [], {})


def refuse_twice(key: str, where: str = "") -> NoReturn:
    """Refuse a key that occurs twice in one mapping."""
    raise UserError(f"{where}{quote(key)[1:-1]} occurs twice; keep one")


def _size(node, path: list[str], above: list, sizes: dict[int, int]) -> int:
    """The number of values of a node. Each node is checked once, even with many aliases."""
    if any(node is parent for parent in above):
        raise UserError(f"{_at(node, path)}an alias of its own parent; write the values")
    if id(node) in sizes:
        return sizes[id(node)]
    if len(above) > DEEPEST:
        raise UserError(f"{_at(node, path[:1])}nested too deeply; use fewer levels")
    inner = _children(node, path)
    total = 1 + sum(_size(one, [*path, name], [*above, node], sizes) for name, one in inner)
    if total > MOST:
        raise UserError(
            f"{_at(node, path)}more than {MOST:,} values with expanded aliases; write fewer"
        )
    sizes[id(node)] = total
    return total


def _children(node, path: list[str]) -> list[tuple[str, object]]:
    """The child nodes of a node, each with its key or number."""
    _check_tag(node, path)
    if isinstance(node.value, str):
        return []
    if node.tag.endswith(":seq"):
        return [(str(number), one) for number, one in enumerate(node.value)]
    seen = set()
    for key, _ in node.value:
        if key.tag not in (TEXT, MERGE):
            name = quote(key.value) if isinstance(key.value, str) else "a list or mapping"
            raise UserError(f"{_at(key, path)}the key {name} is not text; put it in quotes")
        if (key.tag, key.value) in seen:
            refuse_twice(".".join([*path, key.value]), f"line {key.start_mark.line + 1}: ")
        seen.add((key.tag, key.value))
    return [(key.value, one) for key, one in node.value]


def _check_tag(node, path: list[str]) -> None:
    if node.tag not in PLAIN | CONTAINERS or (node.tag in PLAIN) != isinstance(node.value, str):
        kind = node.tag.removeprefix("tag:yaml.org,2002:")
        raise UserError(
            f"{_at(node, path)}a value of type {quote(kind)[1:-1]}; settings are texts, numbers, "
            "true, false, null, lists and mappings: put a text in quotes"
        )
    if node.tag == INTEGER and len(node.value) > DIGITS:
        raise UserError(
            f"{_at(node, path)}a number of {len(node.value)} digits; write a smaller number"
        )
    if node.tag in NUMBERS and MISLEADING.fullmatch(node.value):
        raise UserError(
            f"{_at(node, path)}YAML reads {quote(node.value)[1:-1]} as another number; "
            "write it without a leading 0 or colon, or put it in quotes as text"
        )


def _at(node, path: list[str]) -> str:
    where = ".".join(path)
    key = f"{quote(where)[1:-1]}: " if where else ""
    return f"line {node.start_mark.line + 1}: {key}"
