"""Claims about irrelevant features (sec. 4.2, appendix C.3)."""

from itertools import pairwise

import numpy as np

from invariance.analysis.quantities import Extreme, differences, largest, smallest
from invariance.analysis.seed_means import Means
from invariance.scorecard.checks import Check
from invariance.studies.irrelevant_features import TASKS

PLACE, CORNER, NET = "cifar10_random", "cifar10_corner", "resnet-18"

FLAT = 0.05


def span(values) -> Extreme:
    """The largest minus the smallest of values, each (1 + seeds,)."""
    line = np.column_stack(list(values))
    return largest(differences(line, line))


def column(means: Means, method: str, x: str) -> dict[str, np.ndarray]:
    """A column of table 1, by pretraining; empty unless all four were run."""
    lines = {task: means.line(PLACE, method, "", task, NET) for task in TASKS}
    return {task: line[x] for task, line in lines.items() if x in line}


def accuracy(means: Means, x: str) -> dict[str, np.ndarray]:
    """Accuracies on target ``x``, by pretraining."""
    values = column(means, "linear_probe", x)
    return values if len(values) == len(TASKS) else {}


def sensitivity(means: Means, x: str) -> dict[str, np.ndarray]:
    """Sensitivities ``sens_C`` or ``sens_O``, by pretraining."""
    values = column(means, "sensitivity", x)
    return values if len(values) == len(TASKS) else {}


def pretraining_matters(means: Means) -> list[Check]:
    """7 (table 1)."""
    columns = {x: list(accuracy(means, x).values()) for x in list(TASKS)[:3]}
    ranges = {x: span(values) for x, values in columns.items() if values}
    return [Check("range of accuracies over pretrainings", ">", 0.5, ranges)]


def relevance(means: Means) -> list[Check]:
    """8 (table 1)."""
    images, objects = accuracy(means, "CO_C"), accuracy(means, "CO_O")
    if not images:
        return []
    values = {
        "on CO_C, CO_C minus CO_O model": images["CO_C"] - images["CO_O"],
        "on CO_O, CO_O minus CO_C model": objects["CO_O"] - objects["CO_C"],
    }
    return [Check("difference of accuracies", ">", 0.5, values)]


def invariance(means: Means) -> list[Check]:
    """9 (table 1): the text orders no models, it says low and high."""
    to = {"CO_C": ("sens_O", "sens_C"), "CO_O": ("sens_C", "sens_O")}
    low, high = {}, {}
    for model, (irrelevant, relevant) in to.items():
        scores = sensitivity(means, irrelevant)
        if not scores:
            return []
        low[f"{irrelevant} of {model}"] = scores[model]
        high[f"{relevant} of {model}"] = sensitivity(means, relevant)[model]
    return [
        Check("sensitivity to what is irrelevant", "<", 0.2, low),
        Check("sensitivity to what is relevant", ">", 0.9, high),
    ]


def availability_harms(means: Means) -> list[Check]:
    """10 (table 1)."""
    images, objects = accuracy(means, "CO_C"), accuracy(means, "CO_O")
    if not images:
        return []
    values = {
        "on CO_O, C_C minus CO_C model": objects["C_C"] - objects["CO_C"],
        "on CO_C, O_O minus CO_O model": images["O_O"] - images["CO_O"],
    }
    return [Check("difference of accuracies", ">", 0, values)]


def relevance_over_availability(means: Means) -> list[Check]:
    """25 (table 1): what relevance adds to accuracy, minus what mere availability takes away."""
    images, objects = accuracy(means, "CO_C"), accuracy(means, "CO_O")
    if not images:
        return []
    values = {
        "object labels": _relevance_minus_availability(objects, "CO_O", "CO_C", "C_C"),
        "image labels": _relevance_minus_availability(images, "CO_C", "CO_O", "O_O"),
    }
    return [Check("effect of relevance minus effect of availability", ">", 0, values)]


def _relevance_minus_availability(scores: dict, relevant: str, available: str, absent: str):
    relevance = scores[relevant] - scores[available]
    availability = scores[absent] - scores[available]
    return smallest(relevance - availability, relevance + availability)


def sweep(means: Means, factor: str, target: str) -> dict[str, np.ndarray]:
    """Accuracy on a target's labels by the correlation or availability of pretraining."""
    return means.line(CORNER, "linear_probe", factor, target, NET)


def correlation(means: Means) -> list[Check]:
    """20 (figure 14)."""
    images, objects = (sweep(means, "correlation", x) for x in ("CO_C", "CO_O"))
    below = [x for x in images if float(x) < 1]
    if len(below) < 2 or not {"1", *below} <= set(images) & set(objects):
        return []
    flat = [images[x] for x in below]
    steps = {f"{less} to {more}": objects[more] - objects[less] for less, more in pairwise(objects)}
    drop = {"below 1 minus 1": smallest(*(value - images["1"] for value in flat))}
    return [
        Check("rise of accuracy on object labels, step by step", ">", 0, steps),
        Check("range of accuracy on image labels", "<=", FLAT, {"below 1": span(flat)}),
        Check("drop of accuracy on image labels", ">", 0, drop),
    ]


def availability(means: Means) -> list[Check]:
    """21 (figure 14)."""
    images, objects = (sweep(means, "availability", x) for x in ("CO_C", "CO_O"))
    rare = [x for x in objects if float(x) > 0]
    if "0" not in objects or not rare:
        return []
    fall = {f"0 minus {rare[0]}": objects["0"] - objects[rare[0]]}
    width = {"all": span(images.values())}
    return [
        Check("fall of accuracy on object labels", ">", 0, fall),
        Check("range of accuracy on image labels", "<=", FLAT, width),
    ]
