"""Checks that several parts of the library make of what they are given."""

from numbers import Integral

from transforms2d.errors import UserError, quote

SMALLEST_SIDE = 8  # px; below, a blur kernel or an object has no room


def check_whole(key: str, value, least: int) -> None:
    """Refuse what is no whole number of at least ``least``; ``key`` names it in the error."""
    if not isinstance(value, Integral) or isinstance(value, bool) or value < least:
        raise UserError(f"{key}: {quote(value)} is not a whole number >= {least}")
