"""Claims about transformations that training lacks, or has beyond the target's (sec. 5.2)."""

from itertools import pairwise

import numpy as np

from invariance.analysis.seed_means import Means
from invariance.scorecard.checks import Check

SIZES = tuple(map(str, range(1, 9)))
RESNET, OTHERS = ("resnet-18",), ("vgg-11", "densenet-121", "vit")
NO_COST = -0.03  # published runs of one setting differ by 0.03
LEARNED = 0.95


def grid(means: Means, net: str) -> dict[int, dict[int, np.ndarray]]:
    """Accuracies by the number of transformations in training, then in the target."""
    lines = {k: means.line("t2d", "linear_probe", "", f"train_{k}", net) for k in SIZES}
    return {int(k): {int(j): v for j, v in line.items()} for k, line in lines.items() if line}


def mismatch(means: Means, architectures) -> list[Check]:
    """11 and 12 (figures 4 and 18).

    All quantities are averages over pairs of numbers of transformations, in training and in the
    target. Models with superfluous transformations are compared with the model that has exactly the
    target's.
    """
    averages: dict[str, dict] = {name: {} for name in ("each", "by", "gain", "cost", "learned")}
    for net in architectures:
        trained = grid(means, net)
        steps = [
            (line[j] - line[more]) / (more - j)
            for k, line in trained.items()
            for j, more in pairwise([j for j in line if j >= k])
        ]
        gains = [
            (trained[larger][j] - line[j]) / (larger - k)
            for (k, line), larger in zip(trained.items(), [*trained][1:], strict=False)
            for j in line
            if j >= larger and j in trained[larger]
        ]
        exact = {k: line[k] for k, line in trained.items() if k in line}
        cost = [
            line[j] - exact[j] for k, line in trained.items() for j in line if j < k and j in exact
        ]
        learned = [line[j] for k, line in trained.items() for j in line if j <= k]
        for name, values in (("each", steps), ("gain", gains), ("cost", cost)):
            if values:
                averages[name][net] = np.mean(values, axis=0)
        if learned:
            averages["learned"][net] = np.mean(learned, axis=0)
        for missing in sorted({j - k for k, line in trained.items() if k in exact for j in line}):
            pairs = [
                exact[k] - line[k + missing]
                for k, line in trained.items()
                if k in exact and k + missing in line
            ]
            if missing > 0:
                averages["by"][f"{net}, {missing} missing"] = np.mean(pairs, axis=0)
    return [
        Check("loss of accuracy per missing transformation", ">", 0, averages["each"]),
        Check("loss of accuracy against the target's own set", ">", 0, averages["by"]),
        Check("gain of accuracy per transformation in training", ">", 0, averages["gain"]),
        Check(
            "accuracy with superfluous transformations minus with the target's own set",
            ">=",
            NO_COST,
            averages["cost"],
        ),
        Check("accuracy where none is missing", ">=", LEARNED, averages["learned"]),
    ]


def mismatch_resnet(means: Means) -> list[Check]:
    """11 (figure 4)."""
    return mismatch(means, RESNET)


def mismatch_others(means: Means) -> list[Check]:
    """12 (figure 18)."""
    return mismatch(means, OTHERS)
