"""The cost of results: time and GPU-hours of every study, figure and table, from the records."""

from collections.abc import Iterable, Mapping

from invariance.artefacts import Artefact
from invariance.records.made_with import made_with
from invariance.records.results import read_expected, read_record
from invariance.studies.stages import BY_METHOD
from transforms2d.errors import UserError

TOTAL = "all studies"
METHODS = tuple(method for method, stage in BY_METHOD.items() if not stage.on_request)


def ledger(
    paths: Iterable, artefacts: Iterable[Artefact], expected: Iterable[Mapping] | None = None
):
    """Sum the cost of jobs: for all studies, each study, and each figure and table.

    A record that several figures need counts in each of them, and once in its study. Extraction of
    features counts as part of the linear probes. A training that was killed and resumed counts
    with all its epochs. Rendering has no record and is not counted.

    Parameters
    ----------
    expected : iterable of mapping or None
        Expected content of each record, see ``results.read_expected``.

    Returns
    -------
    pandas.DataFrame
        ``name``, ``study``, ``models`` (trained from scratch), ``jobs``, ``hours`` (wall time, one
        job after another), ``gpu_hours`` (of jobs on a GPU), the hours of each method, the largest
        ``peak_memory_mb`` and ``peak_gpu_memory_mb`` of a job, and ``torch``, ``devices`` and
        ``commits`` of the workflow, see ``made_with.made_with``.

    Raises
    ------
    UserError
        With the path of a record that is damaged or belongs to another job.
    """
    import pandas as pd

    paths = list(paths)
    records = map(read_record, paths) if expected is None else read_expected(paths, expected)
    pairs = zip(paths, records, strict=True)
    costs = [(record, _checked_cost(path, record)) for path, record in pairs]
    studies = dict.fromkeys(record["cell"]["study"] for record, _ in costs)
    rows = [_row(TOTAL, "", costs)]
    for study in studies:
        rows.append(_row(study, study, [c for c in costs if c[0]["cell"]["study"] == study]))
    for artefact in artefacts:
        used = [pair for pair in costs if artefact.is_made_of(pair[0])]
        rows.append(_row(artefact.name, artefact.study, used))
    return pd.DataFrame(rows)


def cost(record: Mapping) -> list[dict]:
    """Seconds, device and memory of the one or two jobs of a record."""
    own = record["provenance"]
    trained = record.get("details", {}).get("training_seconds", 0.0)
    jobs = [{**own, "wall_seconds": max(own["wall_seconds"], trained)}]
    return [*jobs, own["features"]] if "features" in own else jobs


def _checked_cost(path, record: Mapping) -> list[dict]:
    try:
        jobs = cost(record)
        for job in jobs:
            numbers = [job[key] for key in ("wall_seconds", "peak_memory_mb", "peak_gpu_memory_mb")]
            if not isinstance(job["device"], str) or any(number < 0 for number in numbers):
                raise ValueError("an impossible value")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UserError(
            f"{path}: not a valid record: its provenance is incomplete ({error}); delete it and "
            "run the workflow again"
        ) from None
    return jobs


def _row(name: str, study: str, costs: list[tuple[Mapping, list[dict]]]) -> dict:
    jobs = [job for _, cost in costs for job in cost]
    versions = made_with(record for record, _ in costs)
    on_gpu = [job for job in jobs if not job["device"].startswith("cpu")]

    def hours(method):
        return _hours(job for record, cost in costs if record["method"] == method for job in cost)

    return {
        "name": name,
        "study": study,
        "models": sum(_networks(record) for record, _ in costs),
        "jobs": len(jobs),
        "hours": _hours(jobs),
        "gpu_hours": _hours(on_gpu),
        **{f"{method}_hours": hours(method) for method in METHODS},
        "peak_memory_mb": max((job["peak_memory_mb"] for job in jobs), default=0),
        "peak_gpu_memory_mb": max((job["peak_gpu_memory_mb"] for job in jobs), default=0),
        **{name: ", ".join(values) for name, values in versions.items()},
    }


def _hours(jobs: Iterable[dict]) -> float:
    return round(sum(job["wall_seconds"] for job in jobs) / 3600, 6)


def _networks(record: Mapping) -> int:
    """The number of networks that a job trained from scratch."""
    return record.get("details", {}).get("networks", int(record["method"] == "pretraining"))
