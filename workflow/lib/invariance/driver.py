"""The driver of CUDA cards, looked at without torch, whose import takes seconds."""

import ctypes
import os

from transforms2d.errors import UserError

# What cuInit answers where the driver is there and no card is, or none may be seen.
NO_CARD = 100


def require_driver(device: str) -> None:
    """Return where a job may find the card that it needs, or needs none.

    Parameters
    ----------
    device : str
        ``auto``, ``cpu`` or ``cuda``. ``auto`` needs a card only in a job that Slurm lent one.

    Raises
    ------
    UserError
        If the driver cannot be loaded or shows no card. Whether torch can use the card that it
        shows is seen later, by ``invariance.device.resolve``.
    """
    if device != "cuda" and not (device == "auto" and lent_by_slurm()):
        return
    try:
        answer = ctypes.CDLL("libcuda.so.1").cuInit(0)
    except OSError:
        found = "there is no driver of NVIDIA's here (libcuda.so.1 cannot be loaded)"
    else:
        if answer == 0:
            return
        found = "the driver shows no card" if answer == NO_CARD else f"the driver fails ({answer})"
    raise UserError(
        f"device: {why_cuda()} but {found}; see what nvidia-smi says on this machine, "
        "run the job on a node with a GPU, or set device: cpu"
    )


def why_cuda() -> str:
    """Why a job that is not told ``cpu`` is expected to find a card."""
    lent = lent_by_slurm()
    return f"Slurm lent this job GPU {lent}" if lent else "'cuda' was asked for"


def lent_by_slurm() -> str | None:
    """The GPU that Slurm gave to the job this process belongs to, by its number or name."""
    given = ("SLURM_STEP_GPUS", "SLURM_JOB_GPUS", "CUDA_VISIBLE_DEVICES")
    if "SLURM_JOB_ID" not in os.environ:
        return None
    return next((os.environ[name] for name in given if os.environ.get(name)), None)
