"""Changes of colour that views have: saturation, and jitter of four properties in random order."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import torch
from torch import Tensor

from transforms2d.transformations.core import Draws, Transformation, scalar
from transforms2d.transformations.pillow_arithmetic import keep_alpha_, luma, put_rows_
from transforms2d.transformations.registry import find


def _saturation(images: Tensor, out: Tensor, parameters, protocol) -> None:
    """Move colours away from or towards their own gray."""
    rgb = images[:, :3].to(torch.float32)
    gray = luma(rgb).floor_()[:, None]
    factor = parameters["factor"].to(torch.float32)[:, None, None, None]
    out[:, :3] = rgb.sub_(gray).mul_(factor).add_(gray).clamp_(0, 255).to(torch.int16)
    keep_alpha_(out, images)


SATURATION = Transformation("saturation", _saturation, parameters={"factor": scalar})
# The parameters of jitter: the change of each, what the change calls it, what changes nothing
_CHANGES = {
    "brightness": (find("brightness"), "factor", 1),
    "contrast": (find("contrast"), "factor", 1),
    "saturation": (SATURATION, "factor", 1),
    "hue_turns": (find("hue"), "hue_turns", 0),
}
ORDERS = np.array(list(permutations(range(4))))  # [24, 4] positions in _CHANGES


def _jitter(images: Tensor, out: Tensor, parameters, protocol) -> None:
    """All four changes of each image, in the order of that image."""
    out.copy_(images)
    order = torch.from_numpy(ORDERS).to(images.device).index_select(0, parameters["order"])
    for position in order.unbind(1):
        for at, (key, (change, called, neutral)) in enumerate(_CHANGES.items()):
            rows = torch.nonzero((position == at) & (parameters[key] != neutral))[:, 0]
            if len(rows):
                source = out.index_select(0, rows)
                changed = torch.empty_like(source)
                given = {called: parameters[key].index_select(0, rows)}
                change.apply(source, changed, given, protocol)
                put_rows_(out, rows, changed)


JITTER = Transformation(
    "jitter", _jitter, parameters=dict.fromkeys((*_CHANGES, "order"), scalar), coin=1.0
)


def jitter(reach: tuple[float, float, float, float], share: float) -> Transformation:
    """Jitter of brightness, contrast, saturation and hue, for a share of the views.

    Parameters are ``brightness``, ``contrast`` and ``saturation``: factors uniform from 1 - reach
    (at least 0) to 1 + reach; ``hue_turns``: uniform from -reach to reach, all float32; ``order``:
    0 to 23, the position of the order in the sorted list of orders of the four, int64; and
    ``applied``.
    """
    return replace(JITTER, draw=lambda draws: _draw(draws, reach), coin=share)


def _draw(draws: Draws, reach: tuple[float, float, float, float]) -> dict[str, Tensor]:
    u = draws.uniform(5)
    ranges = [(max(1 - each, 0), 1 + each) for each in reach[:3]] + [(-reach[3], reach[3])]
    drawn = {
        key: torch.from_numpy(low + (high - low) * u[:, at]).to(torch.float32)
        for at, (key, (low, high)) in enumerate(zip(_CHANGES, ranges, strict=True))
    }
    return drawn | {"order": torch.from_numpy((u[:, 4] * len(ORDERS)).astype(np.int64))}
