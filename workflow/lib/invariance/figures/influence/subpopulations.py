"""Pictures of the target images that single source classes help most, and what these share."""

from collections.abc import Mapping

import numpy as np

from invariance.analysis.influence.enrichment import SHARE, enrichment
from invariance.figures.influence import looks
from invariance.figures.page import CAPTION, PITCH, SIDE, Page, wrapped
from invariance.figures.style import PAGE_INCHES

HELPING, HARMING = 5, 1  # rows of source classes
EXAMPLES, IMAGES = 2, 6  # columns of a row: images of the source class, and of the target
NAMES, GAP = 1.08, 0.22  # inches: names of source classes, and between both kinds of images
HEAD, LINE, NAME = 0.3, 0.115, 0.125  # heights: heads, a fact, a name of a source class
LEVEL = 0.05  # of corrected p-values
FACTS = 5  # lines beside a row
MINUS = "\u2212"
# Words for latents, and their units; others have their own name.
WORDS = {
    "rotate.angle_deg": ("angle", "°"),
    "hue.hue_turns": ("hue", " turns"),
    "scale.factor": ("size \u00d7", ""),
    "brightness.factor": ("brightness \u00d7", ""),
    "contrast.factor": ("contrast \u00d7", ""),
    "blur.sigma_px": ("blur", " px"),
    "translate.shift_x": ("shift in x", " px"),
    "translate.shift_y": ("shift in y", " px"),
    "shear.shear_x_deg": ("shear in x", "°"),
    "shear.shear_y_deg": ("shear in y", "°"),
}


def chosen(influence: np.ndarray) -> list[tuple[int, int]]:
    """The source classes of the picture, and 1 if it shows what they help, -1 what they harm.

    Those whose mean influence on the images that they help most is largest, and the one whose mean
    influence on the images that it harms most is lowest.

    Parameters
    ----------
    influence : float [K, N]
        Of each source class on each image.
    """
    count = max(1, round(SHARE * influence.shape[1]))
    ordered = np.sort(influence, axis=1)
    helped = ordered[:, -count:].mean(axis=1)
    harmed = ordered[:, :count].mean(axis=1)
    best = np.argsort(-helped, kind="stable")[:HELPING]
    worst = np.argsort(harmed, kind="stable")[:HARMING]
    return [*((int(at), 1) for at in best), *((int(at), -1) for at in worst)]


def draw(influence: np.ndarray, names: list[str], shards: Mapping, permutations: int, seed: int):
    """Draw a row per source class.

    Parameters
    ----------
    influence : float [K, N]
        Of each source class, in label order, on each image of the target.
    names : list of str
        Of the source classes in the study, such as ``leak 1``.
    shards : mapping of str to Shard
        ``source``, with images of the source classes, and ``target`` with the N images.
    permutations, seed : int
        Of the test of latents.

    Returns
    -------
    matplotlib.figure.Figure, and a DataFrame
        One row per image in the figure: ``source`` (the class in the study), ``effect`` (``helps``
        or ``harms``), ``influence`` (empty for an image of the source class), and the columns of
        ``Page.table``.
    """
    rows = chosen(influence)
    pitch = _pitch(shards)
    page = Page(dict(shards), PAGE_INCHES, HEAD + len(rows) * pitch + 0.16)
    left = {"source": NAMES, "target": NAMES + EXAMPLES * PITCH + GAP}
    facts_left = left["target"] + IMAGES * PITCH + 0.04
    top, pictures = HEAD, []
    for number, (label, sign) in enumerate(rows):
        if number == 0 or sign != rows[number - 1][1]:
            _heads(page, top - 0.05, left, facts_left, sign)
            top += 0.16 if number else 0
        examples = np.flatnonzero(shards["source"].labels.numpy() == label)[:EXAMPLES]
        best = np.argsort(-sign * influence[label], kind="stable")[:IMAGES]
        _name(page, top, names[label], label, shards["source"])
        for kind, indices in (("source", examples), ("target", best)):
            for column, index in enumerate(indices):
                caption = "" if kind == "source" else _class_name(shards[kind], index)
                page.show(kind, int(index), left[kind] + column * PITCH, top, caption)
                value = influence[label, index] if kind == "target" else np.nan
                pictures.append((names[label], "helps" if sign > 0 else "harms", value))
        facts = _facts(sign * influence[label], shards["target"], permutations, seed)
        for line, words in enumerate(facts):
            page.text(facts_left, top + line * LINE, words, size=6)
        top += pitch
    table = page.table()
    table = table[[name for name in table if not name.endswith(".used")]]
    for at, (column, values) in enumerate(
        zip(("source", "effect", "influence"), zip(*pictures, strict=True), strict=True)
    ):
        table.insert(at, column, values)
    return page.figure, table


