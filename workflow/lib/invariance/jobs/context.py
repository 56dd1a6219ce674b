"""What every job does around its one piece of work: log lines, threads, errors, provenance."""

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
from invariance.jobs.version import told as version_of_workflow
from transforms2d.errors import UserError

REMEDIES = {
    errno.ENOSPC: "make room on this disk",
    errno.EDQUOT: "make room in your quota",
    errno.EROFS: "make the results writable",
    errno.EACCES: "allow access to it",
    errno.EPERM: "allow what is refused for it",
    errno.ENOTDIR: "move away the file that stands where a folder on this path must be",
    errno.EEXIST: "move away what stands where a folder on this path must be",
    errno.EISDIR: "move away the folder that stands in the place of this file",
    errno.ENAMETOOLONG: "give the results a shorter path",
    errno.ELOOP: "remove the links on this path that lead in a circle",
}
PACKAGES = ("torch", "torchvision", "numpy", "pillow", "safetensors")


@contextmanager
def job(log_path, threads: int, device: str | None = "cpu"):
    """Run a job's work: log to ``log_path`` in one format, use ``threads`` CPU threads.

    Gives a function that tells how the result was made: see ``provenance``. ``device``, one of
    ``device.DEVICES``, is looked for before anything else is done: first its driver, then, with
    torch, the card. Scripts import what imports torch within this context, to fail before it. None
    is for jobs without tensors: to load torch would take longer than all they do.
    A mistake of a person (``UserError``) and a file that the system cannot read or write where it
    stands end the process with one line on stderr and in the log, without a traceback; anything
    else keeps its traceback in the log.
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
            where = error.filename or Path(log_path).parent
            remedy = f"{REMEDIES[error.errno]} and run the workflow again"
            logging.error("%s: %s; %s", where, error.strerror, remedy)
            sys.exit(f"error: {where}: {error.strerror}; {remedy}")
        logging.exception("failed")
        raise


def provenance(started: float, device: str, threads: int) -> dict:
    """Where and how a result was made.

    Parameters
    ----------
    started : float
        ``time.monotonic()`` at the start.
    device : str
        ``auto``, ``cpu``, ``cuda`` or ``mps``, as the job was asked.

    Returns
    -------
    dict
        Name of the device, wall time in seconds, peak memory in MiB, threads, versions, and the
        ``workflow``: see ``version.find``.
    """
    import torch

    from invariance.jobs.device import peak_memory_mb, resolve, told

    place, cpu = resolve(device), torch.device("cpu")
    return {
        "device": told(place),
        "wall_seconds": round(time.monotonic() - started, 3),
        "peak_memory_mb": peak_memory_mb(cpu),
        "peak_gpu_memory_mb": 0 if place == cpu else peak_memory_mb(place),
        "threads": threads,
        "workflow": version_of_workflow(),
        "versions": {"python": platform.python_version(), **{p: version(p) for p in PACKAGES}},
    }
