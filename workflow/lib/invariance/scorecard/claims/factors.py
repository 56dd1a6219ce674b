"""Claims about invariance and other factors of pretraining (sec. 4.1, appendices C.1, C.2).

The text is about series, not about single values of a factor: quantities are averages over the
values that were run.
"""

import numpy as np

from invariance.analysis.factor_differences import between, lines, pair
from invariance.analysis.quantities import Extreme, differences, largest, smallest
from invariance.analysis.seed_means import Means
from invariance.scorecard.checks import Check
from invariance.studies.vs_factors.models import FACTORS

T2D, CIFAR = ("t2d",), ("cifar10", "cifar100")
PROBE, LOW, HIGH = "linear_probe", "fine_tuning_low", "fine_tuning_high"
GAP = "accuracy after same minus after disjoint transformations"
TIE = -0.005  # two accuracies this close are a tie
SAMPLES = "pretraining_samples"
COMPARABLE = 0.5  # at least this share of a range is comparable with it
OWN_TASK = "_training"


def gaps(means: Means, domains, method: str, suffix: str = "") -> dict[str, np.ndarray]:
    """Accuracy of same minus disjoint, by domain and factor: the average over its values."""
    result = {}
    for domain in domains:
        for factor in FACTORS:
            cells = pair(means, domain, method, factor, suffix).values()
            if cells:
                result[f"{domain} {factor}"] = np.mean([same - other for same, other in cells], 0)
    return result


def domain_gaps(means: Means, domains, method: str) -> dict[str, np.ndarray]:
    """Accuracy of same minus disjoint, by domain: the average over all values of all factors."""
    result = {}
    for domain in domains:
        panels = [pair(means, domain, method, factor).values() for factor in FACTORS]
        cells = [same - disjoint for panel in panels for same, disjoint in panel]
        if cells:
            result[domain] = np.mean(cells, axis=0)
    return result


def transfer(means: Means) -> list[Check]:
    """1 (figure 2)."""
    return [Check(GAP, ">", 0, gaps(means, T2D, PROBE))]


def own_task(means: Means) -> list[Check]:
    """2 (figure 2)."""
    sizes = {name: _size(gap) for name, gap in gaps(means, T2D, PROBE, OWN_TASK).items()}
    return [Check("difference of accuracies on the own task", "<=", 0.05, sizes)]


def own_task_learned(means: Means) -> list[Check]:
    """24 (figure 2): few samples and collapsed runs weigh as much as all others."""
    panels = [pair(means, "t2d", PROBE, factor, OWN_TASK).values() for factor in FACTORS]
    cells = [cell for panel in panels for cell in panel]
    if not cells:
        return []
    same, disjoint = np.mean(cells, axis=0)
    values = {"t2d same": same, "t2d disjoint": disjoint}
    return [Check("average accuracy on the own task", ">=", 0.95, values)]


def transfer_natural(means: Means) -> list[Check]:
    """3 (figures 7 and 8)."""
    by_domain = list(domain_gaps(means, CIFAR, PROBE).values())
    usual = {}
    if by_domain:
        average = np.mean(by_domain, axis=0)
        usual["both"] = smallest(average - 0.1, 0.2 - average)
    return [
        Check(GAP, ">", 0, gaps(means, CIFAR, PROBE)),
        Check("how far their average is within 0.10 to 0.20", ">=", 0, usual),
    ]


def crossover(means: Means) -> list[Check]:
    """4 (figure 7)."""
    lines = pair(means, "cifar10", PROBE, SAMPLES)
    if not {"200", "1000", "4500"} <= set(lines):
        return []
    many = lines["4500"][1]
    values = {
        "disjoint at 4500 minus same at 200 per class": many - lines["200"][0],
        "same at 1000 minus disjoint at 4500 per class": lines["1000"][0] - many,
    }
    return [Check("accuracy", ">", 0, values)]


