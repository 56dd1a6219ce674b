"""The jobs that Snakemake would run for a target, read from the summary that it prints."""

import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from invariance.studies.stages import BY_FOLDER
from transforms2d.errors import BETWEEN, UserError

HEAD = ["output_file", "date", "rule", "log-file(s)", "status", "plan"]
ABSENT = ("missing", "removed temp file")


@dataclass(frozen=True)
class Job:
    """One job that a target depends on.

    Attributes
    ----------
    rule : str
    files : tuple of str
        Its outputs, relative to the folder that Snakemake runs in.
    to_do : bool
        Whether it would run.
    status : str
        Snakemake's status of its files: ``ok``, ``missing``, ``removed temp file``, ``params
        changed``, ``updated input files``, ...; ``missing`` if any of them is missing.
    """

    rule: str
    files: tuple[str, ...]
    to_do: bool
    status: str

    @property
    def repeats(self) -> bool:
        """Whether it would run although all its files exist."""
        return self.to_do and self.status not in ABSENT


@dataclass(frozen=True)
class Cell:
    """A cell: study, domain, seed, stage (a name of ``STAGES``), and its model, dataset or unit."""

    study: str
    domain: str
    seed: int
    stage: str
    name: str  # of the model, dataset or unit
    target: str | None = None  # for stages with one job per target


def plan(target: str, configfiles: Iterable[str], results: str) -> list[Job]:
    """Every job that a target depends on, done or to do, according to Snakemake.

    Runs ``snakemake TARGET --summary`` in the current folder, which neither locks nor changes it.

    Raises
    ------
    UserError
        With Snakemake's words, or all lines of an error, if it refuses the target or the
        configuration.
    """
    command = [sys.executable, "-m", "snakemake", target, "--summary"]
    if configfiles := list(configfiles):
        command += ["--configfile", *configfiles]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    if process.returncode:
        raise UserError(_error(target, process.stderr))
    return read_summary(process.stdout, results)


def read_summary(text: str, results: str) -> list[Job]:
    """The jobs of a summary (tab-separated, one line per output file) in the folder of results."""
    lines = iter(text.splitlines())
    if HEAD not in (line.split("\t") for line in lines):
        raise UserError("snakemake --summary: no table; install the pinned version of Snakemake")
    jobs: dict[tuple, list] = {}
    for line in lines:
        path, _, rule, _, status, pending = line.split("\t")
        jobs.setdefault((rule, _made_together(path, results)), []).append((path, status, pending))
    return [_job(rule, rows) for (rule, _), rows in jobs.items()]


def _job(rule: str, rows: list[tuple[str, str, str]]) -> Job:
    files, statuses, pending = zip(*rows, strict=True)
    # The worst status of the files: first missing, then out of date.
    status = next((s for s in ABSENT if s in statuses), None)
    status = status or next((s for s in statuses if s != "ok"), "ok")
    return Job(rule, files, "update pending" in pending, status)


def _made_together(path: str, results: str) -> str:
    """A key that is equal for the files of one job, and different for other jobs of its rule."""
    below = PurePosixPath(path).relative_to(results)
    if below.parts[0] in ("figures", "tables"):
        return str(below.with_suffix(""))
    # A job per target makes one file, and an export one folder. Every other job has its own folder.
    stage = BY_FOLDER.get("".join(below.parts[3:4]))
    is_single = (stage and stage.is_per_target) or below.parts[0] == "export"
    return str(below if is_single else below.parent)


def job_cell(job: Job, results: str, studies) -> Cell | None:
    """The cell of a job; None for a job that belongs to no stage."""
    parts = PurePosixPath(job.files[0]).relative_to(results).parts
    if len(parts) < 6 or parts[0] not in studies or parts[3] not in BY_FOLDER:
        return None
    study, domain, seed, folder = parts[:4]
    stage, number = BY_FOLDER[folder], int(seed.removeprefix("seed"))
    name, target = "/".join(parts[4:-1]), None
    if stage.is_per_target:
        names = studies[study].pattern(stage.name)
        match = re.match(rf"({names})/(.+)\.json$", "/".join(parts[4:]))
        name, target = match.groups()
    return Cell(study, domain, number, stage.name, name, target)


def _error(target: str, output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    prefix = "error: "
    errors = [line.removeprefix(prefix) for line in lines if line.startswith(prefix)]
    if errors:
        return BETWEEN.join(errors)
    for line in lines:
        if line.startswith("No rule to produce"):
            return f"{target}: no rule makes this file; results/README.md lists all files"
    return f"{target}: Snakemake: {lines[-1] if lines else 'ended without a message'}"
