"""Claims about the invariances that self-supervised networks learn, and about what these cost.

Nothing is published to compare with. All quantities are differences or correlations within a seed.
Conditions are domains, axes, and what a claim is about. Ventral views crop and flip, dorsal views
change colours and blur; a network's own axis is that of its views.
"""

import numpy as np

from invariance.analysis.contrastive.conditions import DORSAL, UNTRAINED, VENTRAL
from invariance.analysis.contrastive.from_table import LATENTS as OF_AXIS
from invariance.analysis.contrastive.from_table import SENSITIVITY, WHITENED
from invariance.analysis.contrastive.gains import ENSEMBLE, PART
from invariance.analysis.published.contrastive import AGREEMENT, CARRIED, FUSION, LATENTS, WHOLE
from invariance.analysis.seed_means import Means
from invariance.scorecard.checks import Check
from invariance.scorecard.claims.claim import NONE, Claim

STUDY = "contrastive"
OWN, OTHER = {"spatial": VENTRAL, "appearance": DORSAL}, {"spatial": DORSAL, "appearance": VENTRAL}
FIRM = 0.7  # a rank correlation from which on ranks share half of their variance


def views_decide(means: Means) -> list[Check]:
    """C1: by sensitivity."""
    values = _mirror(means, WHOLE, SENSITIVITY)
    return [Check("sensitivity under the other axis's views minus under its own", ">", 0, values)]


def whitened_too(means: Means) -> list[Check]:
    """C2: by the whitened cosine, with its covariance shrunk by 0.01."""
    values = _mirror(means, WHOLE, WHITENED)
    what = "whitened cosine under an axis's own views minus under the other's"
    return [Check(what, ">", 0, values)]


def learnt(means: Means) -> list[Check]:
    """C3: both measures."""
    untrained = dict.fromkeys(OWN, UNTRAINED)
    whitened = _own(means, WHOLE, WHITENED, untrained)
    sensitivity = _own(means, WHOLE, SENSITIVITY, untrained)
    return [
        Check("sensitivity without training minus under an axis's own views", ">", 0, sensitivity),
        Check("whitened cosine under own views minus without training", ">", 0, whitened),
    ]


def carries_over(means: Means) -> list[Check]:
    """C4: twins of objects, and other images."""
    sets = list(dict.fromkeys(key[2] for key in means.cells if key[1] == CARRIED))
    values = {
        f"{condition}, {name}": value
        for name in sets
        for condition, value in _mirror(means, CARRIED, name).items()
    }
    what = "sensitivity on other data under the other axis's views minus under its own"
    return [Check(what, ">", 0, values)]


def not_predicted(means: Means) -> list[Check]:
    """C5: latents of each axis."""
    appearance, spatial = (_latents(means, axis) for axis in ("appearance", "spatial"))
    return [
        Check("R2 of latents of appearance, ventral minus dorsal", ">", 0, appearance),
        Check("R2 of spatial latents, dorsal minus ventral", ">", 0, spatial),
    ]


def fusion_better(means: Means) -> list[Check]:
    """C6: every fusion and task; better than the better one is better than each."""
    parts, ensembles = (_gains(means, kind) for kind in (PART, ENSEMBLE))
    return [
        Check("score of a fusion minus that of one of its networks", ">", 0, parts),
        Check("score of a fusion minus that of an ensemble of its size", ">", 0, ensembles),
    ]


def measures_agree(means: Means) -> list[Check]:
    """C7: over conditions, the mean over transformations."""
    values = {
        f"{key[0]}, {key[4]}": array for key, array in means.cells.items() if key[1] == AGREEMENT
    }
    return [Check("rank correlation of a cosine with sensitivity", ">=", FIRM, values)]


CLAIMS = (
    Claim(
        "C1",
        "two_axes",
        STUDY,
        "Views decide what a network is invariant to",
        views_decide,
        NONE,
    ),
    Claim("C2", "two_axes", STUDY, "So says the whitened cosine", whitened_too, NONE),
    Claim(
        "C3",
        "contrastive_invariance",
        STUDY,
        "It is learnt: an untrained network is less invariant",
        learnt,
        NONE,
    ),
    Claim(
        "C4",
        "contrastive_invariance",
        STUDY,
        "Invariance carries over to changes of objects and to other images",
        carries_over,
        NONE,
    ),
    Claim(
        "C5",
        "latents",
        STUDY,
        "What a network is invariant to cannot be read from its features as well",
        not_predicted,
        NONE,
    ),
    Claim(
        "C6",
        "fusion",
        STUDY,
        "Fusion beats its better part, and an ensemble of its size",
        fusion_better,
        NONE,
    ),
    Claim(
        "C7",
        "agreement",
        STUDY,
        "Measures of invariance put networks in the same order",
        measures_agree,
        NONE,
    ),
)


def _mirror(means: Means, method: str, factor: str) -> dict[str, np.ndarray]:
    """``_own`` against the other axis's views, in domains where both axes were measured.

    On one axis alone, a network that is invariant to everything would meet the claim.
    """
    found = _own(means, method, factor, OTHER)
    domains = [name for name in _domains(means) if all(f"{name}, {one}" in found for one in OWN)]
    return {key: found[key] for name in domains for axis in OWN for key in [f"{name}, {axis}"]}


def _own(means: Means, method: str, factor: str, others: dict) -> dict[str, np.ndarray]:
    """How much more invariant networks of an axis's own views are than others, by domain and axis.

    (1 + seeds,) each; without what was not measured. Less sensitive is more invariant.
    """
    found = {}
    for domain in _domains(means):
        for axis, own in OWN.items():
            these, those = (
                means.line(domain, method, factor, one).get(axis) for one in (own, others[axis])
            )
            if these is not None and those is not None:
                found[f"{domain}, {axis}"] = (these - those) * (1 if factor == WHITENED else -1)
    return found


def _latents(means: Means, axis: str) -> dict[str, np.ndarray]:
    found = {}
    for domain in _domains(means):
        other, own = (means.line(domain, LATENTS, "", one[axis]) for one in (OTHER, OWN))
        names = [name for name in OF_AXIS[axis] if name in own and name in other]
        found |= {f"{domain}, {name}": other[name] - own[name] for name in names}
    return found


def _gains(means: Means, kind: str) -> dict[str, np.ndarray]:
    return {
        f"{domain}, {series} over {against.removeprefix('moco/')}": array
        for (domain, method, factor, against, series, *_), array in means.cells.items()
        if (method, factor) == (FUSION, kind)
    }


def _domains(means: Means) -> list[str]:
    return list(dict.fromkeys(key[0] for key in means.cells))
