"""Sampling of parameters: ``sample`` for one transformation, ``sample_list`` for several."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from transforms2d.checks import SMALLEST_SIDE, check_whole
from transforms2d.errors import UserError, quote
from transforms2d.protocol import DataProtocol, chosen
from transforms2d.transformations.core import Draws, Transformation
from transforms2d.transformations.geometric import object_box, scaled_box
from transforms2d.transformations.registry import find

_FIELD_PIXELS = 64 * 32 * 32


@dataclass(frozen=True)
class Field:
    """A parameter of the size of an image, whose rows are drawn when they are used."""

    transformation: Transformation
    key: str
    draws: Draws
    shape: tuple[int, ...]

    @property
    def ndim(self) -> int:
        """Number of dimensions."""
        return len(self.shape)

    def __getitem__(self, rows: slice | Tensor) -> "Field":
        rows = rows if isinstance(rows, slice) else rows.cpu().numpy()
        draws = replace(self.draws, indices=self.draws.indices[rows])
        return replace(self, draws=draws, shape=(len(draws.indices), *self.shape[1:]))

    def index_select(self, dim: int, rows: Tensor) -> Tensor:
        """The given rows, drawn; ``dim`` is 0."""
        return self[rows].tensor().to(rows.device)

    def tensor(self) -> Tensor:
        """All rows, drawn a few at a time so that each part fits a CPU's cache."""
        out = torch.empty(self.shape, dtype=torch.float32, device="cpu")
        rows = max(_FIELD_PIXELS // (self.draws.height * self.draws.width), 1)
        for start in range(0, len(out), rows):
            part = slice(start, start + rows)
            draws = replace(self.draws, indices=self.draws.indices[part])
            with torch.autocast("cpu", enabled=False):
                out[part] = self.transformation.draw(draws)[self.key]
        return out


def sample(
    name: str,
    n: int | None = None,
    *,
    seed: int = 0,
    start: int = 0,
    indices: ArrayLike | None = None,
    stream: str = "",
    image_size: int | tuple[int, int] = 32,
    channels: int = 4,
    box: ArrayLike | None = None,
    protocol: DataProtocol | None = None,
    lazy: bool = False,
) -> dict[str, Tensor]:
    """Draw the parameters of one transformation for ``n`` samples.

    Row i depends only on (seed, name, stream, index of sample i) and the arguments below, not on
    other rows.

    Parameters
    ----------
    name : str
        One of ``transforms2d.names.ALL``, or ``none``.
    n : int
        Number of rows; optional with ``indices``.
    seed : int
        At least 0.
    start : int
        Index of the first of ``n`` consecutive samples.
    indices : int [n]
        Indices of the samples, instead of ``start``.
    stream : str
        Name of an independent stream of the same seed.
    image_size : int or (int, int)
        Side of square images, or height and width, in px, at least 8. Pixel sizes are for 32 px
        and scale with the shorter side.
    channels : int
        4 for objects with alpha, 3 for natural images, which are translated differently.
    box : int [n, 4]
        For ``translate`` of objects: left, top, width and height in px of the box that must stay
        inside the image; by default that of an unchanged object (22 x 22 px at 5, 5).
    protocol : DataProtocol
        Choices where the paper's text and code differ; the text by default.
    lazy : bool
        Return ``noise`` and ``displacement`` as a ``Field``, which draws them when used.

    Returns
    -------
    dict of str to Tensor with n rows, on the CPU
        ``factor`` of scale (0.4..1), brightness and contrast (0..2), float32.
        ``shift_x``, ``shift_y`` of translate: px to the right and down, int64.
        ``angle_deg`` of rotate: 0..360, counter-clockwise as seen, float32.
        ``shear_x_deg``, ``shear_y_deg``: -50..50, float32.
        ``hue_turns``: -0.5..0.5, float32. ``sigma_px`` of blur: 0.1..1.5, float32.
        ``noise`` [n, 3, H, W]: normal clipped to 0..1, in units of full intensity, float32.
        ``displacement`` of elastic [n, H, W, 2]: where each pixel is taken from, dx and dy in px
        relative to itself, float32.
        ``x``, ``y`` of erasing: left and top of the square in px, int64.
        ``applied`` of the flips, grayscale, posterize, invert, sharpen, noise, pixelate, elastic
        and erasing: bool, true with probability 0.5. The other parameters are drawn regardless.

    Raises
    ------
    UserError
        If the name is unknown or an argument is out of range.
    """
    transformation = find(name)
    protocol = chosen(protocol)
    indices = row_indices(n, start, indices)
    check_whole("sample: seed", seed, 0)
    height, width = sides_of(image_size)
    if channels not in (3, 4):
        raise UserError(f"channels: {channels} is neither 3 (RGB) nor 4 (RGBA)")
    if box is not None:
        box = np.asarray(box)
        if box.shape != (len(indices), 4):
            raise UserError(f"box: its shape is {box.shape}, not ({len(indices)}, 4)")
        if box.dtype.kind not in "iu":
            raise UserError("box: its numbers are not whole")
    draws = Draws(name, int(seed), stream, indices, height, width, channels, box, protocol)
    return draw_parameters(transformation, draws, lazy)


def draw_parameters(
    transformation: Transformation, draws: Draws, lazy: bool = False
) -> dict[str, Tensor]:
    """The parameters that a transformation draws, and ``applied`` if it has a coin; on the CPU."""
    n, height, width = len(draws.indices), draws.height, draws.width
    if any(shape(height, width) for shape in transformation.parameters.values()):
        drawn = {
            key: Field(transformation, key, draws, (n, *shape(height, width)))
            for key, shape in transformation.parameters.items()
        }
        if not lazy:
            drawn = {key: field.tensor() for key, field in drawn.items()}
    else:
        drawn = transformation.draw(draws)
    if transformation.coin is not None:
        coin = draws.uniform(purpose="applied")[:, 0] < transformation.coin
        drawn["applied"] = torch.from_numpy(coin)
    return drawn


def sample_list(
    names: Sequence[str],
    n: int | None = None,
    *,
    seed: int = 0,
    start: int = 0,
    indices: ArrayLike | None = None,
    image_size: int | tuple[int, int] = 32,
    channels: int = 4,
    protocol: DataProtocol | None = None,
    **arguments,
) -> dict[str, dict[str, Tensor]]:
    """Draw the parameters of several transformations in sequence; arguments as in ``sample``.

    A translation after a scaling keeps the box of the scaled object inside the image (with the
    protocol's ``scaled_box="drift"``: the box that the released code computes).

    Returns
    -------
    dict of str to dict
        The result of ``sample`` per name, in the order of ``names``.

    Raises
    ------
    UserError
        As in ``sample``, or if a name occurs twice.
    """
    protocol = chosen(protocol)
    indices = row_indices(n, start, indices)
    height, width = sides_of(image_size)
    box = object_box(len(indices), height, width)
    drawn = {}
    for name in names:
        if name in drawn:
            raise UserError(f"transformation {quote(name)}: named twice in one list")
        drawn[name] = sample(
            name,
            seed=seed,
            indices=indices,
            image_size=image_size,
            channels=channels,
            box=box,
            protocol=protocol,
            **arguments,
        )
        if name == "scale":
            box = scaled_box(box, drawn[name]["factor"], height, width, protocol.scaled_box)
    return drawn


def sides_of(image_size: int | tuple[int, int]) -> tuple[int, int]:
    """Height and width in px."""
    sides = np.asarray(image_size)
    if sides.shape not in ((), (2,)) or sides.dtype.kind not in "iu":
        raise UserError(
            f"image_size: {quote(image_size)} is neither a side nor (height, width) in px"
        )
    if sides.min() < SMALLEST_SIDE:
        raise UserError(f"image_size: {sides.min()} px is too small; at least {SMALLEST_SIDE} px")
    height, width = np.broadcast_to(sides, 2).tolist()
    return height, width


def row_indices(n: int | None, start: int, indices: ArrayLike | None) -> np.ndarray:
    """The indices of samples: ``indices``, or ``n`` of them from ``start`` on; int64 [n]."""
    if indices is None:
        check_whole("sample: n", n, 0)
        check_whole("sample: start", start, 0)
        return np.arange(start, start + n, dtype=np.int64)
    indices = np.asarray(indices)
    if indices.ndim != 1 or (indices.size and indices.dtype.kind not in "iu"):
        raise UserError("sample: indices are not a list of whole numbers")
    if n is not None and n != len(indices):
        raise UserError(f"sample: n = {n}, but there are {len(indices)} indices")
    if indices.size and indices.min() < 0:
        raise UserError(f"sample: index {indices.min()} is below 0")
    return indices.astype(np.int64)
