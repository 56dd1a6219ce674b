"""Pictures of the data (figures 1, 5, 6 and 15)."""

from invariance.figures.page import CAPTION, PITCH, SIDE, Page, wrapped
from invariance.studies.examples import (
    CATEGORIES,
    COLUMNS,
    DRAWS,
    PASTED,
    SAMPLES,
    SETS,
    SHOTS,
    SHOWN,
    SOME,
)
from transforms2d.contact_sheet import describe
from transforms2d.transformations.corruption import erased_side

SPACE = 0.2  # inches between blocks of images
PLACES = {"corner": "upper right", "random": "random place"}
TITLES = {
    "patterns": "Random objects,\nrandom\nbackgrounds",
    "patterns_on_images": "Random objects,\nimage\nbackgrounds",
    "cifar10": "CIFAR-10,\naugmented",
}
MARGIN = 0.95  # inches for the names of rows
MINUS = "\u2212"


def one_object(shards: dict) -> Page:
    """Figure 1: a row per transformation, with one object on several backgrounds."""
    row = SIDE + CAPTION + 0.075
    page = Page(shards, MARGIN + SHOTS * PITCH, len(SHOWN) * row)
    category = {name: kind for kind, names in CATEGORIES.items() for name in names}
    for number, name in enumerate(SHOWN):
        top = number * row
        title = f"{name}\n({category[name].lower()})"
        page.text(MARGIN - 0.08, top + SIDE / 2, title, size=7.5, ha="right", va="center")
        for index in range(SHOTS):
            caption = _caption(name, shards[name], index)
            page.show(name, index, MARGIN + index * PITCH, top, caption)
    return page


def transformations(shards: dict) -> Page:
    """Figure 5: a block per category, a row per transformation; a column has one scene."""
    block = (DRAWS - 1) * PITCH + SIDE
    title, row = 0.13, 0.13 + SIDE + CAPTION + 0.075
    head = 0.2 + row + _second_lines(shards["none"])
    width = len(CATEGORIES) * (block + SPACE) - SPACE
    page = Page(shards, width, head + max(map(len, CATEGORIES.values())) * row)
    for position, (category, names) in enumerate(CATEGORIES.items()):
        left = position * (block + SPACE)
        page.text(left, 0, category, size=8.5, weight="bold")
        tops = [0.2, *(head + i * row for i in range(len(names)))]
        for name, top in zip(("none", *names), tops, strict=True):
            page.text(left, top, name, size=7.5)
            ranges = _range(name, shards[name].spec)
            page.text(left + block, top + 0.01, ranges, size=6.3, ha="right", color="#555555")
            for column in range(DRAWS):
                index = position * DRAWS + column
                caption = _caption(name, shards[name], index)
                page.show(name, index, left + column * PITCH, top + title, caption)
    return page


def pasted_objects(shards: dict) -> Page:
    """Figure 6: natural images, the same images with a pasted object, and the objects on black."""
    top, row = 0.14, SIDE + 0.055
    rows = [("images", "CIFAR-10 images")]
    for place in PASTED:
        rows += [(place, f"with object,\n{PLACES[place]}"), (f"{place}_alone", "object alone")]
    page = Page(shards, MARGIN + COLUMNS * PITCH, top + len(rows) * row + 4 * CAPTION + 0.2)
    for name, title in rows:
        shard = shards[name]
        page.text(MARGIN - 0.08, top + SIDE / 2, title, size=7.5, ha="right", va="center")
        for index in range(COLUMNS):
            left = MARGIN + index * PITCH
            kind = shard.class_names[shard.labels[index]]
            if name == "images":
                page.text(left + SIDE / 2, 0, kind, size=6, ha="center")
            caption = ""
            if name == "corner_alone":
                caption = wrapped(kind)
            if name == "random_alone":
                x, y = (int(shard.latents[f"placement.{axis}"][index]) for axis in "xy")
                caption = f"x {x}, y {y}".replace("-", MINUS)
            page.show(name, index, left, top, caption)
        if name == "corner_alone":
            top += 2 * CAPTION + _second_lines(shard)
        top += row
    return page


def random_patterns(shards: dict) -> Page:
    """Figure 15: sets of data with selected transformations, one column per transformation."""
    top, row = 0.15, SIDE + CAPTION + 0.05
    page = Page(shards, MARGIN + len(SOME) * PITCH, top + len(SETS) * (SAMPLES * row + 0.08))
    for column, name in enumerate(SOME):
        page.text(MARGIN + column * PITCH + SIDE / 2, 0, name, size=7, ha="center")
    for key in SETS:
        middle = top + (SAMPLES * row - CAPTION) / 2
        page.text(MARGIN - 0.08, middle, TITLES[key], size=7.5, ha="right", va="center")
        for index in range(SAMPLES):
            for column, name in enumerate(SOME):
                example = f"{key}_{name}"
                caption = _caption(name, shards[example], index)
                page.show(example, index, MARGIN + column * PITCH, top, caption)
            top += row
        top += 0.08
    return page


FIGURES = {
    "fig1": one_object,
    "fig5": transformations,
    "fig6": pasted_objects,
    "fig15": random_patterns,
}


def _caption(name: str, shard, index: int) -> str:
    if name == "none":
        return wrapped(shard.class_names[shard.labels[index]])
    words = describe(name, shard.latents, index)
    return words.removesuffix(" turns").replace("-", MINUS)  # no space for a hue's unit


def _second_lines(shard) -> float:
    """Height of the second lines of the names below a row, 0 if each name fits in one line."""
    return CAPTION if any("\n" in wrapped(name) for name in shard.class_names) else 0.0


def _range(name: str, spec) -> str:
    """The distribution of a transformation's parameters in a few words."""
    share = spec.image_size / 32
    return {
        "none": "",
        "scale": "\u00d7 0.4 to 1",
        "translate": "within the image",
        "rotate": "0° to 360°",
        "shear": "±50° in x and y",
        "hue": "±0.5 turns",
        "brightness": "\u00d7 0 to 2",
        "posterize": "1 bit, p = 0.5",
        "sharpen": "\u00d7 7, p = 0.5",
        "blur": f"\u03c3 {0.1 * share:g} to {1.5 * share:g} px",
        "noise": "\u03c3 = 1, p = 0.5",
        "pixelate": f"to {int(spec.image_size * spec.protocol.pixelate)} px, p = 0.5",
        "erasing": f"{erased_side(spec.image_size)} px square, p = 0.5",
        "contrast": "\u00d7 0 to 2",
    }.get(name, "p = 0.5")
