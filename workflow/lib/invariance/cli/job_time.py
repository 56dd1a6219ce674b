"""An estimate of the time of jobs, from the records of similar jobs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from invariance.cli.snakemake_plan import Cell
from invariance.records.cost import cost
from invariance.records.record_checks import check_record
from invariance.records.results import read_record
from invariance.studies.stages import BY_METHOD, STAGES, counted_in
from transforms2d.errors import UserError

PASSES_PER_SECOND = 10_000  # assumed if there is no record


@dataclass(frozen=True)
class Estimate:
    """The time left for the stages with records; rendering is not counted.

    Attributes
    ----------
    jobs : int
    passes : float
        Images times training steps of ResNet-18, as in ``resources``.
    hours : float
        One job after another; at ``PASSES_PER_SECOND`` if there is no record.
    records : int
        Number of records that the estimate uses.
    devices : tuple of str
        Devices of these records.
    """

    jobs: int
    passes: float
    hours: float
    records: int
    devices: tuple[str, ...]


def estimate(cells: Iterable[Cell], studies: Mapping, records: Iterable) -> Estimate:
    """Estimate the time of jobs.

    Parameters
    ----------
    cells : iterable of Cell
        The jobs to do; those that leave no record, such as rendering, are left out.
    studies : mapping of name to Study
    records : iterable of paths
        Records of finished jobs of these studies and settings. The seconds per pass come from
        records of the same stage and architecture, else of the same stage, else from all. Damaged
        records are ignored.
    """
    rates = Rates(studies)
    for path in records:
        try:
            record = read_record(path)
            check_record(path, record)
            rates.add(record)
        except (UserError, LookupError, TypeError, AttributeError, ValueError):
            continue
    left = [cell for cell in cells if STAGES[cell.stage].record]
    passes = sum(work(cell, studies) for cell in left)
    if rates.records:
        seconds = sum(work(cell, studies) * rates.seconds_per_pass(cell) for cell in left)
    else:
        seconds = passes / PASSES_PER_SECOND
    devices = tuple(sorted(rates.devices))
    return Estimate(len(left), passes, seconds / 3600, rates.records, devices)


def work(cell: Cell, studies: Mapping) -> float:
    """The passes of one job."""
    place = [cell.domain, cell.seed, cell.name, *([cell.target] if cell.target else [])]
    return STAGES[cell.stage].work(studies[cell.study], *place).passes


class Rates:
    """Seconds per pass by stage and architecture, from records."""

    def __init__(self, studies: Mapping):
        self.studies = studies
        self.records = 0
        self.devices: set[str] = set()
        self._sums: dict[tuple, tuple[float, float]] = {}

    def add(self, record: Mapping) -> None:
        """Add the times of a record."""
        place = record["cell"]
        method = record["method"]
        per_target = BY_METHOD[method].is_per_target
        target = record["evaluations"][0]["target"] if per_target else None
        for stage, job in zip(counted_in(method), cost(record), strict=False):
            names = place["study"], place["domain"], place["seed"]
            cell = Cell(*names, stage.name, place["model"], target)
            passes = work(cell, self.studies)
            for key in ((cell.stage, place["architecture"]), (cell.stage,), ()):
                seconds, total = self._sums.get(key, (0.0, 0.0))
                self._sums[key] = seconds + job["wall_seconds"], total + passes
            self.devices.add(job["device"])
        self.records += 1

    def seconds_per_pass(self, cell: Cell) -> float:
        """Mean seconds per pass of similar jobs."""
        architecture = self.studies[cell.study].architecture(cell.name)
        keys = ((cell.stage, architecture), (cell.stage,), ())
        seconds, passes = next(self._sums[key] for key in keys if key in self._sums)
        return seconds / passes
