"""Claims about irrelevant features (sec. 4.2, appendix C.3) and mismatch (sec. 5.2)."""

from itertools import pairwise

import numpy as np

from invariance.analysis.quantities import Extreme, differences, largest, smallest
from invariance.analysis.seed_means import Means
from invariance.scorecard.checks import Check
from invariance.studies.irrelevant_features import TASKS

PLACE, CORNER, NET = "cifar10_random", "cifar10_corner", "resnet-18"

FLAT = 0.05
SIZES = tuple(map(str, range(1, 9)))


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
    found = column(means, "linear_probe", x)
    return found if len(found) == len(TASKS) else {}


def sensitivity(means: Means, x: str) -> dict[str, np.ndarray]:
    """Sensitivities ``sens_C`` or ``sens_O``, by pretraining."""
    found = column(means, "sensitivity", x)
    return found if len(found) == len(TASKS) else {}


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
    """9 (table 1)."""
    to = {"CO_C": ("sens_O", "sens_C"), "CO_O": ("sens_C", "sens_O")}
    margins, low, high = {}, {}, {}
    for model, (irrelevant, relevant) in to.items():
        scores = sensitivity(means, irrelevant)
        if not scores:
            return []
        low[f"{irrelevant} of {model}"] = scores[model]
        high[f"{relevant} of {model}"] = sensitivity(means, relevant)[model]
        for task in TASKS:
            if task != model:
                margins[f"{irrelevant}, {task} minus {model}"] = scores[task] - scores[model]
    return [
        Check("sensitivity of others minus that of the model", ">", 0, margins),
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


def sweep(means: Means, factor: str, target: str) -> dict[str, np.ndarray]:
    """Accuracy on a target's labels by the correlation or availability of pretraining."""
    return means.line(CORNER, "linear_probe", factor, target, NET)


def correlation(means: Means) -> list[Check]:
    """20 (figure 14)."""
    images, objects = (sweep(means, "correlation", x) for x in ("CO_C", "CO_O"))
    below = [x for x in images if float(x) < 1]
    if len(below) < 2 or "1" not in images:
        return []
    flat = [images[x] for x in below]
    largest = {f"1 minus {x}": objects["1"] - objects[x] for x in below}
    drop = {"below 1 minus 1": smallest(*(value - images["1"] for value in flat))}
    rise = {f"{below[-1]} minus {below[0]}": objects[below[-1]] - objects[below[0]]}
    return [
        Check("rise of accuracy on object labels to correlation 1", ">", 0, largest),
        Check("rise of accuracy on object labels below 1", ">", 0, rise),
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


def mismatch(means: Means, architectures, least: float) -> list[Check]:
    """11 and 12 (figures 4 and 18)."""
    farther, nearer, enough = {}, {}, {}
    for net in architectures:
        lines = {k: means.line("t2d", "linear_probe", "", f"train_{k}", net) for k in SIZES}
        lines = {int(k): {int(j): v for j, v in line.items()} for k, line in lines.items() if line}
        sizes = list(lines)
        for k, line in lines.items():
            lacking = [j for j in line if j > k]
            enough |= {f"{net} {k} on {j}": line[j] for j in line if j <= k}
            for j, more in pairwise([j for j in line if j >= k]):
                farther[f"{net} {k} on {j} minus on {more}"] = line[j] - line[more]
            following = [size for size in sizes if size > k][:1]
            for j in (j for size in following for j in lacking if j > size):
                name = f"{net} {following[0]} minus {k} on {j}"
                nearer[name] = lines[following[0]][j] - line[j]
    return [
        Check("loss of accuracy by one more missing transformation", ">", 0, farther),
        Check("gain of accuracy by one more transformation in training", ">", 0, nearer),
        Check("accuracy where none is missing", ">=", least, enough),
    ]


def mismatch_resnet(means: Means) -> list[Check]:
    """11 (figure 4)."""
    return mismatch(means, [NET], 0.95)


def mismatch_others(means: Means) -> list[Check]:
    """12 (figure 18)."""
    return mismatch(means, ["vgg-11", "densenet-121", "vit"], 0.93)
