"""Bytes times a factor, truncated to integers, without a float per byte.

Let p / q be the largest fraction with q <= n that is not above the factor. For all v up to n,
``floor(v * factor)`` equals ``v * p // q``: if they differed, a larger such fraction would exist.
With n the first v whose result is 255 or more, p is at most 255 as well, and 16 bits hold the
product. A product rounded to float32 may reach an integer that the exact product just misses;
``exact`` is false if this changes the result.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

_BYTES = np.arange(256, dtype=np.float32)
_BRIGHTEST = 256.0  # factors from this one on give only 0 or 255
_WIDE = np.uint16


class IntegerRatio(NamedTuple):
    """The result for each byte.

    Attributes
    ----------
    numerator, denominator : uint16
    overflows : bool
        Whether some results exceed 255 and are clipped.
    exact : bool
        Whether the ratio reproduces the table.
    table : uint8 [256]
    """

    numerator: np.uint16
    denominator: np.uint16
    overflows: bool
    exact: bool
    table: np.ndarray

    def multiply_(self, values: np.ndarray, wide: np.ndarray, largest: np.ndarray) -> None:
        """Multiply uint8 ``values`` [K, P] in place.

        ``wide``, uint16 [K, P], is overwritten; ``largest``, uint16 [P], is 255 everywhere: numpy
        is slow with a scalar there.
        """
        if not self.exact:
            values[:] = self.table[values]
            return
        np.copyto(wide, values)
        np.multiply(wide, self.numerator, out=wide)
        np.floor_divide(wide, self.denominator, out=wide)
        if self.overflows:
            np.minimum(wide, largest, out=wide)
        np.copyto(values, wide, casting="unsafe")


def integer_ratios(factor: np.ndarray) -> Iterator[IntegerRatio]:
    """One per ``factor``, float [N]: for products in float32, clipped and truncated."""
    factor = factor.astype(np.float32).clip(0, _BRIGHTEST)[:, None]
    table = np.minimum(np.trunc(factor * _BYTES), 255)
    denominator = (table[:, 1:] / _BYTES[1:]).argmax(1)[:, None] + 1
    numerator = np.take_along_axis(table, denominator, 1).astype(_WIDE)
    quotients = _BYTES.astype(_WIDE) * numerator // denominator.astype(_WIDE)
    exact = (np.minimum(quotients, 255) == table).all(1)
    overflows = quotients[:, -1] > 255
    fractions = numerator[:, 0], denominator[:, 0].astype(_WIDE)
    return map(IntegerRatio, *fractions, overflows.tolist(), exact.tolist(), table.astype(np.uint8))
