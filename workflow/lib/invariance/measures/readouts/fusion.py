"""Fusion: the features of several networks side by side."""

from collections.abc import Sequence

import numpy as np

from invariance.measures.readouts.rows import checked, standardised
from transforms2d.errors import UserError


def fuse(train: Sequence[np.ndarray], test: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Each network's features, standardised on its training images, then concatenated.

    As a control, fuse networks of one condition: an ensemble of the same size gains too, without
    any complementary invariance.

    Parameters
    ----------
    train, test : sequence of float [n, d], one per network
        Rows i of all show the same image.

    Returns
    -------
    (float64 [n, sum of d], float64 [m, sum of d])

    Raises
    ------
    UserError
        If there are fewer than two networks, or rows or features do not fit.
    """
    if len(train) < 2 or len(train) != len(test):
        raise UserError(
            f"fusion: {len(train)} networks to fit and {len(test)} to test; give two or more, the "
            "same in both"
        )
    fitted, tested = [], []
    for number, (first, second) in enumerate(zip(train, test, strict=True)):
        first = checked(f"fusion: network {number}: train", first, train[0])
        second = checked(f"fusion: network {number}: test", second, test[0])
        if first.shape[1] != second.shape[1]:
            raise UserError(
                f"fusion: network {number}: {first.shape[1]} features to fit and "
                f"{second.shape[1]} to test; give the same network in both"
            )
        first, second = standardised(first, second)
        fitted.append(first)
        tested.append(second)
    return np.concatenate(fitted, axis=1), np.concatenate(tested, axis=1)
