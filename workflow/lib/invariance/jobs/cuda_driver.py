"""A check of the CUDA driver without torch, whose import takes seconds."""

import ctypes
import os
import re
import sys

from transforms2d.errors import UserError

# The result of cuInit when the driver works but there is no card, or none is visible.
NO_CARD = 100
# An entry of CUDA_VISIBLE_DEVICES that may name a card: its number, its name, or a MIG part's name.
CARD = re.compile(r"\+?\d+|(GPU|MIG)-\S+")


def require_driver(device: str) -> None:
    """Return if the card that a job needs may be there, or the job needs none.

    Parameters
    ----------
    device : str
        ``auto``, ``cpu``, ``cuda`` or ``mps``. ``auto`` needs a card only if Slurm gave the job
        one.

    Raises
    ------
    UserError
        If the driver cannot be loaded or shows no card, and for ``mps`` on a machine that is not a
        Mac. ``invariance.jobs.device.resolve`` checks later whether torch can use the card.
    """
    if device == "mps" and sys.platform != "darwin":
        raise UserError(
            "device: 'mps' is the GPU of a Mac, and this is not a Mac; set device: auto or cpu"
        )
    if device != "cuda" and not (device == "auto" and slurm_gpu()):
        return
    if hiding_value() is not None:
        fault = f"CUDA_VISIBLE_DEVICES is {hiding_value()!r}, which names no card"
        raise UserError(f"device: {cuda_reason()} but {fault}; unset it, or set device: cpu")
    try:
        status = ctypes.CDLL("libcuda.so.1").cuInit(0)
    except OSError:
        fault = "there is no NVIDIA driver here (libcuda.so.1 cannot be loaded)"
    else:
        if status == 0:
            return
        fault = "the driver shows no card" if status == NO_CARD else f"the driver fails ({status})"
    raise UserError(
        f"device: {cuda_reason()} but {fault}; run nvidia-smi on this machine to see why, "
        "run the job on a node with a GPU, or set device: cpu"
    )


def cuda_reason() -> str:
    """Why this job needs a card, for an error."""
    gpu = slurm_gpu()
    return f"Slurm gave this job GPU {gpu}" if gpu else "'cuda' was requested"


def slurm_gpu() -> str | None:
    """The number or name of the GPU that Slurm gave to the job of this process.

    None if ``CUDA_VISIBLE_DEVICES`` hides all cards. Slurm sets it so for a job without a GPU, and
    a person may do the same.
    """
    variables = ("SLURM_STEP_GPUS", "SLURM_JOB_GPUS", "CUDA_VISIBLE_DEVICES")
    if "SLURM_JOB_ID" not in os.environ or hiding_value() is not None:
        return None
    return next((os.environ[name] for name in variables if os.environ.get(name)), None)


def visible_cards() -> list[str] | None:
    """The cards that ``CUDA_VISIBLE_DEVICES`` names; None if it is not set, which shows all.

    Like CUDA, stop at the first entry that names no card, such as -1 or NoDevFiles.
    """
    value = os.environ.get("CUDA_VISIBLE_DEVICES")
    if value is None:
        return None
    names = []
    for entry in value.split(","):
        if not CARD.fullmatch(entry.strip()):
            break
        names.append(entry.strip())
    return names


def hiding_value() -> str | None:
    """The value of ``CUDA_VISIBLE_DEVICES`` if it is set and names no card."""
    return os.environ["CUDA_VISIBLE_DEVICES"] if visible_cards() == [] else None
