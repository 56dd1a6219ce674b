"""The frame around the work of every job: log lines, threads, errors, provenance."""

import errno
import logging
import os
import platform
import sys
import time
from contextlib import contextmanager, nullcontext
from importlib.metadata import version
from pathlib import Path

from invariance.jobs.cuda_driver import require_driver
from invariance.jobs.version import from_environment as workflow_version
from transforms2d.errors import UserError

REMEDIES = {
    errno.ENOSPC: "make room on this disk",
    errno.EDQUOT: "make room in your quota",
    errno.EROFS: "make the results writable",
    errno.EACCES: "allow access to it",
    errno.EPERM: "give this user the right to change it",
    errno.ENOTDIR: "a part of this path is a file but must be a folder: move the file away",
    errno.EEXIST: "a part of this path is a file but must be a folder: move the file away",
    errno.EISDIR: "this path is a folder but must be a file: move the folder away",
    errno.ENAMETOOLONG: "give the results a shorter path",
    errno.ELOOP: "remove the circular links on this path",
}
PACKAGES = ("torch", "torchvision", "numpy", "pillow", "safetensors")


@contextmanager
def job(log_path, threads: int, device: str | None = "cpu"):
    """Run a job's work: log to ``log_path`` in one format, use ``threads`` CPU threads.

    Yields a function that returns how the result was made: see ``provenance``. ``device``, one of
    ``device.DEVICES``, is checked first: its driver, then, with torch, the card. Scripts import
    modules that need torch inside this context, so that a missing device fails before torch loads.
    ``None`` is for jobs without tensors, for which loading torch would take longer than the job.
    A ``UserError``, and an error of the system about a file, end the process with one line on
    stderr and in the log, without a traceback. The log keeps the traceback of any other error.
    """
    try:
        Path(log_path).parent.mkdir(parents=True, exist_ok=True)
        logging.basicConfig(
            filename=log_path,
            filemode="w",
            level=logging.INFO,
            format="%(asctime)s %(levelname)s %(name)s: %(message)s",
            force=True,
        )
        os.environ["OMP_NUM_THREADS"] = str(threads)
        if device is None:
            yield None
            return
        require_driver(device)
        import torch

        torch.set_num_threads(threads)
        started = time.monotonic()
        from invariance.jobs.device import own_card, resolve

        with own_card() if device != "cpu" else nullcontext():
            resolve(device)
            yield lambda: provenance(started, device, threads)
    except UserError as error:
        logging.error(error)
        sys.exit(f"error: {error}")
    except BaseException as error:
        if isinstance(error, OSError) and error.errno in REMEDIES:
            logging.raiseExceptions = False  # the log may be on the same disk
            path = error.filename or Path(log_path).parent
            remedy = f"{REMEDIES[error.errno]} and run the workflow again"
            logging.error("%s: %s; %s", path, error.strerror, remedy)
            sys.exit(f"error: {path}: {error.strerror}; {remedy}")
        logging.exception("failed")
        raise


def provenance(started: float, device: str, threads: int) -> dict:
    """Where and how a result was made.

    Parameters
    ----------
    started : float
        ``time.monotonic()`` at the start.
    device : str
        ``auto``, ``cpu``, ``cuda`` or ``mps``, as configured.

    Returns
    -------
    dict
        Name of the device, wall time in seconds, peak memory in MiB, threads, versions, and the
        ``workflow``: see ``version.find``.
    """
    import torch

    from invariance.jobs.device import device_name, peak_memory_mb, resolve

    resolved, cpu = resolve(device), torch.device("cpu")
    return {
        "device": device_name(resolved),
        "wall_seconds": round(time.monotonic() - started, 3),
        "peak_memory_mb": peak_memory_mb(cpu),
        "peak_gpu_memory_mb": 0 if resolved == cpu else peak_memory_mb(resolved),
        "threads": threads,
        "workflow": workflow_version(),
        "versions": {"python": platform.python_version(), **{p: version(p) for p in PACKAGES}},
    }
