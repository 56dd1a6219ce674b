"""A reader of pickles that makes arrays and plain values, and can call nothing else."""

import io
import pickle

import numpy as np

from transforms2d.errors import UserError

_RECONSTRUCT = np.array([0], dtype=np.uint8).__reduce__()[0]
ADMITTED = {
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("numpy.core.multiarray", "_reconstruct"): _RECONSTRUCT,
    ("numpy._core.multiarray", "_reconstruct"): _RECONSTRUCT,
}


class _Reader(pickle.Unpickler):
    def find_class(self, module, name):
        try:
            return ADMITTED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}") from None

    def persistent_load(self, pid):
        raise pickle.UnpicklingError("it asks for something outside itself")


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
