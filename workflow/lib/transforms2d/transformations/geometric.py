"""Transformations that move pixels: scale, translate, flips, rotate, shear.

Translate, rotate and shear take each target pixel from one source pixel (nearest). For rotate and
shear the source is computed in the 16.16 fixed-point arithmetic of Pillow's affine transform, so
both give the same pixels.
"""

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import pad

from transforms2d.transformations.core import Draws, Transformation, scalar
from transforms2d.transformations.large import geometric as large
from transforms2d.transformations.pillow_arithmetic import put_rows_
from transforms2d.transformations.resizing.scale import scale_about_centre

OBJECT_SHARE = 0.7  # side of the object's box relative to its canvas, as published
NATURAL_SHIFT = 0.3  # of the side, in both directions of both axes, as in the text (fork 7)
PUBLISHED_SHARE = 0.3  # of the side: range of the published shift of natural images (fork 7)
_STEEPEST = 1e5  # px per px; finite, but leads out of any image like a right angle


def object_box(n: int, height: int, width: int) -> np.ndarray:
    """The box of ``n`` untouched objects: left, top, width, height in px, int64 [n, 4]."""
    sides = [round(extent * OBJECT_SHARE) for extent in (width, height)]
    corner = [(width - sides[0]) // 2, (height - sides[1]) // 2]
    return np.tile(np.array([*corner, *sides], dtype=np.int64), (n, 1))


def scaled_box(box: np.ndarray, factor: Tensor, height: int, width: int, rule: str) -> np.ndarray:
    """The box after ``scale``, int64 [N, 4].

    ``exact`` is the smallest box of whole pixels around the scaled one. ``drift`` is the published
    computation, which shrinks the box but not its distance from the corner (fork 24).
    """
    factor = factor.double().numpy()[:, None]
    extent = np.array([width, height])
    size = np.rint(extent * factor)
    margin = (extent - size) // 2
    corner, side = box[:, :2], box[:, 2:]
    if rule == "drift":
        return np.column_stack([corner + margin, np.rint(side * factor)]).astype(np.int64)
    share = size / extent
    moved = np.floor(corner * share + margin)
    end = np.ceil((corner + side) * share + margin)
    return np.column_stack([moved, end - moved]).astype(np.int64)


def _draw_translate(draws: Draws) -> dict[str, Tensor]:
    u = draws.uniform(2)
    extent = np.array([draws.width, draws.height])
    if draws.channels == 4:
        box = object_box(len(u), draws.height, draws.width) if draws.box is None else draws.box
        # max: with ``drift``, a box may exceed the rest of the canvas
        target = np.floor(u * np.maximum(extent - box[:, 2:], 0))
        shift = target.astype(np.int64) - box[:, :2]
    elif draws.protocol.natural_translate == "symmetric":
        reach = (NATURAL_SHIFT * extent).astype(np.int64)
        shift = np.floor(u * (2 * reach + 1)).astype(np.int64) - reach
    else:
        reach = PUBLISHED_SHARE * extent
        shift = np.floor(u * reach).astype(np.int64) + (reach / 2).astype(np.int64)
    return {"shift_x": torch.from_numpy(shift[:, 0]), "shift_y": torch.from_numpy(shift[:, 1])}


def _take(images: Tensor, out: Tensor, x: Tensor, y: Tensor) -> None:
    """Pixels at integer source coordinates that broadcast to [N, H, W]; 0 outside the image.

    The images get a border of empty pixels, to which outside coordinates are clamped. ``x`` and
    ``y`` count from this border: 1 is the first pixel of the image.
    """
    n, channels, height, width = images.shape
    ringed = pad(images, (1, 1, 1, 1)).view(n, channels, -1)
    index = torch.add(x.clamp(0, width + 1), y.clamp(0, height + 1), alpha=width + 2)
    index = index.to(torch.int64).view(n, 1, -1).expand(n, channels, -1)
    torch.gather(ringed, 2, index, out=out.view(n, channels, -1))


def _translate(images: Tensor, out: Tensor, parameters, protocol) -> None:
    height, width = images.shape[2:]

    def source(shift, extent):
        at = torch.arange(1, extent + 1, device=images.device, dtype=torch.int32)
        # Coordinates beyond the image's size are outside in any case.
        return at - shift.double().round().clamp(-extent - 1, extent + 1).to(torch.int32)[:, None]

    x, y = source(parameters["shift_x"], width), source(parameters["shift_y"], height)
    _take(images, out, x[:, None, :], y[:, :, None])


def _affine(images: Tensor, out: Tensor, xx, xy, yx, yy) -> None:
    """Nearest pixels under a linear map about the centre; its entries are float64 arrays [N].

    Source x is ``xx * x + xy * y`` and source y is ``yx * x + yy * y``, from the centre.
    """
    height, width = images.shape[2:]
    entries = np.array([[xx, xy], [yx, yy]])  # source axis, target axis, row
    furthest = np.abs(entries).max(initial=0) * (width + height) * 65536
    kind = np.int32 if furthest < 2**31 else np.int64
    step = np.floor(entries * 65536 + 0.5)
    centre = (width - 1) * entries[:, 0] + (height - 1) * entries[:, 1]
    start = np.floor((np.array([[width], [height]]) - centre) * 32768 + 0.5) + 65536
    across = step[:, 0, :, None] * np.arange(width) + start[..., None]
    down = step[:, 1, :, None] * np.arange(height)
    x, y = torch.from_numpy(across.astype(kind)).to(images.device)
    down_x, down_y = torch.from_numpy(down.astype(kind)).to(images.device)
    x = (x[:, None, :] + down_x[:, :, None]).bitwise_right_shift_(16)
    y = (y[:, None, :] + down_y[:, :, None]).bitwise_right_shift_(16)
    _take(images, out, x, y)


def _radians(degrees: Tensor) -> np.ndarray:
    return np.deg2rad(degrees.double().cpu().numpy())


def _rotate(images: Tensor, out: Tensor, parameters, protocol) -> None:
    angle = _radians(parameters["angle_deg"].double() % 360)
    # Rounding keeps quarter turns exact.
    cos, sin = np.cos(angle).round(15), np.sin(angle).round(15)
    _affine(images, out, cos, -sin, sin, cos)


def _shear(images: Tensor, out: Tensor, parameters, protocol) -> None:
    tan_x, tan_y = (
        np.tan(_radians(parameters[key])).clip(-_STEEPEST, _STEEPEST)
        for key in ("shear_x_deg", "shear_y_deg")
    )
    _affine(images, out, 1 + tan_x * tan_y, tan_x, tan_y, np.ones_like(tan_x))


def _draw_shear(draws: Draws) -> dict[str, Tensor]:
    degrees = torch.from_numpy(100 * draws.uniform(2) - 50).to(torch.float32)
    return {"shear_x_deg": degrees[:, 0].clone(), "shear_y_deg": degrees[:, 1].clone()}


def _scale(images: Tensor, out: Tensor, parameters, protocol) -> None:
    scale_about_centre(images, out, parameters["factor"])


def _flip(axis: int):
    def apply(images: Tensor, out: Tensor, parameters, protocol) -> None:
        rows = torch.nonzero(parameters["applied"])[:, 0]
        out.copy_(images)
        put_rows_(out, rows, images.index_select(0, rows).flip(axis))

    return apply


GEOMETRIC = (
    Transformation(
        "scale",
        _scale,
        lambda draws: {"factor": draws.between(0.4, 1)},
        {"factor": scalar},
    ),
    Transformation(
        "translate",
        _translate,
        _draw_translate,
        {"shift_x": scalar, "shift_y": scalar},
        apply_large=large.translate,
    ),
    Transformation("v_flip", _flip(2), coin=0.5, takes_all=True, apply_large=large.v_flip),
    Transformation("h_flip", _flip(3), coin=0.5, takes_all=True, apply_large=large.h_flip),
    Transformation(
        "rotate",
        _rotate,
        lambda draws: {"angle_deg": draws.between(0, 360)},
        {"angle_deg": scalar},
    ),
    Transformation("shear", _shear, _draw_shear, {"shear_x_deg": scalar, "shear_y_deg": scalar}),
)
