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

_BYTES = np.arange(256)
_LARGEST = 255
_WIDE = np.uint16


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

    def apply(self, values: np.ndarray, out: np.ndarray) -> None:
        """From contiguous uint8 ``values`` of any shape to ``out``, which may be the same."""
        if not self.exact:
            out[:] = self.table[values]
            return
        wide = values.astype(_WIDE)
        np.multiply(wide, _WIDE(self.p), out=wide)
        if self.clipped:
            lowest = max(-self.c, 0)
            highest = min((_LARGEST + 1) * self.q - 1 - self.c, np.iinfo(_WIDE).max)
            np.clip(wide, _WIDE(lowest), _WIDE(highest), out=wide)
        if self.c:
            change = np.add if self.c > 0 else np.subtract
            change(wide, _WIDE(abs(self.c)), out=wide)
        np.floor_divide(wide, _WIDE(self.q), out=wide)
        np.copyto(out, wide, casting="unsafe")


def integer_lines(tables: np.ndarray, slopes: np.ndarray) -> Iterator[IntegerLine]:
    """For each of ``tables`` uint8 [N, 256], made by lines of ``slopes`` float [N]."""
    p, q = _nearest_fractions(slopes.astype(np.float64).clip(0, _LARGEST))
    wanted, steps = tables[:, None].astype(np.int32), (_BYTES * p[..., None]).astype(np.int32)
    lowest = wanted * q[..., None] - steps
    highest = lowest + q[..., None] - 1
    # Whatever lies beyond is clipped
    lowest = np.where(wanted == 0, -_LARGEST * _LARGEST, lowest).max(2)
    highest = np.where(wanted == _LARGEST, _LARGEST, highest).min(2)
    which = (lowest <= highest).argmax(1)[:, None]
    p, q, lowest, highest = (
        np.take_along_axis(each, which, 1)[:, 0] for each in (p, q, lowest, highest)
    )
    c = np.clip(0, lowest, highest)
    clipped = (c < 0) | (_LARGEST * p + c > _LARGEST * q + q - 1)
    for *numbers, table in zip(p, q, c, clipped, lowest <= highest, tables, strict=True):
        yield IntegerLine(*(number.item() for number in numbers), table)


def _nearest_fractions(slopes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Numerators and denominators of at most 255 nearest below and above, int64 [N, 2]."""
    q = np.arange(1, _LARGEST + 1)
    exact = slopes[:, None] * q
    below, above = np.floor(exact), np.ceil(exact)
    best = [
        np.where(below <= _LARGEST, below / q, -np.inf).argmax(1),
        np.where(above <= _LARGEST, above / q, np.inf).argmin(1),
    ]
    rows = np.arange(len(slopes))
    p = np.stack([below[rows, best[0]], above[rows, best[1]]], 1).astype(np.int64)
    return p, np.stack(best, 1) + 1
