"""Where work runs: device, threads, determinism, precision, peak memory."""

import fcntl
import os
import resource
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path

import torch

from invariance.driver import lent_by_slurm, why_cuda
from transforms2d.errors import UserError, quote

DEVICES = ("auto", "cpu", "cuda")
PRECISIONS = ("fp32", "bf16")


def resolve(name: str) -> torch.device:
    """The device called ``auto`` (a CUDA card where there is one), ``cpu`` or ``cuda``.

    Raises
    ------
    UserError
        For another name, and where torch sees no card although ``cuda`` was asked for, or although
        Slurm lent this job a GPU, which ``auto`` must not leave idle.
    """
    if name not in DEVICES:
        raise UserError(f"device: {quote(name)} is not one of {', '.join(DEVICES)}")
    if name == "cpu":
        return torch.device("cpu")
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
    names = os.environ.get("CUDA_VISIBLE_DEVICES") or ",".join(map(str, range(count)))
    folder = Path(tempfile.gettempdir(), f"invariance-cards-{os.getuid()}")
    folder.mkdir(mode=0o700, exist_ok=True)
    with ExitStack() as locks:
        for index, name in enumerate(names.split(",")[:count]):
            file = locks.enter_context(folder.joinpath(name).open("a"))
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                continue
            torch.cuda.set_device(index)
            break
        yield


@contextmanager
def session(device: torch.device, threads: int | None = None):
    """Set threads and determinism for the work on ``device``, and restore them afterwards.

    On a CPU algorithms are deterministic: the same numbers come out for the same number of threads.
    On CUDA speed goes first: cuDNN chooses its kernels by timing them, and runs may differ in the
    last bits. The random state of torch is put back too.
    """
    cuda = device.type == "cuda"
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
        torch.set_deterministic_debug_mode("default" if cuda else "error")
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


def peak_memory_mb(device: torch.device) -> int:
    """Peak memory in MiB: of the card's allocations on CUDA, else resident in this process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) // 2**20
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // (2**20 if sys.platform == "darwin" else 2**10)
