"""Colours, markers and words for kinds of source classes, orders of removal and kinds of masks."""

# By kind, in the order of the classes of a source; ``class`` is the kind where none is planted.
KINDS = {
    "leak": {"color": "#D55E00", "marker": "D"},
    "carrier": {"color": "#0072B2", "marker": "o"},
    "partial": {"color": "#56B4E9", "marker": "s"},
    "neutral": {"color": "#8c8c8c", "marker": "^"},
    "class": {"color": "#009E73", "marker": "o"},
}
# By arm, in the order of the legend.
ARMS = {
    "bottom": {"color": "#009E73", "marker": "o", "label": "most harmful first"},
    "top": {"color": "#D55E00", "marker": "v", "label": "most useful first"},
    "random": {"color": "#8c8c8c", "marker": "s", "label": "in random order"},
    "planted": {"color": "#0072B2", "marker": "^", "label": "least overlap first"},
    "mapping": {"color": "#CC79A7", "marker": "D", "label": "least mapped to first"},
}
MASKS = {
    "bernoulli": {"color": "#0072B2", "label": "each class with probability 1/2"},
    "half": {"color": "#D55E00", "label": "half of the classes"},
}
CIFAR_CLASSES = {"source": 100, "target": 10}
UNIT = "Influence (margin)"
ZERO = {"color": "#999999", "linewidth": 0.8, "zorder": 0.9}


def first_masks(study) -> str:
    """The kind of masks whose influences are shown and order the removal."""
    return study.settings["masks"]["kinds"][0]


def classes(study, domain: str) -> dict[str, int]:
    """Number of classes of the source and of the target of a domain."""
    if domain == "cifar":
        return CIFAR_CLASSES
    planted = study.settings["classes"].values()
    return {"source": sum(planted), "target": study.settings["target"]["objects"]}


def order(name: str) -> tuple[int, int]:
    """A key that sorts source classes, such as ``leak 2``, in the order of the source."""
    kind, _, number = name.rpartition(" ")
    return list(KINDS).index(kind), int(number)


def kind_handle(kind: str):
    """The legend's entry of a kind of source classes."""
    from matplotlib.lines import Line2D

    return Line2D([], [], linestyle="none", markersize=4.5, label=kind, **KINDS[kind])
