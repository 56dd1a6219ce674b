"""Contact sheets: the effect of a transformation, with the parameters of each picture."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont

from transforms2d.checks import check_whole
from transforms2d.errors import UserError, quote
from transforms2d.names import ALL, KNOWN
from transforms2d.protocol import DataProtocol
from transforms2d.rendering.renderer import Renderer
from transforms2d.spec import DatasetSpec

CHOICES = ("all", "none", *KNOWN)
UNCHANGED = "as it is"
PAPER, INK, FAINT = (255, 255, 255), (32, 32, 36), (120, 120, 128)
GAP, MARGIN = 8, 20
WORDS = {
    "factor": "\u00d7 {:.2f}",
    "angle_deg": "{:.0f}°",
    "shear_x_deg": "{:+.0f}°",
    "shear_y_deg": "{:+.0f}°",
    "shift_x": "{:+.0f}",
    "shift_y": "{:+.0f} px",
    "hue_turns": "{:+.2f} turns",
    "sigma_px": "{:.2f} px",
    "x": "x {:.0f}",
    "y": "y {:.0f}",
}


@dataclass(frozen=True)
class Cell:
    """A picture, uint8 [3, S, S], the lines under it, and boxes drawn on it.

    A box is a colour, and left, top, right and bottom in px of the picture.
    """

    image: torch.Tensor
    caption: str
    boxes: Sequence[tuple[str, tuple[int, int, int, int]]] = ()


def transformation_sheet(
    transform: str, base, *, rows: int = 4, columns: int = 8, seed: int = 0, protocol=None, zoom=3
) -> Image.Image:
    """One row per object: unchanged, then with ``columns`` draws of one transformation.

    Parameters
    ----------
    transform : str
        One of the 18 names, ``none`` (the unchanged objects), or ``all``: then one row per
        transformation, each with a different object.
    base : BaseImages
    rows, columns : int
        Objects (ignored for ``all``) and draws.
    protocol : DataProtocol or None
        None means the paper's.
    zoom : int
        Screen pixels per pixel of an image.
    """
    if transform not in CHOICES:
        raise UserError(
            f"sheet.transform: unknown {quote(transform)}; valid are {', '.join(CHOICES)}"
        )
    for key, value in (("rows", rows), ("columns", columns), ("zoom", zoom)):
        check_whole(f"sheet.{key}", value, 1)
    names = list(ALL) if transform == "all" else [transform] * rows
    spec = DatasetSpec(
        split="test",
        samples=len(names),
        seed=seed,
        classes=tuple(range(len(base.class_names))),
        image_size=base.image_size,
        protocol=protocol or DataProtocol(),
    )
    lines = [_line(spec, name, row, base, columns) for row, name in enumerate(names)]
    if transform == "all":
        return contact_sheet(lines, names, "All 18 transformations", zoom)
    titles = [base.class_names[kind] for kind in _objects(spec, base)]
    return contact_sheet(lines, titles, transform, zoom)


def contact_sheet(
    lines: Sequence[Sequence[Cell]], titles: Sequence[str], heading: str, zoom: int = 3
) -> Image.Image:
    """Arrange lines of cells under a heading, with a title to the left of each line."""
    small, large = ImageFont.load_default(4 + 3 * zoom), ImageFont.load_default(6 + 5 * zoom)
    side = lines[0][0].image.shape[-1] * zoom
    heights = [
        side + 4 + (5 + 3 * zoom) * max(1 + cell.caption.count("\n") for cell in line)
        for line in lines
    ]
    left = MARGIN + max(int(small.getlength(title)) for title in titles) + 2 * GAP
    y = MARGIN + 5 * zoom + 6 + 2 * GAP
    width = left + max(map(len, lines)) * (side + GAP) - GAP + MARGIN
    width = max(width, int(large.getlength(heading)) + 2 * MARGIN)
    sheet = Image.new("RGB", (width, y + sum(heights) + (len(lines) - 1) * GAP + MARGIN), PAPER)
    pen = ImageDraw.Draw(sheet)
    pen.text((MARGIN, MARGIN), heading, INK, large)
    for line, title, height in zip(lines, titles, heights, strict=True):
        pen.text((left - 2 * GAP, y + side // 2), title, INK, small, anchor="rm")
        for column, cell in enumerate(line):
            _put(sheet, cell, left + column * (side + GAP), y, zoom, small)
        y += height + GAP
    return sheet


def _put(sheet: Image.Image, cell: Cell, x: int, y: int, zoom: int, font) -> None:
    """Draw a picture, its boxes and its caption."""
    pixels = np.ascontiguousarray(cell.image.cpu().numpy().transpose(1, 2, 0))
    side = len(pixels) * zoom
    sheet.paste(Image.fromarray(pixels).resize((side, side), Image.Resampling.NEAREST), (x, y))
    pen = ImageDraw.Draw(sheet)
    for colour, box in cell.boxes:
        left, top, right, bottom = (each * zoom for each in box)
        pen.rectangle((x + left, y + top, x + right - 1, y + bottom - 1), outline=colour, width=2)
    words = cell.caption.replace("\u00d7", "x")  # Pillow's font has no multiplication sign
    for row, text in enumerate(words.split("\n"), start=1):
        baseline = y + side + 1 + row * (5 + 3 * zoom)
        pen.text((x + side // 2, baseline), text, FAINT, font, anchor="ms")


def describe(name: str, latents: dict, row: int) -> str:
    """The parameters of one transformation in a few words, such as ``+3, -2 px``."""
    drawn = {
        key.removeprefix(f"{name}."): column[row].item()
        for key, column in latents.items()
        if key.startswith(f"{name}.")
    }
    if not drawn.pop("applied", True):
        return "off"
    words = [
        WORDS.get(key, f"{key} {{:.3g}}").format(value) for key, value in sorted(drawn.items())
    ]
    return ", ".join(words) or "on"


def _line(spec: DatasetSpec, name: str, row: int, base, columns: int) -> list[Cell]:
    plain = Renderer(spec, base).render([row])
    renderer = Renderer(replace(spec, transforms=(name,)), base)
    line = [Cell(plain.images[0], UNCHANGED)]
    for draw in range(columns):
        batch = renderer.render([row], draw)
        caption = UNCHANGED if name == "none" else describe(name, batch.latents, 0)
        line.append(Cell(batch.images[0], caption))
    return line


def _objects(spec: DatasetSpec, base) -> list[int]:
    return Renderer(spec, base).render(range(spec.samples)).latents["object"].tolist()
