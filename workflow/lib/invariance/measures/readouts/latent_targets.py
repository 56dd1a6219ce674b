"""What an image shows, as numbers to regress: place, turn, size, colours.

The latents of a dataset are parameters of its functions. A place is not one of them where an
object was scaled, turned and moved, and an angle jumps from 360 to 0 degrees. So the place is the
centre of the object as rendered, and an angle is its sine and cosine.
"""

from collections.abc import Mapping

import numpy as np
from torch import Tensor

from transforms2d.errors import UserError
from transforms2d.rendering.placement import object_box
from transforms2d.spec import DatasetSpec
from transforms2d.transformations.geometric import OBJECT_SHARE

# Latents that are regressed as they are, and those that are turns, with the turns in their unit.
PLAIN = {
    "scale": "scale.factor",
    "shear_x": "shear.shear_x_deg",
    "shear_y": "shear.shear_y_deg",
    "brightness": "brightness.factor",
    "contrast": "contrast.factor",
    "blur": "blur.sigma_px",
}
TURNS = {"rotate": ("rotate.angle_deg", 360.0), "hue": ("hue.hue_turns", 1.0)}
STILL = 2.0  # px; rounding to whole pixels moves a centre by less


def latent_targets(
    spec: DatasetSpec, latents: Mapping[str, Tensor], base=None
) -> dict[str, np.ndarray]:
    """The numbers to regress, float64 [n, k] each, for the latents that the dataset has.

    ``place``: x and y of ``rendered_centres``, if they move. ``rotate``, ``hue``: sine and cosine.
    ``scale``, ``shear_x``, ``shear_y``, ``brightness``, ``contrast``, ``blur``: the parameter.
    ``background``: the mean red, green and blue of the background's image, if ``base`` is given and
    the dataset shows its backgrounds. Those that do not vary are left out.

    Parameters
    ----------
    spec : DatasetSpec
        With one list of transformations for all classes.
    latents : mapping of str to Tensor with n rows
        Of a shard or a batch.
    base : BaseImages or None

    Raises
    ------
    UserError
        If each class has a list of its own, since then parts of the latents are undefined.
    """
    if isinstance(spec.transforms, Mapping):
        raise UserError(
            "latents: each class has its own list of transformations, so that a latent is not "
            "defined for all images; give a dataset with one list"
        )
    columns = {name: column.double().numpy() for name, column in latents.items()}
    targets = {}
    if spec.foreground != "none" and "pasted" not in latents:
        centres = rendered_centres(spec, latents)
        if np.ptp(centres, axis=0).max() > STILL:
            targets["place"] = centres
    targets |= {name: columns[key][:, None] for name, key in PLAIN.items() if key in columns}
    for name, (key, turn) in TURNS.items():
        if key in columns:
            angle = 2 * np.pi * columns[key] / turn
            targets[name] = np.column_stack([np.sin(angle), np.cos(angle)])
    if base is not None and spec.background == "images":
        means = base.backgrounds.double().mean(dim=(2, 3)).numpy()
        targets["background"] = means[latents["background"].numpy()]
    return {name: values for name, values in targets.items() if np.ptp(values, axis=0).any()}


def rendered_centres(spec: DatasetSpec, latents: Mapping[str, Tensor]) -> np.ndarray:
    """Where the centre of each object's box lies in the image, x and y in px, float64 [n, 2].

    0 is the left and the upper edge of the image. The centre goes through the transformations in
    their order, then through the placement; it may lie outside the image.

    Parameters
    ----------
    spec : DatasetSpec
        With objects and one list of transformations for all classes.
    latents : mapping of str to Tensor with n rows
    """
    side, count = spec.image_size, len(next(iter(latents.values())))
    box = round(side * OBJECT_SHARE)
    centre = np.full((count, 2), (side - box) // 2 + box / 2)
    for name in spec.transforms:
        if name in _MOVES:
            own = {
                key.removeprefix(f"{name}."): column.double().numpy()
                for key, column in latents.items()
                if key.startswith(f"{name}.")
            }
            centre = _MOVES[name](centre, own, side)
    if spec.object_scale != 1:
        centre = _scaled(centre, {"factor": np.full(count, float(spec.object_scale))}, side)
    if "placement.x" in latents:
        corner = np.column_stack(
            [latents[f"placement.{axis}"].double().numpy() for axis in ("x", "y")]
        )
        centre = centre + corner - object_box(spec).start
    return centre


def _scaled(centre: np.ndarray, own: Mapping, side: int) -> np.ndarray:
    new = np.maximum(np.rint(own["factor"] * side), 1)[:, None]
    return centre * new / side + (side - new) // 2


def _translated(centre: np.ndarray, own: Mapping, side: int) -> np.ndarray:
    return centre + np.column_stack([own["shift_x"], own["shift_y"]])


def _flipped(axis: int):
    def move(centre: np.ndarray, own: Mapping, side: int) -> np.ndarray:
        moved = centre.copy()
        moved[:, axis] = np.where(own["applied"] > 0, side - centre[:, axis], centre[:, axis])
        return moved

    return move


def _rotated(centre: np.ndarray, own: Mapping, side: int) -> np.ndarray:
    angle = np.deg2rad(own["angle_deg"])
    x, y = (centre - side / 2).T
    turned = [np.cos(angle) * x + np.sin(angle) * y, -np.sin(angle) * x + np.cos(angle) * y]
    return np.column_stack(turned) + side / 2


def _sheared(centre: np.ndarray, own: Mapping, side: int) -> np.ndarray:
    tan_x, tan_y = (np.tan(np.deg2rad(own[f"shear_{axis}_deg"])) for axis in ("x", "y"))
    x, y = (centre - side / 2).T
    return np.column_stack([x - tan_x * y, (1 + tan_x * tan_y) * y - tan_y * x]) + side / 2


_MOVES = {
    "scale": _scaled,
    "translate": _translated,
    "h_flip": _flipped(0),
    "v_flip": _flipped(1),
    "rotate": _rotated,
    "shear": _sheared,
}
