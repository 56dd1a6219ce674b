"""What a result needs, what of it exists, what would run, and for how long."""

import inspect
import sys
import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from invariance.artefacts import available
from invariance.cli.disk_use import disk
from invariance.cli.job_time import PASSES_PER_SECOND, Estimate, estimate
from invariance.cli.needed_inputs import count, needs
from invariance.cli.snakemake_plan import Job, cell, plan
from invariance.config import loading
from invariance.provenance.behind import IMAGES
from invariance.studies import load_studies
from invariance.studies.stages import BY_FOLDER, BY_METHOD
from transforms2d.errors import UserError

# Folders and files as they are made one after another.
ORDER = (*IMAGES, *BY_FOLDER, "examples", "results.csv", "figures", "tables", "scorecard")
RUN = "run it"
LEFT = "time left (estimate)"
WIDTH = 100  # characters
NOTHING = "everything is there; nothing to run"


def explain(name: str, configfiles: Iterable[str] = ()) -> str:
    """A page about a figure, a table, a study, the scorecard or a file of the results.

    Parameters
    ----------
    name : str
        As Snakemake is asked for it, in the repository's root.
    configfiles : iterable of paths
        Laid over the paper's configuration.

    Raises
    ------
    UserError
        One line, for an unknown name or path, or a configuration that is refused.
    """
    configfiles = list(configfiles)
    config = loading.read_config(configfiles, [name])
    studies, results = load_studies(config), config["results"]
    path = str(PurePosixPath(name))
    if "/" not in path:
        valid = [*available(studies), *studies, *loading.OTHERS]
        loading.check_name(name, valid)
    elif not path.startswith(f"{results}/"):
        raise UserError(f"{name}: not below {results}, where this configuration's results land")
    jobs = plan(path, configfiles, results)
    cells = [(job, cell(job, results, studies)) for job in jobs]
    staged = [(job, at) for job, at in cells if at]
    sections = [
        about(path, studies, results),
        needs([at for _, at in staged], _images(jobs, results), studies, config),
    ]
    to_do = [job for job in jobs if job.to_do]
    if to_do:
        left = [at for job, at in staged if job.to_do]
        stale = {file for job in to_do for file in job.files}
        records = [record for record in _records(studies, results) if record not in stale]
        sections += [
            [*table(jobs), *filter(None, [_deleted(jobs)])],
            time_left(estimate(left, studies, records)),
            disk(cells, studies, config),
            [f"{RUN}: {loading.command(path, configfiles)}"],
        ]
    elif gone := _deleted(jobs):
        sections += [["nothing to run", gone]]
    else:
        sections += [[NOTHING]]
    return "\n\n".join("\n".join(map(_wrapped, section)) for section in sections if section)


def about(path: str, studies: Mapping, results: str) -> list[str]:
    """What it is: for an artefact what it shows, its study and section, and its file."""
    if "/" in path:
        below = PurePosixPath(path).relative_to(results)
        if below.parts[0] in ("figures", "tables") and below.stem in available(studies):
            return about(below.stem, studies, results)
        return [*_of_file(below, studies), f"  file: {_there(path)}"]
    if path in loading.OTHERS:
        return [f"{path}: {loading.OTHERS[path]}"]
    if path in studies:
        return [f"{path}: {_question(studies[path])}", f"  file: {_there(_table(path, results))}"]
    shown = available(studies)[path]
    lines = [f"{path}: {shown.shows}"]
    if not shown.is_picture:
        of = [("of", shown.architectures), ("on", shown.domains)]
        what = _listed(BY_METHOD[method].title for method in shown.methods)
        what += "".join(f" {word} {_listed(names)}" for word, names in of if names)
        lines += [
            f"  study: {shown.study}. {_question(studies[shown.study])}",
            f"  shown: {what}; drawn from the study's table, which needs all below",
        ]
    return [*lines, f"  file: {_there(f'{results}/{shown.file}')}"]


