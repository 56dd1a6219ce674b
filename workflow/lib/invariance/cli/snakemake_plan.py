"""What Snakemake would run for a target, read from the summary it prints."""

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
    """One job behind a target.

    Attributes
    ----------
    rule : str
    files : tuple of str
        What it makes, relative to the folder that Snakemake runs in.
    to_do : bool
        Whether it would run.
    status : str
        What Snakemake says of its files: ``ok``, ``missing``, ``removed temp file``, ``params
        changed``, ``updated input files``, ...; ``missing`` if any of them is.
    """

    rule: str
    files: tuple[str, ...]
    to_do: bool
    status: str

    @property
    def again(self) -> bool:
        """Whether it would run although all its files are there."""
        return self.to_do and self.status not in ABSENT


@dataclass(frozen=True)
class Cell:
    """Where a job of a stage stands: its stage is a name of ``STAGES``."""

    study: str
    domain: str
    seed: int
    stage: str
    name: str  # of the model, or of the dataset
    target: str | None = None  # where each target has a job of its own


def plan(target: str, configfiles: Iterable[str], results: str) -> list[Job]:
    """Every job behind a target, done or to do, in Snakemake's own judgement.

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
    asked = subprocess.run(command, capture_output=True, text=True, check=False)
    if asked.returncode:
        raise UserError(_refusal(target, asked.stderr))
    return read_summary(asked.stdout, results)


def read_summary(text: str, results: str) -> list[Job]:
    """The jobs of a summary (tab-separated, a line an output file) below the folder of results."""
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
    # The worst of the files' statuses: one that is not there, then one that is out of date.
    status = next((s for s in ABSENT if s in statuses), None)
    status = status or next((s for s in statuses if s != "ok"), "ok")
    return Job(rule, files, "update pending" in pending, status)


def _made_together(path: str, results: str) -> str:
    """What the files of one job, and of no other of its rule, have in common."""
    below = PurePosixPath(path).relative_to(results)
    if below.parts[0] in ("figures", "tables"):
        return str(below.with_suffix(""))
    # Where each target has a job, it is a file; what is shared is a folder; all others have one.
    stage = BY_FOLDER.get("".join(below.parts[3:4]))
    alone = (stage and stage.is_per_target) or below.parts[0] == "export"
    return str(below if alone else below.parent)


def cell(job: Job, results: str, studies) -> Cell | None:
    """Where a job of a stage stands; None for those before, after and beside the stages."""
    parts = PurePosixPath(job.files[0]).relative_to(results).parts
    if len(parts) < 6 or parts[0] not in studies or parts[3] not in BY_FOLDER:
        return None
    study, domain, seed, folder = parts[:4]
    stage, number = BY_FOLDER[folder], int(seed.removeprefix("seed"))
    name, target = "/".join(parts[4:-1]), None
    if stage.is_per_target:
        of = re.match(rf"({studies[study].model_pattern})/(.+)\.json$", "/".join(parts[4:]))
        name, target = of.groups()
    return Cell(study, domain, number, stage.name, name, target)


def _refusal(target: str, words: str) -> str:
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    said = "error: "
    refused = [line.removeprefix(said) for line in lines if line.startswith(said)]
    if refused:
        return BETWEEN.join(refused)
    for line in lines:
        if line.startswith("No rule to produce"):
            return f"{target}: nothing makes this file; results/README.md says what there is"
    return f"{target}: Snakemake: {lines[-1] if lines else 'ended without a word'}"
