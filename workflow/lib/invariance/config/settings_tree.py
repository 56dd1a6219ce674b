"""What a tree of YAML may hold to be settings: keys once each, plain values, no more than fit."""

import re
from typing import NoReturn

from transforms2d.errors import UserError, quote

PLAIN = {f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null")}
TEXT, INTEGER = "tag:yaml.org,2002:str", "tag:yaml.org,2002:int"
NUMBERS = (INTEGER, "tag:yaml.org,2002:float")
MERGE = "tag:yaml.org,2002:merge"
CONTAINERS = {"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}
DEEPEST = 50  # levels
MOST = 100_000  # values, once aliases are written out
DIGITS = 1000
# Numbers that YAML reads as others than they seem: 010 is 8, and 1:30 is 90.
OTHERWISE = re.compile(r"[-+]?(0[0-9_]+|[0-9][0-9_]*(:[0-9.]+)+)")


def checked_tree(node) -> None:
    """Refuse what would be lost or misread when the tree of nodes becomes plain values.

    Parameters
    ----------
    node : yaml.Node
        The root, composed and not yet constructed.

    Raises
    ------
    UserError
        One line: where it is, what is wrong, what to do.
    """
    _size(node, [], [], {})


def refuse_twice(key: str, where: str = "") -> NoReturn:
    """Refuse a key that stands in one mapping twice."""
    raise UserError(f"{where}{quote(key)[1:-1]} is there twice; keep one")


def _size(node, path: list[str], above: list, sizes: dict[int, int]) -> int:
    """How many values the node stands for; each node is looked at once, however many aliases."""
    if any(node is one for one in above):
        raise UserError(f"{_at(node, path)}an alias of what it is part of; write the values")
    if id(node) in sizes:
        return sizes[id(node)]
    if len(above) > DEEPEST:
        raise UserError(f"{_at(node, path[:1])}nested too deeply; write it flatter")
    inner = _children(node, path)
    total = 1 + sum(_size(one, [*path, name], [*above, node], sizes) for name, one in inner)
    if total > MOST:
        raise UserError(
            f"{_at(node, path)}more than {MOST:,} values once aliases are written out; write fewer"
        )
    sizes[id(node)] = total
    return total


def _children(node, path: list[str]) -> list[tuple[str, object]]:
    """The nodes within a node, each with its key or number."""
    _check_tag(node, path)
    if isinstance(node.value, str):
        return []
    if node.tag.endswith(":seq"):
        return [(str(number), one) for number, one in enumerate(node.value)]
    seen = set()
    for key, _ in node.value:
        if key.tag not in (TEXT, MERGE):
            what = quote(key.value) if isinstance(key.value, str) else "a list or mapping"
            raise UserError(f"{_at(key, path)}the key {what} is no text; put it in quotes")
        if (key.tag, key.value) in seen:
            refuse_twice(".".join([*path, key.value]), f"line {key.start_mark.line + 1}: ")
        seen.add((key.tag, key.value))
    return [(key.value, one) for key, one in node.value]


def _check_tag(node, path: list[str]) -> None:
    if node.tag not in PLAIN | CONTAINERS or (node.tag in PLAIN) != isinstance(node.value, str):
        kind = node.tag.removeprefix("tag:yaml.org,2002:")
        raise UserError(
            f"{_at(node, path)}a value of kind {quote(kind)[1:-1]}; settings are texts, numbers, "
            "true, false, null, lists and mappings: put a text in quotes"
        )
    if node.tag == INTEGER and len(node.value) > DIGITS:
        raise UserError(f"{_at(node, path)}a number of {len(node.value)} digits; write a smaller")
    if node.tag in NUMBERS and OTHERWISE.fullmatch(node.value):
        raise UserError(
            f"{_at(node, path)}YAML reads {quote(node.value)[1:-1]} as another number; "
            "write it without a leading 0 or colon, or a text in quotes"
        )


def _at(node, path: list[str]) -> str:
    where = ".".join(path)
    key = f"{quote(where)[1:-1]}: " if where else ""
    return f"line {node.start_mark.line + 1}: {key}"
