"""Checks that the schema cannot express: combinations of keys, and values with a meaning."""

import math
from urllib.parse import urlsplit

from invariance.studies.checks import CKA_IMAGES, least_pairs
from transforms2d.errors import UserError, gather, quote
from transforms2d.web.addresses import ADVICE, holds_secret

DRAWINGS = 61  # of the procedural source; a copy, since its modules are slow to import
MOST_VALUES, DEEPEST = 100_000, 50  # values below a key, levels
LARGEST_BITS = 1000  # of a whole number
BASE_PARTS = ("foregrounds", "backgrounds")


def check_size(config: dict) -> None:
    """Refuse a configuration with far too many values; other messages would quote them all.

    Raises
    ------
    UserError
        One line with the key that has them.
    """
    left, waiting = MOST_VALUES, [(config, (), 0)]
    while waiting:
        value, path, depth = waiting.pop()
        left -= 1
        if left < 0 or depth > DEEPEST:
            key = ".".join(quote(part)[1:-1] for part in path)
            raise UserError(f"{key}: too many values or too many levels for settings; correct it")
        if isinstance(value, dict):
            waiting += ((one, (*path, str(key)), depth + 1) for key, one in value.items())
        elif isinstance(value, list):
            waiting += ((one, path, depth + 1) for one in value)


def check_plain(value, path: str = "") -> None:
    """Refuse values that the schema cannot: NaN, infinity, unprintable characters, secrets.

    Parameters
    ----------
    value
        The configuration, or a part of it.
    path : str
        The key of that part.

    Raises
    ------
    UserError
        For NaN, an infinity, a number with very many digits, a text with a line break or another
        unprintable character, or an address with a name, password or key.
    """
    if isinstance(value, int) and value.bit_length() > LARGEST_BITS:
        raise UserError(f"{path}: {quote(value)} is too large; write a smaller number")
    if isinstance(value, str) and holds_secret(value):
        raise UserError(f"{path}: an address with a name, password or key in it: {ADVICE}")
    if isinstance(value, float) and not math.isfinite(value):
        raise UserError(f"{path}: {value} is not a finite number; write a finite one")
    if isinstance(value, str) and not value.isprintable():
        raise UserError(f"{path}: {quote(value)} has unprintable characters; remove them")
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            check_plain(inner, f"{path}.{key}" if path else str(key))


def check_sources(config: dict) -> None:
    """Refuse more objects than there are drawings, and invalid addresses.

    Raises
    ------
    UserError
        One line: the key's path, what is wrong, the valid values.
    """
    gather(
        lambda: _check_drawings(config["base_images"]),
        *(
            lambda name=name: _check_address(name, config["natural_images"][name].get("base_url"))
            for name in config["natural_images"]
        ),
    )


def _check_drawings(base: dict) -> None:
    if base["source"] == "procedural" and base["objects"] > DRAWINGS:
        raise UserError(
            f"base_images.objects: {base['objects']} is more than the {DRAWINGS} drawings of "
            "source procedural"
        )


def _check_address(name: str, url: str | None) -> None:
    if url is not None and not _has_host(url):
        raise UserError(
            f"natural_images.{name}.base_url: {quote(url)} is not an address; write one such as "
            "https://example.org/folder"
        )


def _has_host(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool((parts.hostname or "").strip()) and parts.port != 0
    except ValueError:  # an unclosed bracket, a port that is not a number
        return False


def check_sensitivity(settings: dict) -> None:
    """Refuse fewer twins than linear CKA needs.

    Raises
    ------
    UserError
        One line: the key's path, what is wrong, the valid values.
    """
    for key in ("pairs", "batch_size"):
        if settings[key] < least_pairs(settings):
            raise UserError(
                f"sensitivity.{key}: {settings[key]} is less than the {CKA_IMAGES} that "
                "linear_cka needs; give more or leave it out of sensitivity.metrics"
            )
