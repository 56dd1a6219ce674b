"""Masks, which source classes a network sees, drawn by counter before any training."""

import numpy as np

from transforms2d import seeds as draws
from transforms2d.errors import UserError, quote

KINDS = ("bernoulli", "half", "full")


def draw(kind: str, seed: int, rows: range, classes: int) -> np.ndarray:
    """Masks of some rows, uint8 [len(rows), classes]; a row depends only on (kind, seed, row).

    Parameters
    ----------
    kind : str
        ``bernoulli``: each class with probability 1/2; a row without a class is drawn again.
        ``half``: rows 2i and 2i + 1 are a random half of the classes and the other half. ``full``:
        all classes.
    rows : range
        Numbers of rows, at least 0, in any range of a longer list.
    classes : int
        K, at least 1; even for ``half``.

    Raises
    ------
    UserError
        For another kind, or an odd number of classes for ``half``.
    """
    if kind not in KINDS:
        raise UserError(f"masks.kinds: {quote(kind)} is not one of {', '.join(KINDS)}")
    if kind == "half":
        return _halves(seed, rows, classes)
    if kind == "bernoulli":
        return _bernoulli(seed, np.array(rows), classes)
    return np.ones((len(rows), classes), dtype=np.uint8)


def _bernoulli(seed: int, rows: np.ndarray, classes: int) -> np.ndarray:
    masks = draws.uniform(seed, "masks/bernoulli", rows, classes) < 0.5
    again = 0
    while len(empty := np.flatnonzero(~masks.any(axis=1))):
        again += 1
        purpose = f"masks/bernoulli/again {again}"
        masks[empty] = draws.uniform(seed, purpose, rows[empty], classes) < 0.5
    return masks.astype(np.uint8)


def _halves(seed: int, rows: range, classes: int) -> np.ndarray:
    if classes % 2:
        raise UserError(
            f"masks.kinds: 'half' needs an even number of source classes, not {classes}; change "
            "classes by one, or use bernoulli"
        )
    masks = np.zeros((len(rows), classes), dtype=np.uint8)
    for place, row in enumerate(rows):
        order = draws.generator(seed, f"masks/half/{row // 2}").permutation(classes)
        first = classes // 2 * (row % 2)
        masks[place, order[first : first + classes // 2]] = 1
    return masks
