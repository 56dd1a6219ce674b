"""Claims about how invariance carries over to other data (sec. 5.1, appendix D)."""

import numpy as np

from invariance.analysis.published.transfer import MATRIX
from invariance.analysis.quantities import Share, largest
from invariance.analysis.seed_means import Means
from invariance.analysis.sensitivity_relations import SETS
from invariance.scorecard.checks import Check
from invariance.studies.invariance_transfer import KINDS
from transforms2d.natural_images.settings import NATURAL_CLASSES

NET = "resnet-18"

# Pairs of transformations: training under the first also lowers sensitivity to the second.
SPILLS = (("rotate", "v_flip"), ("rotate", "h_flip"), ("shear", "v_flip"), ("shear", "h_flip"))
MUTUAL = (("hue", "grayscale"), ("grayscale", "hue"))


def rows(means: Means, kind: str, relation: str) -> dict[str, dict]:
    """A row of tables 2 to 5 by architecture: sensitivity by set."""
    lines = {
        net: means.line("t2d", "sensitivity", "", f"{kind}_{relation}", net)
        for net in means.architectures()
    }
    return {net: {x: line[x] for x in SETS if x in line} for net, line in lines.items() if line}


def same_is_lowest(means: Means) -> list[Check]:
    """17 (tables 2 to 5)."""
    return _lower_than_others(means, KINDS, SETS)


def carries_over(means: Means) -> list[Check]:
    """26 (tables 2 to 5): random models on images of objects and on natural images."""
    return _lower_than_others(means, ("random",), ("strong_ood", *NATURAL_CLASSES))


def _lower_than_others(means: Means, kinds, sets) -> list[Check]:
    """The margins by which Same is below Other and None, as averages over architectures."""
    return [
        Check(f"sensitivity of {relation.capitalize()} minus Same", ">", 0, margins)
        for relation in ("other", "none")
        for margins in [_margins(means, kinds, sets, relation)]
    ]


def _margins(means: Means, kinds, sets, relation: str) -> dict[str, np.ndarray]:
    margins = {}
    for kind in kinds:
        same, beside = rows(means, kind, "same"), rows(means, kind, relation)
        for x in sets:
            values = [
                beside[net][x] - row[x]
                for net, row in same.items()
                if x in row and x in beside.get(net, {})
            ]
            if values:
                margins[f"{kind} {x}"] = np.mean(values, axis=0)
    return margins


def out_of_distribution(means: Means) -> list[Check]:
    """18 (tables 2 to 5): random data is strong_ood for image models, mild_ood for random ones."""
    image, random = rows(means, "image", "same"), rows(means, "random", "same")
    more = {
        f"{n} image, strong minus mild": r["strong_ood"] - r["mild_ood"] for n, r in image.items()
    }
    more |= {
        f"{n} random, mild minus strong": r["mild_ood"] - r["strong_ood"] for n, r in random.items()
    }
    near = [r["mild_ood"] - r["in_distribution"] for r in image.values()]
    average = {"image, average over networks": np.mean(near, axis=0)} if near else {}
    return [
        Check("sensitivity on random minus on image data", ">", 0, more),
        Check("sensitivity on other minus on own classes", "<=", 0.1, average),
    ]


def natural_images(means: Means) -> list[Check]:
    """19 (tables 2 to 5): averages over architectures."""
    image, random = rows(means, "image", "same"), rows(means, "random", "same")
    both = [net for net in image if net in random]
    values = {}
    for x in NATURAL_CLASSES if both else ():
        gap = np.mean([image[net][x] - random[net][x] for net in both], axis=0)
        values[x] = largest(gap, -gap)
    return [Check("difference of sensitivity, image and random training", "<=", 0.05, values)]


def matrix(means: Means, kind: str) -> dict[str, dict]:
    """Sensitivity in distribution by training transformation, then by scored transformation."""
    changes = means.line("t2d", "sensitivity", MATRIX, f"{kind}_none", NET)
    rows = {
        name: means.line("t2d", "sensitivity", MATRIX, f"{kind}_{name}", NET)
        for name in (*changes, "none")
    }
    return {name: row for name, row in rows.items() if row}


def diagonal(means: Means) -> list[Check]:
    """22 (figures 16 and 17): judged by columns, as half of the twins of a transformation that is
    on or off are equal, which makes its whole column low; rows are counted beside."""
    shares = {}
    for kind in KINDS:
        table = matrix(means, kind)
        own = [name for name in table if name != "none"]
        if len(own) < 2:
            continue
        margins = {
            "columns": [[table[o][t] - table[t][t] for o in table if o != t] for t in own],
            "rows": [[table[t][o] - table[t][t] for o in own if o != t] for t in own],
        }
        lowest = {where: Share(np.moveaxis(each, 2, 0)) for where, each in margins.items()}
        counts = " and ".join(
            f"{round(share.rows[0] * len(own))} of {len(own)} {where}"
            for where, share in lowest.items()
        )
        shares[f"{kind}, {counts}"] = lowest["columns"]
    return [Check("share of transformations whose own model is least sensitive", ">", 0.5, shares)]


def spillover(means: Means) -> list[Check]:
    """23 (figure 16)."""
    table = matrix(means, "image")

    def lowered(trained: str, scored: str):
        return table["none"][scored] - table[trained][scored]

    def scored(pairs):
        return [(a, b) for a, b in pairs if a in table and b in table]

    falls = {f"{b} after {a}": lowered(a, b) for a, b in scored((*SPILLS, *MUTUAL))}
    one_way = {f"{b} after {a}": lowered(a, b) - lowered(b, a) for a, b in scored(SPILLS)}
    return [
        Check("sensitivity lowered from that of the model trained with none", ">", 0, falls),
        Check("how much more than the other way round", ">", 0, one_way),
    ]
