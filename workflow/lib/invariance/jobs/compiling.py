"""Compilation of networks, and one-line errors where ``torch.compile`` cannot work."""

import getpass
import os
import subprocess
from contextlib import contextmanager

from transforms2d.errors import UserError

SHOWN = 160  # characters of the compiler's message


def compiled(model):
    """The network under ``torch.compile``, which compiles it in its first call.

    Raises
    ------
    UserError
        As ``compile_failures``.
    """
    import torch

    try:
        getpass.getuser()
    except (KeyError, OSError):  # torch names its folder of compiled code after the user
        os.environ["LOGNAME"] = str(os.getuid())
    with compile_failures(True):
        return torch.compile(model, dynamic=False)


@contextmanager
def compile_failures(compiled: bool):
    """Context for the first call of a compiled network: turn a failed compilation into one line.

    Raises
    ------
    UserError
        If ``torch.compile`` fails for lack of a compiler, Python's headers or a writable folder
        for compiled code, with the message of the part that failed.
    """
    try:
        yield
    except Exception as error:
        if not compiled or isinstance(error, UserError) or not _is_compile_error(error):
            raise
        raise UserError(
            f"pretraining.compile: torch.compile fails here ({_words(error)}); jobs need a C++ "
            "compiler, Python's headers and a folder to write to (TORCHINDUCTOR_CACHE_DIR), "
            "or set it to false"
        ) from None


def _is_compile_error(error: Exception) -> bool:
    # In a training step only the compiler runs programs or writes files.
    if isinstance(error, OSError | subprocess.SubprocessError):
        return True
    from torch._dynamo.exc import TorchDynamoException

    return isinstance(error, TorchDynamoException) or (
        type(error).__module__.startswith(("torch._inductor", "torch._dynamo", "triton"))
    )


def _words(error: Exception) -> str:
    """The most informative line of a message."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    best = next((line for line in lines if "error:" in line), (lines or [type(error).__name__])[0])
    return best if len(best) <= SHOWN else f"{best[:SHOWN]}..."
