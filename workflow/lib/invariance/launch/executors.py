"""A check of the programs that run jobs, before the workflow waits for their answers."""

import shutil
import subprocess

from transforms2d.errors import UserError

ADVICE = "load the module that provides Slurm, or run without --profile slurm"
# A harmless call of each status program: it asks for jobs with a name that no job has.
COMMANDS = {
    "squeue": ("squeue", "--noheader", "--name", "none"),
    "sacct": ("sacct", "--noheader", "--allocations", "--name", "none"),
}
PATIENCE = 60  # seconds; a busy controller needs several


def require(executor: str, status: str | None = None) -> None:
    """Return if jobs can be given to ``executor``.

    Parameters
    ----------
    executor : str
        As in Snakemake's ``--executor``; only ``slurm`` has requirements.
    status : str or None
        The program that reports the status of Slurm's jobs, ``squeue`` or ``sacct``.

    Raises
    ------
    UserError
        If a program of Slurm is missing, or the status program fails.
    """
    if executor != "slurm":
        return
    status = status or "squeue"
    for program in ("sbatch", "scancel", status):
        if shutil.which(program) is None:
            raise UserError(f"Slurm's program {program} is not on PATH; {ADVICE}")
    try:
        process = subprocess.run(COMMANDS[status], capture_output=True, text=True, timeout=PATIENCE)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UserError(f"Slurm's program {status} gives no answer ({error}); {ADVICE}") from None
    if process.returncode:
        words = " ".join(process.stderr.split()) or f"status {process.returncode}"
        raise UserError(f"Slurm's program {status} fails ({words}); make {status} work here")