def table(jobs: list[Job]) -> list[str]:
    """Jobs of each rule that are done and to do."""
    done, to_do = (Counter(job.rule for job in jobs if job.to_do == which) for which in (0, 1))
    upwards = jobs[::-1]  # targets come first in Snakemake's summary
    rules = list(dict.fromkeys(job.rule for job in sorted(upwards, key=_order)))
    width = max(map(len, [*rules, "total"]))
    lines = [f"{'jobs'.ljust(width + 2)}  {'done':>7}  {'to do':>7}"]
    for rule in rules:
        lines.append(f"  {rule.ljust(width)}  {done[rule]:>7,}  {to_do[rule]:>7,}")
    lines.append(f"  {'total'.ljust(width)}  {done.total():>7,}  {to_do.total():>7,}")
    again = Counter(job.status for job in jobs if job.again)
    if again:
        inputs = again.pop("ok", 0)
        causes = [
            *again.items(),
            *([("inputs made again, or cut short", inputs)] if inputs else []),
        ]
        words = ", ".join(f"{cause} ({count:,})" for cause, count in causes)
        lines.append(f"  of these to do again, although their files are there: {words}")
    return lines


def _deleted(jobs: list[Job]) -> str:
    """What is gone and not made again, as what was made of it is there; features go by design."""
    gone = Counter(job.rule for job in jobs if job.status == "missing" and not job.to_do)
    words = ", ".join(f"{rule} ({number:,})" for rule, number in gone.items())
    return f"  done and deleted since, but not needed: {words}" if gone else ""


def _images(jobs: list[Job], results: str) -> list[str]:
    """Names of the sources of images: ``base_images``, ``cifar10``, ``cifar100``."""
    made = (PurePosixPath(job.files[0]).relative_to(results).parts for job in jobs)
    found = {part[0] if part[0] == "base_images" else part[1] for part in made if part[0] in IMAGES}
    return sorted(found)


def _wrapped(line: str) -> str:
    """A line of words in lines of ``WIDTH``; a command stays one line, to be copied."""
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    if line.startswith(RUN):
        return line
    return textwrap.fill(
        line, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def _order(job: Job) -> int:
    parts = PurePosixPath(job.files[0]).parts
    return min((ORDER.index(part) for part in parts if part in ORDER), default=len(ORDER))


def time_left(left: Estimate) -> list[str]:
    """The estimate in words."""
    if not left.jobs:
        return ["time left: not estimated; no training, probing or scoring is to do"]
    unit = f"{_amount(left.passes)} passes of an image through a training step of a ResNet-18"
    if not left.records:
        return [
            f"{LEFT}: {_hours(left.hours)} GPU-hours at {PASSES_PER_SECOND:,} images/s",
            f"  no record of a job exists yet, so this is what there is to do: {unit}",
        ]
    cpu = all(device.startswith("cpu") for device in left.devices)
    return [
        f"{LEFT}: {_hours(left.hours)} {'CPU' if cpu else 'GPU'}-hours, one job after another",
        f"  scaled from {count(left.records, 'record')} made on {', '.join(left.devices)}; "
        "rendering is not counted",
    ]


def _records(studies: Mapping, results: str) -> list[str]:
    paths = [
        f"{results}/{name}/{one}" for name, study in studies.items() for one in study.records()
    ]
    return [path for path in paths if Path(path).is_file()]


def _question(study) -> str:
    """The study's number, section and question: the first sentence of its module."""
    return _first_line(sys.modules[type(study).__module__].__doc__)


def _first_line(words: str | None) -> str:
    return " ".join(inspect.cleandoc(words or "").split("\n\n")[0].split())


def _of_file(below: PurePosixPath, studies: Mapping) -> list[str]:
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


def _there(path: str) -> str:
    return f"{path} ({'there' if Path(path).exists() else 'not there'})"


def _listed(words: Iterable[str]) -> str:
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
