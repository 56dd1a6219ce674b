"""How long what is to do would take: from what the same kind of work took before."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from invariance.cli.snakemake_plan import Cell
from invariance.records.cost import cost
from invariance.records.record_checks import check_record
from invariance.records.results import read_record
from invariance.studies.stages import BY_METHOD, STAGES, counted_in
from transforms2d.errors import UserError

PASSES_PER_SECOND = 10_000  # where nothing was measured


@dataclass(frozen=True)
class Estimate:
    """What is left of the stages from pretraining on; rendering is not counted.

    Attributes
    ----------
    jobs : int
    passes : float
        Of an image through a training step of ResNet-18, as in ``resources``.
    hours : float
        One job after another; at ``PASSES_PER_SECOND`` if there is no record.
    records : int
        That the hours are scaled from.
    devices : tuple of str
        Where these were made.
    """

    jobs: int
    passes: float
    hours: float
    records: int
    devices: tuple[str, ...]


def estimate(cells: Iterable[Cell], studies: Mapping, records: Iterable) -> Estimate:
    """Time that jobs would take.

    Parameters
    ----------
    cells : iterable of Cell
        The jobs to do; those of rendering are left out.
    studies : mapping of name to Study
    records : iterable of paths
        Records of finished jobs of these studies and settings. Seconds a pass are taken from those
        of the same stage and architecture, else of the same stage, else of all; a record that is
        damaged tells nothing.
    """
    rates = Rates(studies)
    for path in records:
        try:
            record = read_record(path)
            check_record(path, record)
            rates.add(record)
        except (UserError, LookupError, TypeError, AttributeError, ValueError):
            continue
    left = [cell for cell in cells if cell.stage != "dataset"]
    passes = sum(work(cell, studies) for cell in left)
    if rates.records:
        seconds = sum(work(cell, studies) * rates.of(cell) for cell in left)
    else:
        seconds = passes / PASSES_PER_SECOND
    devices = tuple(sorted(rates.devices))
    return Estimate(len(left), passes, seconds / 3600, rates.records, devices)


def work(cell: Cell, studies: Mapping) -> float:
    """Passes of one job."""
    where = [cell.domain, cell.seed, cell.name, *([cell.target] if cell.target else [])]
    return STAGES[cell.stage].work(studies[cell.study], *where).passes


class Rates:
    """Seconds a pass by stage and architecture, from records."""

    def __init__(self, studies: Mapping):
        self.studies = studies
        self.records = 0
        self.devices: set[str] = set()
        self._sums: dict[tuple, tuple[float, float]] = {}

    def add(self, record: Mapping) -> None:
        """Count what a record tells."""
        at = record["cell"]
        method = record["method"]
        of_target = BY_METHOD[method].is_per_target
        target = record["evaluations"][0]["target"] if of_target else None
        for stage, job in zip(counted_in(method), cost(record), strict=False):
            cell = Cell(at["study"], at["domain"], at["seed"], stage.name, at["model"], target)
            passes = work(cell, self.studies)
            for key in ((cell.stage, at["architecture"]), (cell.stage,), ()):
                seconds, of = self._sums.get(key, (0.0, 0.0))
                self._sums[key] = seconds + job["wall_seconds"], of + passes
            self.devices.add(job["device"])
        self.records += 1

    def of(self, cell: Cell) -> float:
        """Seconds a pass of a job like this one."""
        architecture = self.studies[cell.study].model(cell.name).architecture
        keys = ((cell.stage, architecture), (cell.stage,), ())
        seconds, passes = next(self._sums[key] for key in keys if key in self._sums)
        return seconds / passes
