"""Maps of bytes that are lines, clipped and cut, in whole numbers of 16 bits.

What rounding a line down gives on up to 256 whole numbers, from 0 to 255, is also
``(v * p + c) // q`` for some whole p and q of at most 255: a digital straight line. If a fraction
p / q serves, so does every one between it and the line's slope. So it is enough to try two, the
nearest to the slope from below and from above. A table that was made in float32 may stray from its
line by a hair; where no whole numbers give it, it is looked up, which takes longer.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

_BYTES = np.arange(256, dtype=np.int32)
_LARGEST = 255
_WIDE, _WIDEST = np.uint16, 65535
_FAR = np.int32(1 << 20)


class IntegerLine(NamedTuple):
    """What becomes of each byte v: ``(v * p + c) // q``, clipped to bytes.

    Attributes
    ----------
    p, q, c : int
        Of at most 255; c may be negative.
    clipped : bool
        Whether any byte comes out below 0 or above 255.
    exact : bool
        Whether that is the table.
    table : uint8 [256]
    """

    p: int
    q: int
    c: int
    clipped: bool
    exact: bool
    table: np.ndarray

    def apply_(self, values: np.ndarray) -> None:
        """Contiguous uint8 ``values`` of any shape, in place."""
        if not self.exact:
            values[:] = self.table[values]
            return
        wide = values.astype(_WIDE)
        np.multiply(wide, _WIDE(self.p), out=wide)
        if self.clipped:
            lowest, highest = max(-self.c, 0), (_LARGEST + 1) * self.q - 1 - self.c
            np.clip(wide, _WIDE(lowest), _WIDE(min(highest, _WIDEST)), out=wide)
        if self.c > 0:
            np.add(wide, _WIDE(self.c), out=wide)
        elif self.c < 0:
            np.subtract(wide, _WIDE(-self.c), out=wide)
        np.floor_divide(wide, _WIDE(self.q), out=wide)
        np.copyto(values, wide, casting="unsafe")


def integer_lines(tables: np.ndarray, slopes: np.ndarray) -> Iterator[IntegerLine]:
    """For each of ``tables`` uint8 [N, 256], made by lines of ``slopes`` float [N]."""
    p, q = _nearest_fractions(slopes.astype(np.float64).clip(0, _LARGEST))
    wanted = tables[:, None].astype(np.int32)
    lowest = wanted * q[..., None] - _BYTES * p[..., None]
    highest = lowest + (q[..., None] - 1)
    # Whatever lies beyond 0 or 255 is clipped
    lowest -= (wanted == 0) * _FAR
    highest += (wanted == _LARGEST) * _FAR
    lowest, highest = lowest.max(2), highest.min(2)
    rows, which = np.arange(len(p)), (lowest <= highest).argmax(1)
    p, q, lowest, highest = (each[rows, which] for each in (p, q, lowest, highest))
    c = np.clip(0, lowest, highest)
    clipped = (c < 0) | (_LARGEST * p + c > _LARGEST * q + q - 1)
    numbers = (each.tolist() for each in (p, q, c, clipped, lowest <= highest))
    return map(IntegerLine, *numbers, tables)


def _nearest_fractions(slopes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Numerators and denominators of at most 255 nearest below and above, int32 [N, 2]."""
    q = np.arange(1, _LARGEST + 1)
    exact = slopes[:, None] * q
    below, above = np.floor(exact), np.ceil(exact)
    below[below > _LARGEST] = -np.inf
    above[above > _LARGEST] = np.inf
    best = (below / q).argmax(1), (above / q).argmin(1)
    rows = np.arange(len(slopes))
    p = np.stack([below[rows, best[0]], above[rows, best[1]]], 1)
    return p.astype(np.int32), np.stack(best, 1).astype(np.int32) + 1
