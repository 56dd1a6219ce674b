"""The 23 claims of the paper, as checks of a run or of the published values.

The thresholds are this project's, and the published values meet them. Claims 20 to 23 have no
published values; their thresholds define "flat", "rises" and "on the diagonal".
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from invariance.analysis.seed_means import Means
from invariance.scorecard import claims_factors as factors
from invariance.scorecard import claims_features as features
from invariance.scorecard import claims_transfer as transfer
from invariance.scorecard.checks import Check, decide, verdict

FACTORS, FEATURES = "invariance_vs_factors", "irrelevant_features"
TRANSFER, MISMATCH = "invariance_transfer", "invariance_mismatch"


@dataclass(frozen=True)
class Claim:
    """A claim. ``checks`` returns its checks; the first one defines the effect."""

    name: str
    artefact: str
    study: str
    says: str
    checks: Callable[[Means], list[Check]]


CLAIMS = (
    Claim(
        "F2",
        "fig2",
        FACTORS,
        "Pretraining with the target's transformations transfers better, whatever else",
        factors.transfer,
    ),
    Claim(
        "F2-train", "fig2", FACTORS, "The two pretraining tasks are equally hard", factors.own_task
    ),
    Claim(
        "F7/F8",
        "fig7, fig8",
        FACTORS,
        "The same on CIFAR-10 and CIFAR-100, mostly by 0.10 to 0.20",
        factors.transfer_natural,
    ),
    Claim(
        "F7-crossover",
        "fig7",
        FACTORS,
        "Wrong transformations cost many times the samples",
        factors.crossover,
    ),
    Claim(
        "F3-t2d",
        "fig3",
        FACTORS,
        "Transformations matter more than other factors on Transforms-2D",
        factors.exceeds_factors,
    ),
    Claim(
        "F3-cifar",
        "fig3",
        FACTORS,
        "They matter comparably on CIFAR, samples more",
        factors.compares_natural,
    ),
    Claim(
        "T1a",
        "table1",
        FEATURES,
        "Pretraining decides which features transfer",
        features.pretraining_matters,
    ),
    Claim(
        "T1b", "table1", FEATURES, "Features relevant in pretraining are kept", features.relevance
    ),
    Claim(
        "T1c",
        "table1",
        FEATURES,
        "Networks are invariant to what is irrelevant",
        features.invariance,
    ),
    Claim(
        "T1d",
        "table1",
        FEATURES,
        "Irrelevant features that are there are lost more than absent ones",
        features.availability_harms,
    ),
    Claim(
        "F4",
        "fig4",
        MISMATCH,
        "Each missing transformation costs accuracy, superfluous ones do not",
        features.mismatch_resnet,
    ),
    Claim(
        "F18",
        "fig18",
        MISMATCH,
        "So it is with VGG-11, DenseNet-121 and ViT",
        features.mismatch_others,
    ),
    Claim(
        "F9", "fig9", FACTORS, "Fine-tuning on little data keeps the advantage", factors.little_data
    ),
    Claim(
        "F10/F11",
        "fig10, fig11",
        FACTORS,
        "So it does on CIFAR, or ties",
        factors.little_natural_data,
    ),
    Claim(
        "F12-F13",
        "fig12, fig13",
        FACTORS,
        "More target data shrinks the advantage",
        factors.shrinks,
    ),
    Claim("F13", "fig13", FACTORS, "More target data never turns it round", factors.more_data),
    Claim(
        "T2",
        "table2-5",
        TRANSFER,
        "Models trained under a transformation are less sensitive to it on all data",
        transfer.same_is_lowest,
    ),
    Claim(
        "T2-OOD",
        "table2-5",
        TRANSFER,
        "Invariance carries over less to random data",
        transfer.out_of_distribution,
    ),
    Claim(
        "T2-CIFAR",
        "table2-5",
        TRANSFER,
        "On natural images, image and random training give equal invariance",
        transfer.natural_images,
    ),
    Claim(
        "F14-relevance",
        "fig14",
        FEATURES,
        "Object features come with correlation, image features leave at 1",
        features.correlation,
    ),
    Claim(
        "F14-availability",
        "fig14",
        FEATURES,
        "Any availability of an irrelevant object makes its features leave",
        features.availability,
    ),
    Claim(
        "F16/F17",
        "fig16, fig17",
        TRANSFER,
        "A transformation's own model is least sensitive to it",
        transfer.diagonal,
    ),
    Claim(
        "F16-spillover",
        "fig16",
        TRANSFER,
        "Rotation and shear teach flips, hue and grayscale teach each other",
        transfer.spillover,
    ),
)


def judge(claim: Claim, means: Means | None) -> tuple[dict, list[dict]]:
    """The verdict on a claim, and its conditions.

    Parameters
    ----------
    means : Means or None
        Of the claim's study; None if the study was not run.

    Returns
    -------
    The verdict as a row: ``effect`` (the mean of the first check's quantity over its conditions)
    with its 95 % interval ``low``..``high``, the number of ``conditions`` and of those that are
    ``met``, the ``weakest`` (smallest margin), ``verdict`` and ``seeds``. Then one row per
    condition.
    """
    seeds = means.seeds if means else 0
    checks = claim.checks(means) if seeds else []
    # A claim without its first check is not judged.
    checks = [check for check in checks if check.values and checks[0].values]
    conditions = decide([row for check in checks for row in check.conditions()], seeds)
    row = {
        "claim": claim.name,
        "artefact": claim.artefact,
        "study": claim.study,
        "says": claim.says,
        "effect_of": "",
        "effect": np.nan,
        "low": np.nan,
        "high": np.nan,
        "conditions": len(conditions),
        "met": sum(condition["met"] for condition in conditions),
        "weakest": "",
        "verdict": verdict(conditions),
        "seeds": seeds,
    }
    if conditions:
        weakest = min(conditions, key=lambda condition: condition["margin"])
        row["effect_of"] = checks[0].what
        row["effect"], row["low"], row["high"] = checks[0].effect()
        row["weakest"] = f"{weakest['check']}: {weakest['condition']}, {weakest['value']:.3f}"
    return row, [{"claim": claim.name, **condition} for condition in conditions]


def judge_all(cells: dict[str, pd.DataFrame]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Verdicts on all claims and their conditions, from the cells of each study that was run."""
    means = {study: Means(table) for study, table in cells.items()}
    judged = [judge(claim, means.get(claim.study)) for claim in CLAIMS]
    verdicts = pd.DataFrame([row for row, _ in judged])
    return verdicts, pd.DataFrame([row for _, rows in judged for row in rows])
