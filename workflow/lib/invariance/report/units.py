"""Times and amounts of memory in suitable units, with few digits."""


def time(hours: float) -> str:
    """A time such as ``0.4 s``, ``36 s``, ``4.5 min``, ``12 h`` or ``1,240 h``; ``-`` for 0."""
    if hours == 0:
        return "-"
    for unit, amount in (("s", hours * 3600), ("min", hours * 60)):
        if round(amount) < 60:
            return f"{_digits(amount)} {unit}"
    return f"{_digits(hours)} h"


def memory(mebibytes: float) -> str:
    """An amount such as ``976 MiB``, ``7.2 GiB`` or ``38 GiB``; ``-`` for 0."""
    if mebibytes == 0:
        return "-"
    if round(mebibytes) < 1024:
        return f"{_digits(mebibytes)} MiB"
    return f"{_digits(mebibytes / 1024)} GiB"


def _digits(amount: float) -> str:
    return f"{amount:,.0f}" if amount >= 9.95 else f"{amount:.1f}"
