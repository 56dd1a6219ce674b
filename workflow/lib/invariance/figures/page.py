"""A page of small images laid out in inches, which keeps what every image was made from."""

import textwrap

import pandas as pd

from invariance.figures import style

SIDE = 0.48  # an image's side; at 200 dpi three dots for each pixel of a 32 px image
PITCH = SIDE + 0.055  # from one image to the next
CAPTION = 0.115  # height of a line under an image
INK, FAINT = "black", "#8a8a8a"


class Page:
    """Images with captions at places given in inches from the upper left corner.

    Parameters
    ----------
    shards : dict of str to Shard
        What is shown, by name.
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
        """Show image ``index`` of the shard ``name``; an "off" below it is faint."""
        low = 1 - (top + SIDE) / self._height
        size = SIDE / self._width, SIDE / self._height
        axis = self.figure.add_axes((left / self._width, low, *size))
        pixels = self.shards[name].images[index].permute(1, 2, 0).numpy()
        axis.imshow(pixels, interpolation="nearest")
        axis.set_axis_off()
        if caption:
            colour = FAINT if caption == "off" else INK
            for at, line in enumerate(caption.split("\n"), start=1):
                low = top + SIDE + at * CAPTION - 0.01
                where = {"ha": "center", "va": "baseline", "color": colour}
                self.text(left + SIDE / 2, low, line, size=6, **where)
        self._shown.append((name, index))

    def text(self, left: float, top: float, words: str, size: float = 7, **style_of_text) -> None:
        """Write words; ``top`` is their upper edge unless ``va`` says otherwise."""
        at = left / self._width, 1 - top / self._height
        style_of_text = {"va": "top", "fontsize": size, **style_of_text}
        # Names of classes may have dollar signs, which begin no formula.
        self.figure.text(*at, words, parse_math=False, **style_of_text)

    def table(self) -> pd.DataFrame:
        """One row an image shown: its shard, index, label, class, and every latent there is."""
        rows = []
        for name, index in self._shown:
            shard = self.shards[name]
            label = int(shard.labels[index])
            latents = {key: column[index].item() for key, column in shard.latents.items()}
            made = {"example": name, "index": index, "label": label}
            rows.append({**made, "class": shard.class_names[label], **latents})
        # Whole numbers stay whole where other images lack the latent.
        return pd.DataFrame(rows).convert_dtypes()


def wrapped(name: str) -> str:
    """A class's name in at most two lines, about as wide as an image."""
    words = name.replace("_", " ")
    lines = textwrap.wrap(words, 10, break_long_words=False, max_lines=2, placeholder="…")
    return "\n".join(lines)
