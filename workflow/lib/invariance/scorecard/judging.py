"""Verdicts on the claims, from the means of a run or of the published values."""

import numpy as np
import pandas as pd

from invariance.analysis.seed_means import Means
from invariance.scorecard.checks import decide, verdict
from invariance.scorecard.claims import CLAIMS
from invariance.scorecard.claims.claim import POOLED, RUN, Claim


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


def judge_all(
    cells: dict[str, pd.DataFrame], pooled: dict[str, pd.DataFrame], accuracy: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Verdicts on all claims and their conditions, from the cells of each study that was run.

    Parameters
    ----------
    cells, pooled : dict of DataFrame
        With the accuracies that the run shows, and with pooled ones.
    accuracy : str
        Which accuracies the run shows: ``test`` or ``pooled_macro``.

    Returns
    -------
    Two tables, of the rows of ``judge``. Verdicts also have ``accuracy``: what they are about, and
    empty for sensitivities.
    """
    means = {study: Means(table) for study, table in cells.items()}
    pooled_means = means if pooled is cells else {s: Means(table) for s, table in pooled.items()}
    judged = [
        judge(claim, (pooled_means if claim.accuracy == POOLED else means).get(claim.study))
        for claim in CLAIMS
    ]
    verdicts = pd.DataFrame([row for row, _ in judged])
    verdicts["accuracy"] = [accuracy if c.accuracy == RUN else c.accuracy for c in CLAIMS]
    return verdicts, pd.DataFrame([row for _, rows in judged for row in rows])
