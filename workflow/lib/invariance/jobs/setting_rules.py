"""Rules for the settings of a job: plain JSON values, each with a rule; no unknown keys."""

import difflib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from transforms2d.errors import UserError, quote

REQUIRED = object()


@dataclass(frozen=True)
class Rule:
    """A test for a value, its description, and a default if the value may be missing."""

    test: Callable[[Any], bool]
    expected: str
    default: Any = REQUIRED


def one_of(*choices) -> Rule:
    """Exactly one of ``choices``, of the same type, so that 1 does not count as True."""
    names = ", ".join(str(choice) for choice in choices)
    return Rule(lambda v: any(type(v) is type(c) and v == c for c in choices), f"one of {names}")


def whole(least: int) -> Rule:
    """A whole number of at least ``least``."""
    return Rule(lambda v: type(v) is int and v >= least, f"a whole number >= {least}")


def number(least: float) -> Rule:
    """A finite number of at least ``least``."""
    return Rule(
        lambda v: type(v) in (int, float) and math.isfinite(v) and v >= least,
        f"a finite number >= {least}",
    )


def positive() -> Rule:
    """A finite number above zero."""
    return Rule(
        lambda v: type(v) in (int, float) and math.isfinite(v) and v > 0, "a finite number > 0"
    )


def channels(*, above_zero: bool = False) -> Rule:
    """Three finite numbers, one per colour channel."""
    inner = positive() if above_zero else number(-math.inf)
    words = "three finite numbers" + (" > 0" if above_zero else "")
    return Rule(lambda v: isinstance(v, list) and len(v) == 3 and all(map(inner.test, v)), words)


def optional(rule: Rule) -> Rule:
    """``rule``, or null; a missing key means null."""
    return Rule(lambda v: v is None or rule.test(v), f"{rule.expected}, or null", default=None)


def check(settings: Mapping, rules: Mapping[str, Rule], where: str) -> dict:
    """The settings with their defaults, in the order of ``rules``.

    Raises
    ------
    UserError
        One line for the first unknown key, missing key, or value that breaks its rule.
    """
    for key in settings:
        if key not in rules:
            near = difflib.get_close_matches(str(key), rules, n=1)
            hint = f"did you mean {quote(near[0])}? " if near else ""
            raise UserError(f"{where}.{key}: unknown; {hint}known are {', '.join(rules)}")
    checked = {}
    for key, rule in rules.items():
        if key not in settings and rule.default is REQUIRED:
            raise UserError(f"{where}.{key}: missing; set it to {rule.expected}")
        value = settings.get(key, rule.default)
        value = list(value) if isinstance(value, tuple) else value
        if not rule.test(value):
            raise UserError(f"{where}.{key}: {quote(value)} is not {rule.expected}")
        checked[key] = value
    return checked
