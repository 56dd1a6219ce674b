"""A page of small images with a layout in inches, and a table of the latents of every image."""

import textwrap

import pandas as pd

from invariance.figures import style

SIDE = 0.48  # an image's side; at 200 dpi three dots per pixel of a 32 px image
PITCH = SIDE + 0.055  # from one image to the next
CAPTION = 0.115  # height of a line under an image
INK, FAINT = "black", "#8a8a8a"


class Page:
    """Images with captions; positions are in inches from the upper left corner.

    Parameters
    ----------
    shards : dict of str to Shard
        The shards of the images, by name.
    width, height : float
        In inches.
    """

    def __init__(self, shards: dict, width: float, height: float):
        plt = style.pyplot()
        self.shards = shards
        self.figure = plt.figure(figsize=(width, height))
        self._width, self._height = width, height
        self._shown = []

    def show(self, name: str, index: int, left: float, top: float, caption: str = "") -> None:
        """Show image ``index`` of the shard ``name``; the caption "off" is faint."""
        low = 1 - (top + SIDE) / self._height
        size = SIDE / self._width, SIDE / self._height
        axis = self.figure.add_axes((left / self._width, low, *size))
        pixels = self.shards[name].images[index].permute(1, 2, 0).numpy()
        axis.imshow(pixels, interpolation="nearest")
        axis.set_axis_off()
        if caption:
            colour = FAINT if caption == "off" else INK
            for number, line in enumerate(caption.split("\n"), start=1):
                low = top + SIDE + number * CAPTION - 0.01
                look = {"ha": "center", "va": "baseline", "color": colour}
                self.text(left + SIDE / 2, low, line, size=6, **look)
        self._shown.append((name, index))

    def text(self, left: float, top: float, words: str, size: float = 7, **look) -> None:
        """Write words; ``top`` is their upper edge unless ``va`` changes it."""
        position = left / self._width, 1 - top / self._height
        look = {"va": "top", "fontsize": size, **look}
        # Names of classes may have dollar signs, which must not start a formula.
        self.figure.text(*position, words, parse_math=False, **look)

    def table(self) -> pd.DataFrame:
        """One row per image: its shard, index, label, class, and all its latents."""
        rows = []
        for name, index in self._shown:
            shard = self.shards[name]
            label = int(shard.labels[index])
            latents = {key: column[index].item() for key, column in shard.latents.items()}
            row = {"example": name, "index": index, "label": label}
            rows.append({**row, "class": shard.class_names[label], **latents})
        # Keep whole numbers as integers even if other images lack the latent.
        return pd.DataFrame(rows).convert_dtypes()


def wrapped(name: str) -> str:
    """A class's name in at most two lines, about as wide as an image."""
    words = name.replace("_", " ")
    lines = textwrap.wrap(words, 10, break_long_words=False, max_lines=2, placeholder="…")
    return "\n".join(lines)
