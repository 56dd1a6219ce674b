"""Checks of arguments, for several parts of the library."""

from numbers import Integral

from transforms2d.errors import UserError, quote

SMALLEST_SIDE = 8  # px; smaller images have no space for a blur kernel or an object


def check_whole(key: str, value, least: int) -> None:
    """Refuse a value that is not a whole number >= ``least``; ``key`` is its name in the error."""
    if not isinstance(value, Integral) or isinstance(value, bool) or value < least:
        raise UserError(f"{key}: {quote(value)} is not a whole number >= {least}")
