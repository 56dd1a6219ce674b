"""Parameters of transformations: deterministic grids, and draws.

A grid scans a transformation, so that its score depends on no draw. Grids have the published ranges
(Ericsson et al. 2022), in pixels of the network's input at 32 px, and in proportion at other sizes.
The published ones counted pixels of each photo, so their effect depended on its size. A change that
changes nothing says nothing about a network, so it is left out by default.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
import torch
from torch import Tensor

from transforms2d import sample
from transforms2d.checks import check_whole
from transforms2d.errors import UserError, quote
from transforms2d.transformations.blur import blur_kernel_size
from transforms2d.transformations.core import REFERENCE_SIZE
from transforms2d.transformations.corruption import erased_side

PUBLISHED_SIZE = 256
LEAST_SIZE = 2  # a scan of one angle would be the angle 0
WIDEST_BLUR = 20 / 23  # published: 20 px with a kernel of 23 px
LEAST_BLUR = 0.256  # px; up to it all neighbours of a pixel together cannot move its byte
# The parameters that change nothing.
IDENTITIES = {
    "scale": {"factor": 1.0},
    "translate": {"shift_x": 0, "shift_y": 0},
    "rotate": {"angle_deg": 0.0},
    "shear": {"shear_x_deg": 0.0, "shear_y_deg": 0.0},
    "hue": {"hue_turns": 0.0},
    "brightness": {"factor": 1.0},
    "contrast": {"factor": 1.0},
    "saturation": {"factor": 1.0},
}


def grid(
    name: str, size: int = PUBLISHED_SIZE, *, side: int = 32, identity: bool = False
) -> list[dict[str, float]]:
    """A deterministic grid of at most ``size`` parameters of one transformation.

    Parameters
    ----------
    name : str
        A name of ``GRIDS``. Those with a coin alone have one entry: it says yes.
    size : int
        At least 2. The grid of two parameters is a square.
    side : int
        Of the images, in px.
    identity : bool
        Whether to include the parameters that change nothing, as published.

    Returns
    -------
    list of dict
        Each maps the parameters of ``transforms2d.apply_view`` to a number or bool; see
        ``repeated``.

    Raises
    ------
    UserError
        For a name without a grid, or a size below 2.
    """
    if name not in GRIDS:
        raise UserError(f"grid: {quote(name)} has none; those with one are {', '.join(GRIDS)}")
    check_whole("grid: size", size, LEAST_SIZE)
    entries = GRIDS[name](size, side)
    if not identity:
        columns = {key: torch.tensor([one[key] for one in entries]) for key in entries[0]}
        same = _changes_nothing(name, columns).tolist()
        entries = [one for one, left_out in zip(entries, same, strict=True) if not left_out]
    return list({tuple(one.values()): one for one in entries}.values())


def repeated(parameters: Mapping[str, float], count: int) -> dict[str, Tensor]:
    """The same parameters for ``count`` images, as ``transforms2d.apply_view`` takes them."""
    return {key: torch.full((count,), value) for key, value in parameters.items()}


def drawn(
    name: str, indices: Sequence[int], *, seed: int, draw: int, side: int, identity: bool = False
) -> tuple[dict[str, Tensor], Tensor | None]:
    """One draw per image from the transformation's own distribution, and which ones to score.

    Parameters
    ----------
    indices : sequence of int
        Of the images; a draw is a function of (seed, name, draw, index).
    identity : bool
        As in ``grid``. Otherwise every coin says yes.

    Returns
    -------
    parameters : dict of str to Tensor with a row per image
    kept : bool [n] or None
        Rows whose parameters change something; None means all.
    """
    parameters = sample(
        name,
        seed=seed,
        indices=np.asarray(indices),
        stream=f"invariance/{draw}",
        image_size=side,
        channels=3,
    )
    if identity:
        return parameters, None
    if "applied" in parameters:
        parameters["applied"] = torch.ones_like(parameters["applied"])
    return parameters, ~_changes_nothing(name, parameters)


def _changes_nothing(name: str, parameters: Mapping[str, Tensor]) -> Tensor:
    """Rows of parameters that leave every image as it is, bool [n]."""
    if name == "blur":
        return parameters["sigma_px"] <= LEAST_BLUR
    coin = {"applied": False} if "applied" in parameters else {}
    same = IDENTITIES.get(name, coin)
    if not same:
        return torch.zeros(len(next(iter(parameters.values()))), dtype=torch.bool)
    return torch.stack([parameters[key] == value for key, value in same.items()]).all(dim=0)


def _line(key: str, low: float, high: float):
    """Evenly spaced values of one parameter, both ends included."""

    def entries(size: int, side: int) -> list[dict]:
        return [{key: value} for value in np.linspace(low, high, size).tolist()]

    return entries


def _square(first: str, second: str, steps: Sequence[float]) -> list[dict]:
    return [{first: x, second: y} for y in steps for x in steps]


def _steps(size: int, low: float, width: float) -> np.ndarray:
    """Steps along one side of a square grid, from ``low``, without the upper end."""
    count = math.isqrt(size)
    return low + width * np.arange(count) / count


def _rotate(size: int, side: int) -> list[dict]:
    return [{"angle_deg": 360 * step / size} for step in range(size)]


def _translate(size: int, side: int) -> list[dict]:
    px = np.rint(_steps(size, -16, 32) * side / REFERENCE_SIZE).astype(int)
    return _square("shift_x", "shift_y", px.tolist())


def _shear(size: int, side: int) -> list[dict]:
    return _square("shear_x_deg", "shear_y_deg", _steps(size, -160, 320).tolist())


def _blur(size: int, side: int) -> list[dict]:
    widest = WIDEST_BLUR * blur_kernel_size(side)
    return [{"sigma_px": value} for value in np.linspace(1e-5, widest, size).tolist()]


def _erasing(size: int, side: int) -> list[dict]:
    corners = _places(side - erased_side(side), math.isqrt(size))
    return [{**one, "applied": True} for one in _square("x", "y", corners)]


def _crop(size: int, side: int) -> list[dict]:
    """Boxes of a quarter to three quarters of each side, all over the image.

    The published places were pixels of each photo, close to its upper left corner.
    """
    steps = max(math.floor(size**0.25 + 1e-9), 1)
    lengths = np.rint(np.linspace(0.75, 0.25, steps) * side).astype(int).tolist()
    boxes = []
    for height, width in product(lengths, repeat=2):
        tops, lefts = (_places(side - length, steps) for length in (height, width))
        for top, left in product(tops, lefts):
            box = {"top": top, "left": left, "height": height, "width": width}
            boxes.append({**box, "flipped": False})
    return boxes


def _places(room: int, steps: int) -> list[int]:
    return np.rint(np.linspace(0, room, steps)).astype(int).tolist()


def _coin(size: int, side: int) -> list[dict]:
    return [{"applied": True}, {"applied": False}]


# Of those that ``measurable.ways`` gives a grid.
GRIDS = {
    "scale": _line("factor", 0.25, 2),
    "translate": _translate,
    "rotate": _rotate,
    "shear": _shear,
    "hue": _line("hue_turns", -0.5, 0.5),
    "brightness": _line("factor", 0.25, 5),
    "contrast": _line("factor", 0.25, 5),
    "saturation": _line("factor", 0.25, 5),
    "crop_flip": _crop,
    "blur": _blur,
    "erasing": _erasing,
    "v_flip": _coin,
    "h_flip": _coin,
    "grayscale": _coin,
    "posterize": _coin,
    "invert": _coin,
    "sharpen": _coin,
    "pixelate": _coin,
}
