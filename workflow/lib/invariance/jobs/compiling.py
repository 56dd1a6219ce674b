"""What is said where a network cannot be compiled: a setting that needs more than Python."""

import getpass
import os
import subprocess
from contextlib import contextmanager

from transforms2d.errors import UserError

SHOWN = 160  # characters of what the compiler said


def compiled(model):
    """The network as ``torch.compile`` makes it: when it is first called, or fails to.

    Raises
    ------
    UserError
        As ``failures_told``.
    """
    import torch

    try:
        getpass.getuser()
    except (KeyError, OSError):  # no name, after which the folder of what was compiled is called
        os.environ["LOGNAME"] = str(os.getuid())
    with failures_told(True):
        return torch.compile(model, dynamic=False)


@contextmanager
def failures_told(compiled: bool):
    """Within this context a compiled network, called for the first time, may turn out not to be.

    Raises
    ------
    UserError
        Where the compiler, Python's headers or the folder of what was compiled are not as
        ``torch.compile`` needs them, in the words of what failed.
    """
    try:
        yield
    except Exception as error:
        if not compiled or isinstance(error, UserError) or not _of_compiling(error):
            raise
        raise UserError(
            f"pretraining.compile: torch.compile fails here ({_words(error)}); jobs need a C++ "
            "compiler, Python's headers and a folder to write to (TORCHINDUCTOR_CACHE_DIR), "
            "or set it to false"
        ) from None


def _of_compiling(error: Exception) -> bool:
    # Nothing else in a step of training runs programs or writes files.
    if isinstance(error, OSError | subprocess.SubprocessError):
        return True
    from torch._dynamo.exc import TorchDynamoException

    return isinstance(error, TorchDynamoException) or (
        type(error).__module__.startswith(("torch._inductor", "torch._dynamo", "triton"))
    )


def _words(error: Exception) -> str:
    """The line that says most."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = next((line for line in lines if "error:" in line), (lines or [type(error).__name__])[0])
    return told if len(told) <= SHOWN else f"{told[:SHOWN]}..."