def _pitch(shards: Mapping) -> float:
    """Inches from one row to the next: of an image and its caption, or of a class's names."""
    lines = max(wrapped(name).count("\n") + 1 for name in shards["target"].class_names)
    lists = shards["source"].spec.transforms
    names = max(map(len, lists.values()), default=0) if isinstance(lists, Mapping) else len(lists)
    return max(SIDE + lines * CAPTION, (2 + names) * NAME) + 0.1


def _heads(page: Page, bottom: float, left: dict, facts_left: float, sign: int) -> None:
    effect, passive = ("helps", "helped") if sign > 0 else ("harms", "harmed")
    look = {"va": "bottom", "size": 7.5, "weight": "bold"}
    if sign > 0:
        page.text(left["source"], bottom, "Source class", **look)
    else:
        bottom += 0.16
    page.text(left["target"], bottom, f"Target images that it {effect} most", **look)
    page.text(facts_left, bottom, f"The tenth {passive} most", **look)


def _name(page: Page, top: float, name: str, label: int, shard) -> None:
    """The name of a source class in the study, its object, and its list of transformations."""
    kind = name.rpartition(" ")[0]
    right = NAMES - 0.08
    lines = [(name if kind != "class" else "", 7.5, looks.KINDS[kind]["color"])]
    lines.append((shard.class_names[label].replace("_", " "), 7, "black"))
    lists = shard.spec.transforms
    listed = lists.get(label, ()) if isinstance(lists, Mapping) else lists
    lines += [(name, 6, "#555555") for name in listed]
    for number, (words, size, colour) in enumerate(line for line in lines if line[0]):
        look = {"ha": "right", "color": colour}
        page.text(right, top + 0.02 + number * NAME, words, size=size, **look)


def _class_name(shard, index: int) -> str:
    return wrapped(shard.class_names[int(shard.labels[index])])


def _facts(influence: np.ndarray, shard, permutations: int, seed: int) -> list[str]:
    """What the tenth of images with the largest influence share: their class, and latents."""
    labels = shard.labels.numpy()
    count = max(1, round(SHARE * len(labels)))
    helped = labels[np.argsort(-influence, kind="stable")[:count]]
    most = int(np.bincount(helped).argmax())
    name = shard.class_names[most].replace("_", " ")
    lines = [f"{name}: {_shares(np.mean(helped == most), np.mean(labels == most))}"]
    drawn = {name: column.numpy() for name, column in shard.latents.items() if "." in name}
    found = enrichment(influence, drawn, labels, permutations, seed)
    for latent, bins in found[found.q < LEVEL].groupby("latent", sort=False):
        strongest = bins.loc[(bins.helped / bins["all"]).idxmax()]
        words, unit = WORDS.get(latent, (latent.replace(".", " "), ""))
        ends = " to ".join(map(_end, dict.fromkeys([strongest.low, strongest.high])))
        shares = _shares(strongest.helped, strongest["all"])
        lines += [f"{words} {ends}{unit}:".replace("-", MINUS), f"    {shares}"]
    return lines[:FACTS]


def _shares(helped: float, everywhere: float) -> str:
    return f"{100 * helped:.0f} % (of all: {100 * everywhere:.0f} %)"


def _end(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 10 else f"{value:.2f}"
