"""The content of each sample, without pixels: class, prototype, background, coins."""

from dataclasses import dataclass

import numpy as np

from transforms2d import seeds
from transforms2d.errors import UserError
from transforms2d.spec import DatasetSpec

PUBLISHED_SHIFTS = 12  # fork 21: the published background sequence is shifted by 0 to 11


@dataclass(frozen=True)
class Draws:
    """Which independent draw of each part of a sample to use; 0 is the dataset itself.

    Attributes
    ----------
    transforms : int
        Draw of the transformation parameters.
    surroundings : int
        Draw of background patterns, of random positions of objects, and of the augmentation of
        natural backgrounds.
    other_object, other_background : int
        0 for the sample's own; k > 0 for the k-th independent draw, which may be the same by
        chance. A natural image is always a different one.
    """

    transforms: int = 0
    surroundings: int = 0
    other_object: int = 0
    other_background: int = 0


@dataclass(frozen=True)
class Pool:
    """The numbers of images and classes that samples are drawn from.

    Attributes
    ----------
    prototypes : int64 [K]
        Number of used images per class position; empty without a foreground.
    backgrounds : int
        Number of background images.
    natural_rows : int64 [samples] or None
        Row of the natural image of each sample.
    natural_label : int64 [samples] or None
        Class of this image, as a position in ``spec.natural_classes``.
    """

    prototypes: np.ndarray
    backgrounds: int = 0
    natural_rows: np.ndarray | None = None
    natural_label: np.ndarray | None = None


def draw_scene(spec: DatasetSpec, pool: Pool, indices: np.ndarray, draws: Draws) -> dict:
    """Class, prototype, background and coins of samples, each from a separate random stream.

    Returns
    -------
    dict of str to array [n]
        Those of ``object_label``, ``prototype``, ``pasted``, ``bound``, ``background``,
        ``background_label`` that the dataset has. ``background`` is the index of the image.
        ``bound`` is true if the object was drawn as the object of the background's class; it is
        false in a twin with another object, or with a background of another class.
    """
    scene = {}
    if spec.background == "images":
        scene["background"] = _background(spec, pool, indices, draws)
    if spec.background == "natural":
        at = _natural_index(spec, pool, indices, draws)
        scene["background"] = pool.natural_rows[at]
        scene["background_label"] = pool.natural_label[at]
    if spec.foreground != "none":
        scene |= _object(spec, pool, indices, draws)
    return scene


def binding(spec: DatasetSpec) -> np.ndarray:
    """Object position of each natural class position (appendix C.3), int64 [classes].

    With ``bijection`` each object belongs to one class, the same in all splits. With ``hash``
    objects may repeat and differ between splits (fork 14).
    """
    if spec.protocol.correlated_object == "bijection":
        return seeds.generator(spec.seed, "binding").permutation(len(spec.natural_classes))
    natural = np.arange(len(spec.natural_classes))
    return _integers(spec.seed, f"binding/{spec.split}", natural, len(spec.classes))


def _object(spec, pool, indices, draws) -> dict:
    count = len(spec.classes)
    position = _integers(spec.seed, f"class/{spec.split}", indices, count)
    drawn = {}
    if spec.correlation > 0:
        coin = seeds.uniform(spec.seed, f"correlation/{spec.split}", indices)[:, 0]
        drawn["bound"] = coin < spec.correlation
        own = pool.natural_label[indices]
        position = np.where(drawn["bound"], binding(spec)[own], position)
        natural_label = pool.natural_label[_natural_index(spec, pool, indices, draws)]
        drawn["bound"] &= natural_label == own
    if draws.other_object:
        stream = f"other-object/{spec.split}/{draws.other_object}"
        position = _integers(spec.seed, stream, indices, count)
        if "bound" in drawn:
            drawn["bound"] = np.zeros(len(indices), dtype=bool)
    other = f"/{draws.other_object}" if draws.other_object else ""
    share = seeds.uniform(spec.seed, f"prototype/{spec.split}{other}", indices)[:, 0]
    drawn["object_label"] = position
    drawn["prototype"] = (share * pool.prototypes[position]).astype(np.int64)
    if spec.availability < 1:
        coin = seeds.uniform(spec.seed, f"availability/{spec.split}", indices)[:, 0]
        drawn["pasted"] = coin < spec.availability
    return drawn


def _background(spec, pool, indices, draws) -> np.ndarray:
    count = pool.backgrounds
    if spec.protocol.background_draw == "independent":
        drawn = _integers(spec.seed, f"background/{spec.split}", indices, count)
    else:
        stream = f"background-shift/{spec.split}"
        shift = _integers(spec.seed, stream, np.zeros(1, dtype=np.int64), PUBLISHED_SHIFTS)
        drawn = _integers(0, "background-sequence", indices + shift, count)
    if draws.other_background:
        _check_others(count)
        stream = f"other-background/{spec.split}/{draws.other_background}"
        drawn = _integers(spec.seed, stream, indices, count)
    return drawn


def _natural_index(spec, pool, indices, draws) -> np.ndarray:
    """Samples that the natural images come from: the same ones, or all shifted by one step.

    The order of images is shuffled, so a common step pairs them at random. Each image is used once
    and never paired with itself, as in the pairs of unrelated images that sensitivity uses.
    """
    if not draws.other_background:
        return indices
    count = len(pool.natural_rows)
    _check_others(count)
    stream = f"other-background/{spec.split}/{draws.other_background}"
    step = 1 + _integers(spec.seed, stream, np.zeros(1, dtype=np.int64), count - 1)
    return (indices + step) % count


def _check_others(count: int) -> None:
    if count < 2:
        raise UserError("twins.differ: one background has no other; give two or more")


def _integers(seed: int, stream: str, indices: np.ndarray, bound: int) -> np.ndarray:
    return seeds.integers(seed, stream, indices, bound)[:, 0]
