"""Claims about invariance and other factors of pretraining (sec. 4.1, appendices C.1, C.2)."""

import numpy as np

from invariance.analysis.factor_differences import between, lines, pair
from invariance.analysis.quantities import Extreme, Share, differences, largest, smallest
from invariance.analysis.seed_means import Means
from invariance.analysis.seed_statistics import ROUNDING
from invariance.scorecard.checks import Check
from invariance.studies.vs_factors.models import FACTORS

T2D, CIFAR = ("t2d",), ("cifar10", "cifar100")
PROBE, LOW, HIGH = "linear_probe", "fine_tuning_low", "fine_tuning_high"
GAP = "accuracy after same minus after disjoint transformations"
TIE = -0.005  # two accuracies this close are a tie
SAMPLES = "pretraining_samples"


def gaps(means: Means, domains, method: str, suffix: str = "") -> dict[str, np.ndarray]:
    """Accuracy of same minus disjoint, by domain, factor and value."""
    return {
        f"{domain} {factor} {x}": same - disjoint
        for domain in domains
        for factor in FACTORS
        for x, (same, disjoint) in pair(means, domain, method, factor, suffix).items()
    }


def transfer(means: Means) -> list[Check]:
    """1 (figure 2)."""
    cells = [cell for factor in FACTORS for cell in pair(means, "t2d", PROBE, factor).values()]
    same, disjoint = ([cell[i] for cell in cells] for i in (0, 1))
    apart = {"t2d": _least_gap(same, disjoint)} if cells else {}
    return [
        Check(GAP, ">", 0, gaps(means, T2D, PROBE)),
        Check("lowest of same minus highest of disjoint", ">", 0, apart),
    ]


def own_task(means: Means) -> list[Check]:
    """2 (figure 2): a run collapsed if it lies more than 0.01 below the median of its line."""
    ordinary = {}
    for factor in FACTORS:
        lines = pair(means, "t2d", PROBE, factor, "_training")
        if len(lines) < 2:
            continue
        medians = np.median([[cell[0] for cell in line] for line in lines.values()], axis=0)
        least = min(lines, key=float) if factor == SAMPLES else None
        for x, line in lines.items():
            if x != least and all(line[i][0] >= medians[i] - 0.01 for i in (0, 1)):
                ordinary[f"t2d {factor} {x}"] = _size(line[0] - line[1])
    every = {name: _size(gap) for name, gap in gaps(means, T2D, PROBE, "_training").items()}
    what = "difference of accuracies on the own task"
    return [
        Check(what, "<=", 0.08, every),
        Check(f"{what}, but for collapsed runs and the fewest samples", "<=", 0.01, ordinary),
    ]


def transfer_natural(means: Means) -> list[Check]:
    """3 (figures 7 and 8)."""
    found = gaps(means, CIFAR, PROBE)
    # Those at the ends count.
    usual = [np.column_stack([gap - 0.1, 0.2 - gap]) + 2 * ROUNDING for gap in found.values()]
    share = {"both": Share(np.stack(usual, axis=1))} if usual else {}
    return [
        Check(GAP, ">", 0, found),
        Check("share of these differences in 0.10 to 0.20", ">", 0.5, share),
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
    """5 (figure 3): the class relationship may change disjoint models as much."""
    found = {factor: lines(means, "t2d", PROBE, factor) for factor in FACTORS}
    found = {factor: both for factor, both in found.items() if both}
    same = {f: _minus_range(between(*both), both[0]) for f, both in found.items()}
    disjoint = {
        f: _minus_range(between(*both), both[1])
        for f, both in found.items()
        if f != "class_relationship"
    }
    return [
        Check("same against disjoint, minus range within same", ">=", 0, same),
        Check("same against disjoint, minus range within disjoint", ">=", 0, disjoint),
    ]


def compares_natural(means: Means) -> list[Check]:
    """6 (figure 3)."""
    half, below_same, below_disjoint, least = {}, {}, {}, {}
    for domain in CIFAR:
        for factor in FACTORS:
            both = lines(means, domain, PROBE, factor)
            if not both:
                continue
            name, ours = f"{domain} {factor}", between(*both)
            within = [differences(line, line) for line in both]
            if factor == SAMPLES:
                below_same[name] = largest(within[0] - ours[:, None])
                below_disjoint[name] = largest(within[1] - ours[:, None])
                least[name] = ours
            else:
                half[name] = smallest(*(ours[:, None] - each / 2 for each in within))
    return [
        Check("same against disjoint, minus half the larger range within", ">=", 0, half),
        Check("range within same, minus same against disjoint", ">=", 0, below_same),
        Check("range within disjoint, minus same against disjoint", ">=", -0.02, below_disjoint),
        Check("same against disjoint", ">=", 0.05, least),
    ]


def little_data(means: Means) -> list[Check]:
    """13 (figure 9)."""
    return [Check(GAP, ">", 0, gaps(means, T2D, LOW))]


def little_natural_data(means: Means) -> list[Check]:
    """14 (figures 10 and 11)."""
    return [Check(GAP, ">=", TIE, gaps(means, CIFAR, LOW))]


def shrinks(means: Means) -> list[Check]:
    """15 (figures 12 and 13)."""
    low, high = gaps(means, T2D, LOW), gaps(means, T2D, HIGH)
    shrinking = {name: low[name] - high[name] for name in low if name in high}
    t2d, cifar = {}, {}
    for into, domains in ((t2d, T2D), (cifar, CIFAR)):
        for domain in domains:
            for factor in FACTORS:
                little, much = (lines(means, domain, how, factor) for how in (LOW, HIGH))
                if little and much:
                    into[f"{domain} {factor}"] = between(*little) - between(*much)
    return [
        Check("gap with little minus gap with more target data", ">", 0, shrinking),
        Check("same against disjoint, with little minus with more data", ">", 0, t2d),
        Check("same against disjoint, with little minus with more data", ">=", TIE, cifar),
    ]


def more_data(means: Means) -> list[Check]:
    """16 (figure 13)."""
    return [Check(GAP, ">=", TIE, gaps(means, (*T2D, *CIFAR), HIGH))]


def _least_gap(these: list, those: list) -> Extreme:
    return smallest(differences(np.column_stack(these), np.column_stack(those)))


def _size(gap: np.ndarray) -> Extreme:
    return largest(gap, -gap)


def _minus_range(ours: np.ndarray, line: np.ndarray) -> Extreme:
    return smallest(ours[:, None] - differences(line, line))
