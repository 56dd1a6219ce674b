"""Colours, markers and words for conditions, measures, axes, latents and tasks."""

import re

from invariance.analysis.contrastive.conditions import WIDE, is_fusion
from invariance.analysis.contrastive.conditions import views as views_of

# By views: what pretraining made networks invariant to. ``random``: not trained.
VIEWS = {
    "random": "#8c8c8c",
    "default": "#009E73",
    "ventral": "#0072B2",
    "dorsal": "#D55E00",
    "geometric": "#56B4E9",
    "appearance": "#E69F00",
}
OTHER = "#CC79A7"  # of views without a colour of their own
MARKERS = {"none": "X", "moco": "o", "supervised": "s", WIDE: "D"}
MEASURES = {
    "sensitivity": "Sensitivity",
    "whitened_cosine@0": "Whitened cosine, \u03bb = 0",
    "whitened_cosine@0.001": "Whitened cosine, \u03bb = 0.001",
    "whitened_cosine@0.01": "Whitened cosine, \u03bb = 0.01",
    "whitened_cosine@0.1": "Whitened cosine, \u03bb = 0.1",
    "whitened_cosine@ledoit_wolf": "Whitened cosine, Ledoit-Wolf",
    "centred_cosine": "Centred cosine",
}
SHORT = {
    "whitened_cosine@0": "\u03bb = 0",
    "whitened_cosine@0.001": "\u03bb = 0.001",
    "whitened_cosine@0.01": "\u03bb = 0.01",
    "whitened_cosine@0.1": "\u03bb = 0.1",
    "whitened_cosine@ledoit_wolf": "Ledoit-Wolf",
    "centred_cosine": "centred",
}
WORDS = {
    "spatial": "Spatial",
    "appearance": "Appearance",
    "effective_rank": "Effective rank",
    "condition_number": "Condition number",
    "classes": "Objects",
    "objects": "Objects",
    "place": "Place",
    "cifar10": "CIFAR-10",
    "cifar100": "CIFAR-100",
    "spatial latents": "Spatial latents",
    "appearance latents": "Appearance latents",
    "shear_x": "shear, x",
    "shear_y": "shear, y",
    "rotate": "rotation",
    "h_flip": "h. flip",
    "v_flip": "v. flip",
    "crop_flip": "crop",
}
DIVERGING = "PuOr_r"  # from purple to orange, which everybody can tell apart
ZERO = {"color": "#999999", "linewidth": 0.8, "zorder": 0.9}


def label(condition: str) -> str:
    """``ventral``, ``supervised, ventral``, ``default, 3x wide``, ``default + ventral``."""
    if is_fusion(condition):
        names = views_of(condition)
        alone = len(set(names)) == 1
        return f"{len(names)} {names[0]}" if alone else " + ".join(names)
    objective, views, *wide = condition.split("/")
    if objective == "none":
        return "untrained"
    words = views if objective == "moco" else f"{objective}, {views}"
    return f"{words}, 3\u00d7 wide" if wide else words


def look(condition: str) -> dict:
    """The colour and the marker of a condition of single networks."""
    objective, views, *wide = condition.split("/")
    return {"color": VIEWS.get(views, OTHER), "marker": MARKERS[WIDE if wide else objective]}


def handle(condition: str):
    """The legend's entry of a condition."""
    from matplotlib.lines import Line2D

    return Line2D([], [], linestyle="none", markersize=4.8, markeredgewidth=0, **_named(condition))


def _named(condition: str) -> dict:
    return {**look(condition), "label": label(condition)}


def words(name: str) -> str:
    """A name of the table in words."""
    return WORDS.get(name, name.replace("_", " "))


def number(value: float) -> str:
    """A number of a field of a matrix: ``.34``, ``1.05``, ``−.02``."""
    return re.sub(r"^(-?)0\.", r"\1.", f"{value:.2f}").replace("-", "\u2212")


def latex(labels: dict[str, str]) -> dict[str, str]:
    """Labels with their signs in LaTeX's mathematics."""
    signs = {"\u03bb": r"$\lambda$", "\u00d7": r"$\times$", "\u00b2": "$^2$"}
    return {name: words.translate(str.maketrans(signs)) for name, words in labels.items()}
