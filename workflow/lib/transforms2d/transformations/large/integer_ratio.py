"""Bytes times a factor, cut to whole numbers, without a float for each byte.

``floor(v * factor)`` for all v up to n is the same for a factor as for the largest fraction p / q
that is not above it and has q of at most n: any that they differ by would lie between them. So it
is ``v * p // q``. With n the first v that comes out as 255 or more, p is at most 255, too, and 16
bits hold the product. Products rounded to float32 may reach a whole number that exact ones miss by
a hair; whether that matters is looked at.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

_BYTES = np.arange(256, dtype=np.float32)
_BRIGHTEST = 256.0  # all factors from here on give 0 or 255
_WIDE = np.uint16


class IntegerRatio(NamedTuple):
    """What becomes of each byte.

    Attributes
    ----------
    numerator, denominator : uint16
    overflows : bool
        Whether some bytes come out above 255, and are clipped.
    exact : bool
        Whether the ratio gives the table.
    table : uint8 [256]
    """

    numerator: np.uint16
    denominator: np.uint16
    overflows: bool
    exact: bool
    table: np.ndarray

    def multiply_(self, values: np.ndarray) -> None:
        """Contiguous uint8 ``values`` of any shape, in place."""
        values = values.reshape(-1)
        if not self.exact:
            values[:] = self.table[values]
            return
        wide = values.astype(_WIDE)
        np.multiply(wide, self.numerator, out=wide)
        np.floor_divide(wide, self.denominator, out=wide)
        if self.overflows:
            # Numpy is fast at it with an array, not with a number
            np.minimum(wide, np.full(len(wide), 255, _WIDE), out=wide)
        np.copyto(values, wide, casting="unsafe")


def integer_ratios(factor: np.ndarray) -> Iterator[IntegerRatio]:
    """For each of ``factor`` float [N]: products in float32, clipped and without their fraction."""
    factor = factor.astype(np.float32).clip(0, _BRIGHTEST)[:, None]
    table = np.minimum(np.trunc(factor * _BYTES), 255)
    denominator = (table[:, 1:] / _BYTES[1:]).argmax(1)[:, None] + 1
    numerator = np.take_along_axis(table, denominator, 1).astype(_WIDE)
    quotients = _BYTES.astype(_WIDE) * numerator // denominator.astype(_WIDE)
    exact = (np.minimum(quotients, 255) == table).all(1)
    overflows = quotients[:, -1] > 255
    fractions = numerator[:, 0], denominator[:, 0].astype(_WIDE)
    return map(IntegerRatio, *fractions, overflows.tolist(), exact.tolist(), table.astype(np.uint8))
