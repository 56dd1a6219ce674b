"""The inputs of a result, which of them exist, which jobs would run, and for how long."""

import inspect
import sys
import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from invariance.artefacts import available, on_request
from invariance.cli.disk_use import disk
from invariance.cli.job_time import PASSES_PER_SECOND, Estimate, estimate
from invariance.cli.needed_inputs import count, needed_inputs
from invariance.cli.snakemake_plan import Job, job_cell, plan
from invariance.config import loading
from invariance.provenance.source_digests import IMAGES
from invariance.studies import load_studies
from invariance.studies.stages import BY_FOLDER, BY_METHOD
from transforms2d.errors import UserError

# Folders and files in the order in which jobs make them.
ORDER = (*IMAGES, *BY_FOLDER, "examples", "results.csv", "figures", "tables", "scorecard")
RUN = "run it"
LEFT = "time left (estimate)"
WIDTH = 100  # characters
NOTHING = "everything exists; nothing to run"


def explain(name: str, configfiles: Iterable[str] = ()) -> str:
    """A page about a figure, a table, a study, the scorecard or a file of the results.

    Parameters
    ----------
    name : str
        A target of Snakemake, in the repository's root.
    configfiles : iterable of paths
        Settings that replace those of the paper's configuration.

    Raises
    ------
    UserError
        One line, for an unknown name or path, or an invalid configuration.
    """
    configfiles = list(configfiles)
    config = loading.read_config(configfiles, [name])
    studies, results = load_studies(config), config["results"]
    path = str(PurePosixPath(name))
    if "/" not in path:
        valid = [*_artefacts(studies), *studies, *loading.OTHERS]
        loading.check_name(name, valid)
    elif not path.startswith(f"{results}/"):
        raise UserError(f"{name}: not in {results}, the folder of this configuration's results")
    jobs = plan(path, configfiles, results)
    cells = [(job, job_cell(job, results, studies)) for job in jobs]
    stage_cells = [(job, cell) for job, cell in cells if cell]
    images = _images(jobs, results)
    sections = [
        description(path, studies, results),
        needed_inputs([cell for _, cell in stage_cells], images, studies, config),
    ]
    to_do = [job for job in jobs if job.to_do]
    if to_do:
        left = [cell for job, cell in stage_cells if job.to_do]
        stale = {file for job in to_do for file in job.files}
        records = [record for record in _records(studies, results) if record not in stale]
        sections += [
            [*table(jobs), *filter(None, [_deleted(jobs)])],
            time_left(estimate(left, studies, records)),
            disk(cells, studies, config),
            [f"{RUN}: {loading.command(path, configfiles)}"],
        ]
    elif deleted := _deleted(jobs):
        sections += [["nothing to run", deleted]]
    else:
        sections += [[NOTHING]]
    return "\n\n".join("\n".join(map(_wrapped, section)) for section in sections if section)


def description(path: str, studies: Mapping, results: str) -> list[str]:
    """Lines on a result: for an artefact its content, its study and section, and its file."""
    if "/" in path:
        below = PurePosixPath(path).relative_to(results)
        if below.parts[0] in ("figures", "tables") and below.stem in _artefacts(studies):
            return description(below.stem, studies, results)
        return [*_file_lines(below, studies), f"  file: {_with_state(path)}"]
    if path in loading.OTHERS:
        return [f"{path}: {loading.OTHERS[path]}"]
    if path in studies:
        file = _with_state(_table(path, results))
        return [f"{path}: {_question(studies[path])}", f"  file: {file}"]
    artefact = _artefacts(studies)[path]
    lines = [f"{path}: {artefact.shows}"]
    if artefact.study:
        limits = [("of", artefact.architectures), ("on", artefact.domains)]
        content = _join(BY_METHOD[method].title for method in artefact.methods)
        content += "".join(f" {word} {_join(names)}" for word, names in limits if names)
        source = "the study's table, which needs everything below"
        if artefact.own_rule:
            source = "files of seed 0, which need less than everything below"
        lines += [
            f"  study: {artefact.study}. {_question(studies[artefact.study])}",
            f"  shows: {content}; drawn from {source}",
        ]
    return [*lines, f"  file: {_with_state(f'{results}/{artefact.file}')}"]


def _artefacts(studies: Mapping) -> dict:
    return {**available(studies), **on_request(studies)}


