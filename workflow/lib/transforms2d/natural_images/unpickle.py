"""A reader of pickles that makes only arrays and plain values, and cannot call any code."""

import io
import pickle
from typing import ClassVar

import numpy as np

from transforms2d.errors import UserError

KINDS = "biufSU"  # truth values, numbers, texts
CLAIMED = "it makes an array of a claimed size without its content"


class _Array:
    """A replacement for the array type, which a pickle may name but not call."""

    def __init__(self, *_):
        raise pickle.UnpicklingError(CLAIMED)


def _reconstruct(kind, shape, code):
    """An empty array; its content follows, and cannot be larger than the pickle."""
    if kind is not _Array or shape != (0,):
        raise pickle.UnpicklingError(CLAIMED)
    return np.empty(0, dtype=np.uint8)


def _dtype(code, *flags):
    if not isinstance(code, str) or np.dtype(code).kind not in KINDS:
        raise pickle.UnpicklingError("it has arrays of types other than numbers and texts")
    return np.dtype(code, False, True)  # a copy, which can be changed safely


ALLOWED = {
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _dtype,
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
}


class _Reader(pickle._Unpickler):
    """The reader in Python; the C reader allocates a table of any size that a pickle claims."""

    dispatch: ClassVar = dict(pickle._Unpickler.dispatch)

    def find_class(self, module, name):
        try:
            return ALLOWED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}") from None

    def persistent_load(self, pid):
        raise pickle.UnpicklingError("it asks for something outside itself")

    def get_extension(self, code):
        raise pickle.UnpicklingError("it asks for something outside itself")

    def load_build(self):
        instance, state = self.stack[-2:]
        is_plain = isinstance(instance, np.ndarray) or (
            isinstance(instance, np.dtype)
            and isinstance(state, tuple)
            and (state[0], *state[2:5]) == (3, None, None, None)
            and state[5:] in ((-1, -1, 0), (instance.itemsize, instance.alignment, instance.flags))
        )
        if not is_plain:
            raise pickle.UnpicklingError("it changes an object that is not a plain array")
        super().load_build()

    dispatch[pickle.BUILD[0]] = load_build


def loads(data: bytes, where: str):
    """Read one pickle of dicts, lists, texts, numbers and numpy arrays.

    Parameters
    ----------
    data : bytes
        Written by any version of Python; byte strings of Python 2 are read as Latin-1.
    where : str
        The pickle's name in errors.

    Raises
    ------
    UserError
        If it names any other type or function (nothing is called), or is damaged.
    """
    try:
        return _Reader(io.BytesIO(data), encoding="latin1").load()
    except Exception as error:  # damaged pickles raise many types
        fault = " ".join(str(error).split()) or type(error).__name__
        raise UserError(f"{where}: not a plain pickle of arrays ({fault}); not read") from None
