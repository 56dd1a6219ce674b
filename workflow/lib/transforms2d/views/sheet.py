"""Contact sheets of views: the same image changed again and again, with what changed it."""

import re

from PIL import Image

from transforms2d.checks import check_whole
from transforms2d.contact_sheet import UNCHANGED, Cell, contact_sheet, describe
from transforms2d.errors import UserError, quote
from transforms2d.rendering.renderer import Renderer
from transforms2d.spec import DatasetSpec
from transforms2d.views.settings import GROUPS
from transforms2d.views.views import Views, apply_view

CHOICES = ("all", *GROUPS)
OBJECT_SCALE = 0.75
# Colours of Okabe and Ito, which people with any colour vision tell apart
COLOURS = ("#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7", "#000000")
EDGE = "#c8c8ce"
_SUPERFLUOUS = re.compile("\u00d7 | turns| px|,")  # where there is little space
JITTER = "jitter of brightness, contrast, saturation and hue"
HEADINGS = {
    "default": f"default: crop and flip, {JITTER}, gray, blur",
    "ventral": "ventral: crop and flip",
    "dorsal": f"dorsal: {JITTER}, gray, blur",
    "geometric": "geometric: the six geometric transformations",
    "appearance": "appearance: the six photometric transformations, blur, contrast",
}


def views_sheet(
    group: str, base, *, rows: int = 4, columns: int = 8, seed: int = 0, zoom: int = 3
) -> Image.Image:
    """One row per image, an object at a random place: unchanged, then ``columns`` views of it.

    A last picture shows the boxes of the crops; the view of a crop has the colour of its box.

    Parameters
    ----------
    group : str
        One of ``GROUPS``, or ``all``: then one row per group, each of the same image.
    base : BaseImages
    rows, columns : int
        Images (ignored for ``all``) and views.
    zoom : int
        Screen pixels per pixel of an image.
    """
    if group not in CHOICES:
        raise UserError(f"sheet.views: {quote(group)} is not one of {', '.join(CHOICES)}")
    for key, value in (("rows", rows), ("columns", columns), ("zoom", zoom)):
        check_whole(f"sheet.{key}", value, 1)
    spec = DatasetSpec(
        split="test",
        samples=1 if group == "all" else rows,
        seed=seed,
        classes=tuple(range(len(base.class_names))),
        placement="random",
        object_scale=OBJECT_SCALE,
        image_size=base.image_size,
    )
    batch = Renderer(spec, base).render(range(spec.samples))
    if group == "all":
        lines = [_line(Views(each, seed), batch.images, 0, columns) for each in GROUPS]
        return contact_sheet(lines, GROUPS, "Views of all groups", zoom)
    lines = [_line(Views(group, seed), batch.images, row, columns) for row in range(rows)]
    titles = [base.class_names[kind] for kind in batch.latents["object"].tolist()]
    return contact_sheet(lines, titles, HEADINGS[group], zoom)


def _line(views: Views, images, row: int, columns: int) -> list[Cell]:
    image, (height, width) = images[row], images.shape[2:]
    line, crops = [Cell(image, UNCHANGED)], []
    for draw in range(columns):
        parameters = views.sample([row], draw, (height, width))
        colour = EDGE
        if "crop_flip" in parameters:
            colour = COLOURS[draw % len(COLOURS)]
            crops.append((colour, _box(parameters["crop_flip"])))
        picture = apply_view(images[row : row + 1], parameters)[0]
        words = "\n".join(_words(parameters)) or UNCHANGED
        line.append(Cell(picture, words, [(colour, (0, 0, width, height))]))
    return [*line, Cell(128 + image // 2, "crops", crops)] if crops else line


def _box(crop: dict) -> tuple[int, int, int, int]:
    top, left, height, width = (int(crop[key][0]) for key in ("top", "left", "height", "width"))
    return left, top, left + width, top + height


def _words(parameters: dict) -> list[str]:
    """What changed the first image, a line per step."""
    lines = []
    for name, drawn in parameters.items():
        given = {key: value[0].item() for key, value in drawn.items()}
        if not given.pop("applied", True):
            continue
        if name == "crop_flip":
            flipped = ", flipped" if given["flipped"] else ""
            lines.append(f"{given['width']} \u00d7 {given['height']}{flipped}")
        elif name == "jitter":
            lines.append("b {brightness:.1f} c {contrast:.1f}".format(**given))
            lines.append("s {saturation:.1f} h {hue_turns:+.2f}".format(**given))
        else:
            latents = {f"{name}.{key}": value for key, value in drawn.items()}
            words = _SUPERFLUOUS.sub("", describe(name, latents, 0))
            lines.append(name if words == "on" else f"{name} {words}")
    return lines
