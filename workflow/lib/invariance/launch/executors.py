"""The programs that jobs are given to, looked for before anything waits for their answer."""

import shutil
import subprocess

from transforms2d.errors import UserError

LOAD = "load the module that brings Slurm, or run without --profile slurm"
# How each program that tells of jobs is asked for those of a name that none has.
ASKED = {
    "squeue": ("squeue", "--noheader", "--name", "none"),
    "sacct": ("sacct", "--noheader", "--allocations", "--name", "none"),
}
PATIENCE = 60  # seconds; a busy controller answers in some


def require(executor: str, status: str | None = None) -> None:
    """Return where jobs can be given to ``executor``.

    Parameters
    ----------
    executor : str
        As in Snakemake's ``--executor``; only ``slurm`` needs anything.
    status : str or None
        The program that tells how Slurm's jobs are doing, ``squeue`` or ``sacct``.

    Raises
    ------
    UserError
        If a program of Slurm's is not there, or the one that tells of jobs fails.
    """
    if executor != "slurm":
        return
    status = status or "squeue"
    for program in ("sbatch", "scancel", status):
        if shutil.which(program) is None:
            raise UserError(f"Slurm's program {program} is not on PATH; {LOAD}")
    try:
        asked = subprocess.run(ASKED[status], capture_output=True, text=True, timeout=PATIENCE)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UserError(f"Slurm's program {status} gives no answer ({error}); {LOAD}") from None
    if asked.returncode:
        words = " ".join(asked.stderr.split()) or f"status {asked.returncode}"
        raise UserError(f"Slurm's program {status} fails ({words}); see that {status} works here")
