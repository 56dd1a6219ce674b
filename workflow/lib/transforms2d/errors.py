"""Errors for a person: one line with the place, the fault and what to do."""

import reprlib
from collections.abc import Callable

LONGEST = 160  # characters of a quoted value
MOST = 20  # lines of one error
BETWEEN = "\nerror: "  # separates the lines of one error


class UserError(ValueError):
    """Bad input from a person: a setting, a file, a folder. The message is one line."""


class DamagedFileError(UserError):
    """A file of this project whose content was changed or truncated."""


class _Short(reprlib.Repr):
    """Prints only a few values of a few levels, so that large values take no time."""

    def __init__(self):
        super().__init__()
        self.maxlevel, self.maxlist, self.maxtuple, self.maxdict = 4, 8, 8, 6
        self.maxstring = self.maxlong = self.maxother = LONGEST

    def repr_int(self, value: int, level: int) -> str:
        # Python refuses to print numbers with more than 4300 digits.
        digits = int(value.bit_length() * 0.30103) + 1
        return repr(value) if digits <= LONGEST else f"a number of {digits} digits"


def quote(value) -> str:
    """A value as text in an error: Python's notation, on one line, shortened."""
    text = _Short().repr(value)
    if len(text) > LONGEST:
        text = f"{text[: LONGEST - 20]}...{text[-17:]}"
    return text


def gather(*checks: Callable) -> None:
    """Call all checks, so that one error reports all mistakes.

    Raises
    ------
    UserError
        With the errors of all checks, one line each.
    """
    lines: dict[str, None] = {}  # in order, without repetition
    for check in checks:
        try:
            check()
        except UserError as error:
            lines |= dict.fromkeys(str(error).split(BETWEEN))
    if lines:
        left = len(lines) - MOST
        more = [f"... and {left} more settings"] if left > 0 else []
        raise UserError(BETWEEN.join([*lines][:MOST] + more))
