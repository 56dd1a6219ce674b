"""The device of a job: its name, threads, determinism, precision, peak memory."""

import fcntl
import os
import platform
import resource
import stat
import sys
import tempfile
from contextlib import ExitStack, contextmanager, suppress
from itertools import islice
from pathlib import Path
from urllib.parse import quote as percent_encoded

import torch

from invariance.jobs.cuda_driver import cuda_reason, slurm_gpu, visible_cards
from transforms2d.errors import UserError, quote
from transforms2d.files.atomic import no_link

DEVICES = ("auto", "cpu", "cuda", "mps")
PRECISIONS = ("fp32", "bf16")


def resolve(name: str) -> torch.device:
    """The device named ``auto`` (a CUDA card if there is one), ``cpu``, ``cuda`` or ``mps``.

    Raises
    ------
    UserError
        For another name. For ``cuda``, and for ``auto`` in a job that has a GPU from Slurm, if
        torch sees no card: the GPU must not stay idle. For ``mps`` if torch sees no GPU of a Mac.
    """
    if name not in DEVICES:
        raise UserError(f"device: {quote(name)} is not one of {', '.join(DEVICES)}")
    if name == "cpu":
        return torch.device("cpu")
    if name == "mps":
        if torch.backends.mps.is_available():
            return torch.device("mps", 0)
        fault = "sees no such GPU" if torch.backends.mps.is_built() else "is built without it"
        raise UserError(
            f"device: 'mps' was requested but torch {torch.__version__} {fault}; it needs a Mac "
            "with Apple silicon and macOS 14 or newer; set device: cpu"
        )
    if torch.cuda.is_available():
        return torch.device("cuda", torch.cuda.current_device())
    if name == "auto" and not slurm_gpu():
        return torch.device("cpu")
    build = f"is built for CUDA {torch.version.cuda}" if torch.version.cuda else "has no CUDA"
    raise UserError(
        f"device: {cuda_reason()} but torch sees no CUDA card (torch {torch.__version__} {build}); "
        "compare with the driver's version in nvidia-smi and install a torch for it, "
        "or set device: cpu"
    )


@contextmanager
def own_card():
    """Context in which the current CUDA card is one that no other job of this user uses.

    So jobs that share a machine with several cards use one card each. If there is one card, or all
    are in use, nothing changes. The system frees the card of a process that dies.
    """
    count = torch.cuda.device_count()
    if count < 2:
        yield
        return
    # Each process numbers its visible cards from 0, and another process may see other cards.
    names = visible_cards() or map(str, range(count))
    folder = _lock_folder()
    with ExitStack() as locks:
        for index, name in enumerate(islice(names, count)):
            # The name of a MIG part contains slashes.
            path = folder / percent_encoded(name, safe="")
            file = locks.enter_context(open(path, "a", opener=no_link))
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                continue
            torch.cuda.set_device(index)
            break
        yield


def _lock_folder() -> Path:
    """A folder that only this user can write to, in the temporary folder that all share."""
    folder = Path(tempfile.gettempdir(), f"invariance-cards-{os.getuid()}")
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or status.st_mode & 0o022:
        raise UserError(
            f"{folder}: belongs to another user, or others may write to it; remove it or set "
            "TMPDIR to your own folder"
        )
    return folder


@contextmanager
def session(device: torch.device, threads: int | None = None):
    """Set threads and determinism for the work on ``device``, and restore them afterwards.

    On a CPU algorithms are deterministic: the same number of threads gives the same numbers. On
    CUDA, speed comes first: cuDNN chooses its kernels by timing them, and runs may differ in the
    last bits. They may differ on mps too. The random state of torch is restored, except on mps.
    """
    cpu, cuda = (device.type == kind for kind in ("cpu", "cuda"))
    before = (
        torch.get_num_threads(),
        torch.get_deterministic_debug_mode(),
        torch.utils.deterministic.fill_uninitialized_memory,
        torch.backends.cudnn.benchmark,
    )
    try:
        if threads is not None:
            torch.set_num_threads(threads)
        # Same as use_deterministic_algorithms, which imports the compiler: a second per job.
        torch.set_deterministic_debug_mode("error" if cpu else "default")
        # Filling new memory costs time and has no use here: no kernel reads uninitialised memory.
        torch.utils.deterministic.fill_uninitialized_memory = False
        torch.backends.cudnn.benchmark = cuda
        with torch.random.fork_rng(devices=[device.index] if cuda else []):
            yield
    finally:
        torch.set_num_threads(before[0])
        torch.set_deterministic_debug_mode(before[1])
        torch.utils.deterministic.fill_uninitialized_memory = before[2]
        torch.backends.cudnn.benchmark = before[3]


def autocast(device: torch.device, precision: str) -> torch.autocast:
    """Context in which matrix products and convolutions run in bfloat16 for ``bf16``.

    ``fp32`` keeps torch's defaults, with which cuDNN may use TF32 in convolutions on CUDA.
    """
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bf16")


def memory_format(channels_last: bool) -> torch.memory_format:
    """The layout of images and convolution weights."""
    return torch.channels_last if channels_last else torch.contiguous_format


def double(x: torch.Tensor) -> torch.Tensor:
    """``x`` in float64: on its device, or on the CPU for mps, which does not support float64."""
    return (x.cpu() if x.device.type == "mps" else x).double()


def widest(device: torch.device) -> torch.dtype:
    """The dtype of sums that stay on the device: float64, or float32 on mps."""
    return torch.float32 if device.type == "mps" else torch.float64


def for_rendering(device: torch.device) -> torch.device:
    """The device that renders images for work on ``device``: the same, or the CPU for mps.

    Rendering needs float64, and images are equal to the bit on all devices.
    """
    return torch.device("cpu") if device.type == "mps" else device


def device_name(device: torch.device) -> str:
    """The device's name in records: the card's name, or ``cpu (x86_64)``, ``mps (arm64)``."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{device.type} ({platform.machine()})"


def peak_memory_mb(device: torch.device) -> int:
    """Peak memory in MiB: allocations on the GPU for CUDA and mps, else resident memory.

    mps records no peak. There it is the memory that torch holds at the end, including freed memory
    in its cache.
    """
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) // 2**20
    if device.type == "mps":
        return torch.mps.driver_allocated_memory() // 2**20
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // (2**20 if sys.platform == "darwin" else 2**10)