def exceeds_factors(means: Means) -> list[Check]:
    """5 (figure 3): more than other factors change same models, comparable for disjoint ones."""
    both_lines = [lines(means, "t2d", PROBE, factor) for factor in FACTORS]
    both_lines = [both for both in both_lines if both]
    if not both_lines:
        return []
    more = {"t2d": _minus_ranges(both_lines, 0, 1)}
    comparable = {"t2d": _minus_ranges(both_lines, 1, COMPARABLE)}
    return [
        Check("same against disjoint, minus range within same", ">=", 0, more),
        Check("same against disjoint, minus half the range within disjoint", ">=", 0, comparable),
    ]


def compares_natural(means: Means) -> list[Check]:
    """6 (figure 3)."""
    same, disjoint, below_same, below_disjoint, least = {}, {}, {}, {}, {}
    for domain in CIFAR:
        samples = lines(means, domain, PROBE, SAMPLES)
        others = [lines(means, domain, PROBE, factor) for factor in FACTORS if factor != SAMPLES]
        others = [both for both in others if both]
        if others:
            same[domain] = _minus_ranges(others, 0, COMPARABLE)
            disjoint[domain] = _minus_ranges(others, 1, COMPARABLE)
        if samples:
            least[domain] = between(*samples)
            below_same[domain] = _range_minus(samples, 0, 1)
            below_disjoint[domain] = _range_minus(samples, 1, COMPARABLE)
    what = "same against disjoint, minus half the range within"
    samples = "samples: range within"
    return [
        Check(f"{what} same", ">=", 0, same),
        Check(f"{what} disjoint", ">=", 0, disjoint),
        Check(f"{samples} same, minus same against disjoint", ">=", 0, below_same),
        Check(f"{samples} disjoint, minus half of same against disjoint", ">=", 0, below_disjoint),
        Check("samples: same against disjoint", ">", 0, least),
    ]


def little_data(means: Means) -> list[Check]:
    """13 (figure 9)."""
    return [Check(GAP, ">", 0, gaps(means, T2D, LOW))]


def little_natural_data(means: Means) -> list[Check]:
    """14 (figures 10 and 11)."""
    return [Check(GAP, ">", 0, gaps(means, CIFAR, LOW))]


def shrinks(means: Means) -> list[Check]:
    """15 (figures 12 and 13)."""

    def shrinking(domains):
        low, high = (domain_gaps(means, domains, how) for how in (LOW, HIGH))
        return {domain: low[domain] - high[domain] for domain in low if domain in high}

    what = "same against disjoint, with little minus with more target data"
    return [
        Check(what, ">", 0, shrinking(T2D)),
        Check(what, ">=", TIE, shrinking(CIFAR)),
    ]


def more_data(means: Means) -> list[Check]:
    """16 (figure 13)."""
    return [Check(GAP, ">", 0, domain_gaps(means, (*T2D, *CIFAR), HIGH))]


def _size(gap: np.ndarray) -> Extreme:
    return largest(gap, -gap)


def _mean_ranges(panels, which: int) -> np.ndarray:
    """Parts whose largest is the mean over panels of a line's range, (1 + seeds, parts).

    A part is one pair of values per panel.
    """
    total = np.zeros((len(panels[0][which]), 1))
    for both in panels:
        parts = differences(both[which], both[which]) / len(panels)
        total = (total[:, :, None] + parts[:, None, :]).reshape(len(parts), -1)
    return total


def _minus_ranges(panels, which: int, share: float) -> Extreme:
    """Same against disjoint minus a share of the range within, averaged over panels."""
    ours = np.mean([between(*both) for both in panels], axis=0)
    return smallest(ours[:, None] - share * _mean_ranges(panels, which))


def _range_minus(both, which: int, share: float) -> Extreme:
    """The range within a line minus a share of same against disjoint."""
    return largest(differences(both[which], both[which]) - share * between(*both)[:, None])
