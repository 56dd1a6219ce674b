"""Errors that are meant to be read by a person: one line that says where, what and what to do."""

import reprlib
from collections.abc import Callable

LONGEST = 160  # letters of a value that is quoted
MOST = 20  # lines of one error
BETWEEN = "\nerror: "  # lines of one error


class UserError(ValueError):
    """Bad input from a person: a setting, a file, a folder. The message is one line."""


class DamagedFileError(UserError):
    """A file of ours whose content is not what was written."""


class _Short(reprlib.Repr):
    """Looks at a few values of a few levels, so that the largest value takes no time."""

    def __init__(self):
        super().__init__()
        self.maxlevel, self.maxlist, self.maxtuple, self.maxdict = 4, 8, 8, 6
        self.maxstring = self.maxlong = self.maxother = LONGEST

    def repr_int(self, value: int, level: int) -> str:
        # Python writes no number of more than 4300 digits.
        digits = int(value.bit_length() * 0.30103) + 1
        return repr(value) if digits <= LONGEST else f"a number of {digits} digits"


def quote(value) -> str:
    """A value as an error quotes it: as Python writes it, on one line, and never long."""
    text = _Short().repr(value)
    if len(text) > LONGEST:
        text = f"{text[: LONGEST - 20]}...{text[-17:]}"
    return text


def gather(*checks: Callable) -> None:
    """Call all checks, so that a person learns at once of all that is wrong.

    Raises
    ------
    UserError
        With what each of them raised, on a line of its own.
    """
    lines: dict[str, None] = {}  # in order, none twice
    for check in checks:
        try:
            check()
        except UserError as error:
            lines |= dict.fromkeys(str(error).split(BETWEEN))
    if lines:
        left = len(lines) - MOST
        more = [f"... and {left} more settings"] if left > 0 else []
        raise UserError(BETWEEN.join([*lines][:MOST] + more))
