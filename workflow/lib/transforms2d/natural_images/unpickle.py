"""A reader of pickles that makes arrays and plain values, and can call nothing else."""

import io
import pickle
from typing import ClassVar

import numpy as np

from transforms2d.errors import UserError

KINDS = "biufSU"  # truth values, numbers, texts
CLAIMED = "it makes an array of a size that it only claims"


class _Array:
    """Stands for the type of arrays, which a pickle may name and not call."""

    def __init__(self, *_):
        raise pickle.UnpicklingError(CLAIMED)


def _reconstruct(kind, shape, code):
    """An empty array; what it holds comes after, and cannot be more than the pickle has."""
    if kind is not _Array or shape != (0,):
        raise pickle.UnpicklingError(CLAIMED)
    return np.empty(0, dtype=np.uint8)


def _dtype(code, *flags):
    if not isinstance(code, str) or np.dtype(code).kind not in KINDS:
        raise pickle.UnpicklingError("it holds arrays of other things than numbers and texts")
    return np.dtype(code, False, True)  # a copy, which may be changed


ADMITTED = {
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _dtype,
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
}


class _Reader(pickle._Unpickler):
    """The reader written in Python: the one in C makes a table as long as a pickle claims."""

    dispatch: ClassVar = dict(pickle._Unpickler.dispatch)

    def find_class(self, module, name):
        try:
            return ADMITTED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}") from None

    def persistent_load(self, pid):
        raise pickle.UnpicklingError("it asks for something outside itself")

    def get_extension(self, code):
        raise pickle.UnpicklingError("it asks for something outside itself")

    def load_build(self):
        made, state = self.stack[-2:]
        usual = isinstance(made, np.ndarray) or (
            isinstance(made, np.dtype)
            and isinstance(state, tuple)
            and (state[0], *state[2:5]) == (3, None, None, None)
            and state[5:] in ((-1, -1, 0), (made.itemsize, made.alignment, made.flags))
        )
        if not usual:
            raise pickle.UnpicklingError("it changes what is no plain array")
        super().load_build()

    dispatch[pickle.BUILD[0]] = load_build


def loads(data: bytes, where: str):
    """Read one pickle of dicts, lists, texts, numbers and numpy arrays.

    Parameters
    ----------
    data : bytes
        Written by any version of Python; byte strings of Python 2 are read as Latin-1.
    where : str
        What the errors call it.

    Raises
    ------
    UserError
        If it names any other type or function (nothing is called), or is damaged.
    """
    try:
        return _Reader(io.BytesIO(data), encoding="latin1").load()
    except Exception as error:  # damaged pickles raise many types
        what = " ".join(str(error).split()) or type(error).__name__
        raise UserError(f"{where}: not a plain pickle of arrays ({what}); not read") from None
