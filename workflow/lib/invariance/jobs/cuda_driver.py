"""The driver of CUDA cards, looked at without torch, whose import takes seconds."""

import ctypes
import os
import re
import sys

from transforms2d.errors import UserError

# What cuInit answers where the driver is there and no card is, or none may be seen.
NO_CARD = 100
# An entry of CUDA_VISIBLE_DEVICES that may name a card: its number, or its own name or a part's.
CARD = re.compile(r"\+?\d+|(GPU|MIG)-\S+")


def require_driver(device: str) -> None:
    """Return where a job may find the card that it needs, or needs none.

    Parameters
    ----------
    device : str
        ``auto``, ``cpu``, ``cuda`` or ``mps``. ``auto`` needs a card only in a job that Slurm lent
        one.

    Raises
    ------
    UserError
        If the driver cannot be loaded or shows no card, and for ``mps`` on what is no Mac. Whether
        torch can use what is there is seen later, by ``invariance.jobs.device.resolve``.
    """
    if device == "mps" and sys.platform != "darwin":
        raise UserError(
            "device: 'mps' is the GPU of a Mac and this is none; set device: auto or cpu"
        )
    if device != "cuda" and not (device == "auto" and lent_by_slurm()):
        return
    if hidden() is not None:
        found = f"CUDA_VISIBLE_DEVICES is {hidden()!r}, which names no card"
        raise UserError(f"device: {why_cuda()} but {found}; unset it, or set device: cpu")
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
    """The GPU that Slurm gave to the job this process belongs to, by its number or name.

    None where ``CUDA_VISIBLE_DEVICES`` hides all cards: Slurm says so of a job without one, in
    words of its own, and so may the person whose job it is.
    """
    given = ("SLURM_STEP_GPUS", "SLURM_JOB_GPUS", "CUDA_VISIBLE_DEVICES")
    if "SLURM_JOB_ID" not in os.environ or hidden() is not None:
        return None
    return next((os.environ[name] for name in given if os.environ.get(name)), None)


def visible() -> list[str] | None:
    """The cards that ``CUDA_VISIBLE_DEVICES`` names; None where it is not set, which shows all.

    As CUDA reads it, up to the first entry that names none, such as -1 or NoDevFiles.
    """
    given = os.environ.get("CUDA_VISIBLE_DEVICES")
    if given is None:
        return None
    names = []
    for entry in given.split(","):
        if not CARD.fullmatch(entry.strip()):
            break
        names.append(entry.strip())
    return names


def hidden() -> str | None:
    """The value of ``CUDA_VISIBLE_DEVICES`` if it is set and names no card."""
    return os.environ["CUDA_VISIBLE_DEVICES"] if visible() == [] else None
