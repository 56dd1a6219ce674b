"""What is said where a network cannot be compiled: a setting that needs more than Python."""

import subprocess
from contextlib import contextmanager

from transforms2d.errors import UserError

SHOWN = 160  # characters of what the compiler said


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
    from torch._dynamo.exc import TorchDynamoException

    # What it runs and what it writes fails under names of their own, and nothing else in a step
    # of training runs programs or writes files.
    return isinstance(error, TorchDynamoException | OSError | subprocess.SubprocessError) or (
        type(error).__module__.startswith(("torch._inductor", "torch._dynamo", "triton"))
    )


def _words(error: Exception) -> str:
    """The line that says most."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = next((line for line in lines if "error:" in line), (lines or [type(error).__name__])[0])
    return told if len(told) <= SHOWN else f"{told[:SHOWN]}..."