def table(jobs: list[Job]) -> list[str]:
    """A table of the number of jobs done and to do per rule."""
    done, to_do = (Counter(job.rule for job in jobs if job.to_do == state) for state in (0, 1))
    upwards = jobs[::-1]  # targets come first in Snakemake's summary
    rules = list(dict.fromkeys(job.rule for job in sorted(upwards, key=_order)))
    width = max(map(len, [*rules, "total"]))
    lines = [f"{'jobs'.ljust(width + 2)}  {'done':>7}  {'to do':>7}"]
    for rule in rules:
        lines.append(f"  {rule.ljust(width)}  {done[rule]:>7,}  {to_do[rule]:>7,}")
    lines.append(f"  {'total'.ljust(width)}  {done.total():>7,}  {to_do.total():>7,}")
    repeated = Counter(job.status for job in jobs if job.repeats)
    if repeated:
        inputs = repeated.pop("ok", 0)
        causes = [
            *repeated.items(),
            *([("new inputs, or incomplete files", inputs)] if inputs else []),
        ]
        words = ", ".join(f"{cause} ({count:,})" for cause, count in causes)
        lines.append(f"  to do again, although their files exist: {words}")
    return lines


def _deleted(jobs: list[Job]) -> str:
    """Deleted intermediate files that need no rerun, because their products exist.

    The workflow itself deletes features.
    """
    deleted = Counter(job.rule for job in jobs if job.status == "missing" and not job.to_do)
    words = ", ".join(f"{rule} ({number:,})" for rule, number in deleted.items())
    return f"  done, deleted later, and not needed: {words}" if deleted else ""


def _images(jobs: list[Job], results: str) -> list[str]:
    """Names of the sources of images: ``base_images``, ``cifar10``, ``cifar100``."""
    paths = (PurePosixPath(job.files[0]).relative_to(results).parts for job in jobs)
    names = {
        parts[0] if parts[0] == "base_images" else parts[1] for parts in paths if parts[0] in IMAGES
    }
    return sorted(names)


def _wrapped(line: str) -> str:
    """A line of text, wrapped at ``WIDTH``; a command stays on one line, to be copied."""
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    if line.startswith(RUN):
        return line
    return textwrap.fill(
        line, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def _order(job: Job) -> int:
    parts = PurePosixPath(job.files[0]).parts
    # The last part counts: a study may have the name of a stage.
    return next((ORDER.index(part) for part in reversed(parts) if part in ORDER), len(ORDER))


def time_left(left: Estimate) -> list[str]:
    """The estimate as lines of text."""
    if not left.jobs:
        return ["time left: not estimated; there is no training, probing or scoring to do"]
    unit = f"{_amount(left.passes)} passes of an image through a training step of a ResNet-18"
    if not left.records:
        return [
            f"{LEFT}: {_hours(left.hours)} GPU-hours at {PASSES_PER_SECOND:,} images/s",
            f"  no record of a job exists yet; the work to do is {unit}",
        ]
    cpu = all(device.startswith("cpu") for device in left.devices)
    return [
        f"{LEFT}: {_hours(left.hours)} {'CPU' if cpu else 'GPU'}-hours, one job after another",
        f"  computed from {count(left.records, 'record')} made on {', '.join(left.devices)}; "
        "rendering is not counted",
    ]


def _records(studies: Mapping, results: str) -> list[str]:
    paths = [
        f"{results}/{name}/{record}"
        for name, study in studies.items()
        for record in study.records()
    ]
    return [path for path in paths if Path(path).is_file()]


def _question(study) -> str:
    """The study's number, section and question: the first sentence of its module."""
    return _first_line(sys.modules[type(study).__module__].__doc__)


def _first_line(words: str | None) -> str:
    return " ".join(inspect.cleandoc(words or "").split("\n\n")[0].split())


def _file_lines(below: PurePosixPath, studies: Mapping) -> list[str]:
    parts = below.parts
    if len(parts) > 5 and parts[0] in studies and parts[3] in BY_FOLDER:
        study = studies[parts[0]]
        name = "/".join(parts[4:-1])
        seed = parts[2].replace("seed", "seed ")
        return [
            f"{below.name}: {BY_FOLDER[parts[3]].words} {name}, {seed}, {parts[1]}",
            f"  study: {study.name}. {_question(study)}",
        ]
    if parts[0] in studies:
        return [f"{below}: {_question(studies[parts[0]])}"]
    return [f"{below}: a file of the results"]


def _table(study: str, results: str) -> str:
    return f"{results}/{study}/results.csv"


def _with_state(path: str) -> str:
    return f"{path} ({'exists' if Path(path).exists() else 'missing'})"


def _join(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def _amount(number: float) -> str:
    for size, word in ((1e9, "billion"), (1e6, "million")):
        if number >= size:
            return f"{number / size:,.1f} {word}"
    return f"{number:,.0f}"


def _hours(hours: float) -> str:
    if hours < 0.1:
        return "less than 0.1"
    return f"about {hours:,.0f}" if hours >= 10 else f"about {hours:.1g}"
