"""Where work runs: device, threads, determinism, precision, peak memory."""

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

from invariance.jobs.cuda_driver import lent_by_slurm, visible, why_cuda
from transforms2d.errors import UserError, quote
from transforms2d.files.atomic import no_link

DEVICES = ("auto", "cpu", "cuda", "mps")
PRECISIONS = ("fp32", "bf16")


def resolve(name: str) -> torch.device:
    """The device called ``auto`` (a CUDA card where there is one), ``cpu``, ``cuda`` or ``mps``.

    Raises
    ------
    UserError
        For another name, and where torch sees no card although ``cuda`` was asked for, or although
        Slurm lent this job a GPU, which ``auto`` must not leave idle; for ``mps`` where torch sees
        no GPU of a Mac.
    """
    if name not in DEVICES:
        raise UserError(f"device: {quote(name)} is not one of {', '.join(DEVICES)}")
    if name == "cpu":
        return torch.device("cpu")
    if name == "mps":
        if torch.backends.mps.is_available():
            return torch.device("mps", 0)
        found = "sees no such GPU" if torch.backends.mps.is_built() else "is built without it"
        raise UserError(
            f"device: 'mps' was asked for but torch {torch.__version__} {found}; it takes a Mac "
            "with Apple silicon and macOS 14 or newer; set device: cpu"
        )
    if torch.cuda.is_available():
        return torch.device("cuda", torch.cuda.current_device())
    if name == "auto" and not lent_by_slurm():
        return torch.device("cpu")
    build = f"is built for CUDA {torch.version.cuda}" if torch.version.cuda else "has no CUDA"
    raise UserError(
        f"device: {why_cuda()} but torch sees no CUDA card (torch {torch.__version__} {build}); "
        "compare with the driver's version in nvidia-smi and install a torch for it, "
        "or set device: cpu"
    )


@contextmanager
def own_card():
    """Within this context the current CUDA card is one that no other job of this user is on.

    Jobs that share a machine with several cards so take one each. Where there is one card, or all
    are taken, nothing changes. The system frees the card of a process that dies.
    """
    count = torch.cuda.device_count()
    if count < 2:
        yield
        return
    # The process numbers the cards it may see from 0; others may see others.
    names = visible() or map(str, range(count))
    folder = _folder_of_locks()
    with ExitStack() as locks:
        for index, name in enumerate(islice(names, count)):
            # The name of a part of a card holds slashes.
            path = folder / percent_encoded(name, safe="")
            file = locks.enter_context(open(path, "a", opener=no_link))
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                continue
            torch.cuda.set_device(index)
            break
        yield


def _folder_of_locks() -> Path:
    """A folder of this user alone in the temporary folder, which all may write to."""
    folder = Path(tempfile.gettempdir(), f"invariance-cards-{os.getuid()}")
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o022:
        raise UserError(
            f"{folder}: made by somebody else, or others may write to it; remove it or set TMPDIR "
            "to a folder of your own"
        )
    return folder


@contextmanager
def session(device: torch.device, threads: int | None = None):
    """Set threads and determinism for the work on ``device``, and restore them afterwards.

    On a CPU algorithms are deterministic: the same numbers come out for the same number of threads.
    On CUDA speed goes first: cuDNN chooses its kernels by timing them, and runs may differ in the
    last bits; on mps they may as well. The random state of torch is put back too, but on mps.
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
        # As use_deterministic_algorithms, which would import the compiler: a second of every job.
        torch.set_deterministic_debug_mode("error" if cpu else "default")
        # Filling fresh memory costs time and hides nothing here: no kernel reads what it got.
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

    ``fp32`` leaves torch's defaults, under which cuDNN may use TF32 within convolutions on CUDA.
    """
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bf16")


def memory_format(channels_last: bool) -> torch.memory_format:
    """The layout of images and convolution weights."""
    return torch.channels_last if channels_last else torch.contiguous_format


def double(x: torch.Tensor) -> torch.Tensor:
    """``x`` in float64: on its device, or on the CPU for mps, which has no float64."""
    return (x.cpu() if x.device.type == "mps" else x).double()


def widest(device: torch.device) -> torch.dtype:
    """For sums that stay on the device: float64, or float32 on mps."""
    return torch.float32 if device.type == "mps" else torch.float64


def for_rendering(device: torch.device) -> torch.device:
    """Where images are rendered for work on ``device``: there, or on the CPU for mps.

    Rendering counts in float64, and images are the same to the bit wherever they are made.
    """
    return torch.device("cpu") if device.type == "mps" else device


def told(device: torch.device) -> str:
    """The device's name as records keep it: the card's, or ``cpu (x86_64)``, ``mps (arm64)``."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{device.type} ({platform.machine()})"


def peak_memory_mb(device: torch.device) -> int:
    """Peak memory in MiB: of the GPU's allocations on CUDA and mps, else resident in this process.

    On mps no peak is kept. It is what torch holds at the end, freed memory that it kept included.
    """
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) // 2**20
    if device.type == "mps":
        return torch.mps.driver_allocated_memory() // 2**20
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // (2**20 if sys.platform == "darwin" else 2**10)
