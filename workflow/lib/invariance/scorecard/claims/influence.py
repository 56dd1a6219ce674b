"""Claims about the influence of source classes on a transfer; a seed is a design.

Nothing is published to compare with. Conditions are domains; claims on planted classes are about
rendered objects only. All quantities are differences, shares or correlations within a design.
"""

import numpy as np

from invariance.analysis.published.influence import COUNTERFACTUALS, GAIN, INFLUENCE, MENDED
from invariance.analysis.seed_means import Means
from invariance.scorecard.checks import Check
from invariance.scorecard.claims.claim import NONE, Claim

STUDY = "influence"
ABOVE = 0.9  # share of the other classes that a leak exceeds; 0.5 by chance
FOUND = 0.9  # share of leaks that have the largest influence on what they show
AS_WELL = -0.05  # an area under a curve that is lower by less counts as equal


def worst_first(means: Means) -> list[Check]:
    """I1: bottom against random."""
    values = _minus(means, COUNTERFACTUALS, "area", "bottom", "random")
    return [Check("mean accuracy, most harmful removed first minus at random", ">", 0, values)]


def best_first(means: Means) -> list[Check]:
    """I2: random against top."""
    values = _minus(means, COUNTERFACTUALS, "area", "random", "top")
    return [Check("mean accuracy, removed at random minus most helpful first", ">", 0, values)]


def fewer(means: Means) -> list[Check]:
    """I3: fixed at half of the classes, and at the best number."""
    half, best = (_values(means, COUNTERFACTUALS, GAIN, x) for x in ("half", "best"))
    return [
        Check("accuracy without the more harmful half minus with all classes", ">", 0, half),
        Check("the same at the best number by other images", ">", 0, best),
    ]


def leaks(means: Means) -> list[Check]:
    """I4: on the target class that a leak shows; by rank too, as designs are not equally hard."""
    above, lead, first = (_values(means, INFLUENCE, "leak", x) for x in ("above", "lead", "first"))
    return [
        Check("share of other classes with less influence on what a leak shows", ">", ABOVE, above),
        Check("influence of leaks on what they show, minus other classes' influence", ">", 0, lead),
        Check("share of leaks that have the largest influence there", ">=", FOUND, first),
    ]


def invariance(means: Means) -> list[Check]:
    """I5: carriers show other objects under the target's list."""
    values = _values(means, INFLUENCE, "carrier", "minus neutral")
    return [Check("influence of carriers minus of neutral classes", ">", 0, values)]


def part_of_it(means: Means) -> list[Check]:
    """I6: leaks are left out, as they also show the target's objects."""
    values = _values(means, INFLUENCE, "overlap", "correlation")
    return [Check("rank correlation of influence and overlap, without leaks", ">", 0, values)]


def mapping_as_good(means: Means) -> list[Check]:
    """I7: how well carriers are told from partial and neutral classes."""
    values = _minus(means, INFLUENCE, "AUROC of carrier", "mapping", INFLUENCE)
    return [Check("AUROC of carriers, label mapping minus influence", ">=", AS_WELL, values)]


def mended(means: Means) -> list[Check]:
    """I8: at the smallest number of removed classes."""
    values = _values(means, COUNTERFACTUALS, MENDED, "wrong images")
    what = "accuracy on images that were wrong, their most harmful classes removed minus random"
    return [Check(what, ">", 0, values)]


CLAIMS = (
    Claim(
        "I1",
        "counterfactuals",
        STUDY,
        "Removing harmful classes beats random removal",
        worst_first,
        NONE,
    ),
    Claim(
        "I2",
        "counterfactuals",
        STUDY,
        "Removing the most helpful source classes is worse than removing random ones",
        best_first,
        NONE,
    ),
    Claim(
        "I3",
        "counterfactuals",
        STUDY,
        "Fewer source classes can transfer better than all",
        fewer,
        NONE,
    ),
    Claim(
        "I4",
        "influence_map",
        STUDY,
        "Influence finds the classes that leak a target",
        leaks,
        NONE,
    ),
    Claim(
        "I5",
        "influence_by_class",
        STUDY,
        "A source class with other objects helps by the target's transformations",
        invariance,
        NONE,
    ),
    Claim(
        "I6",
        "influence_predictors",
        STUDY,
        "So it does by some of the target's transformations",
        part_of_it,
        NONE,
    ),
    Claim(
        "I7",
        "influence_baselines",
        STUDY,
        "Label mapping of one full model finds such classes as well as influence",
        mapping_as_good,
        NONE,
    ),
    Claim(
        "I8",
        "influence_areas",
        STUDY,
        "Removing the classes behind wrong predictions mends them better than removing at random",
        mended,
        NONE,
    ),
)


def _values(means: Means, method: str, series: str, x: str) -> dict[str, np.ndarray]:
    """A quantity by domain, (1 + seeds,) each; without domains that lack it."""
    lines = {domain: means.line(domain, method, "", series) for domain in _domains(means)}
    return {domain: line[x] for domain, line in lines.items() if x in line}


def _minus(means: Means, method: str, x: str, this: str, that: str) -> dict[str, np.ndarray]:
    these, those = (_values(means, method, series, x) for series in (this, that))
    return {domain: these[domain] - those[domain] for domain in these if domain in those}


def _domains(means: Means) -> list[str]:
    return list(dict.fromkeys(key[0] for key in means.cells))
