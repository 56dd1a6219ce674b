"""Influence of each source class on outputs of models that saw some of the source classes.

A mask says which classes a model saw. Both estimates are linear in the outputs: an operator,
float64 [K, M], times the outputs of M models. Masks that include every class with probability 1/2
give absolute influences. Masks of exactly half of the classes give centred ones: for outputs that
are a sum of class weights w, the difference of means has the expectation K / (K - 1) * (w - mean
w), so a class with a negative influence is below average there, not harmful.
"""

from collections.abc import Sequence

import numpy as np

from transforms2d.errors import UserError

RIDGE = 1e-3  # added to the sums of squares of the least squares; not to its intercept
PER_CLASS = 2  # models per class that least squares needs
ROUNDING = 1e-12  # singular values, as shares of the largest, that are 0


def difference_of_means(values, masks, names: Sequence[str] | None = None) -> np.ndarray:
    """Mean output of the models with a class, minus mean output of those without it.

    Parameters
    ----------
    values : float [M] or [M, N]
        One output per model, or one per model and image.
    masks : bool or 0/1 [M, K]
    names : sequence of str or None
        Names of the classes, for errors.

    Returns
    -------
    float64 [K] or [K, N]

    Raises
    ------
    UserError
        For a class in all or in no model.
    """
    check_masks(masks, names)
    return difference_operator(masks) @ np.asarray(values, float)


def least_squares(
    values, masks, ridge: float = RIDGE, names: Sequence[str] | None = None
) -> np.ndarray:
    """Slopes of the outputs on the masks, with an intercept: the additive model.

    Arguments and result as in ``difference_of_means``.

    Raises
    ------
    UserError
        For a class in all or in no model; without a ridge, for fewer than two models per class, or
        masks under which the slopes are not unique.
    """
    check_masks(masks, names)
    if ridge == 0:
        check_models(*np.shape(masks))
        if np.linalg.matrix_rank(_centred(masks)) < np.shape(masks)[1]:
            raise UserError(
                "masks: least squares is not unique, as for models of exactly half of the classes; "
                "give a ridge above 0"
            )
    return least_squares_operator(masks, ridge) @ np.asarray(values, float)


def difference_operator(masks) -> np.ndarray:
    """The operator of ``difference_of_means``; 0 for a class in all or in no model."""
    inside = np.asarray(masks, float)
    outside = 1 - inside
    counts = np.minimum(inside.sum(axis=0), outside.sum(axis=0))
    with np.errstate(divide="ignore", invalid="ignore"):
        operator = inside / inside.sum(axis=0) - outside / outside.sum(axis=0)
    return np.where(counts > 0, operator, 0).T


def least_squares_operator(masks, ridge: float = RIDGE) -> np.ndarray:
    """The operator of ``least_squares``; with a ridge, 0 for a class in all or in no model."""
    left, sizes, right = np.linalg.svd(_centred(masks), full_matrices=False)
    # With halves one singular value is 0: without its rounding, the slopes sum to 0.
    kept = sizes > ROUNDING * sizes.max()
    sizes = sizes[kept]
    return (right[kept].T * (sizes / (sizes**2 + ridge))) @ left[:, kept].T


OPERATORS = {"least_squares": least_squares_operator, "difference_of_means": difference_operator}


def check_masks(masks, names: Sequence[str] | None = None) -> None:
    """Refuse masks that are not 0 or 1, and a class in all or in no model."""
    masks = np.asarray(masks)
    if masks.ndim != 2 or not np.isin(masks, (0, 1)).all():
        raise UserError(
            "masks: not a table of 0 and 1, with a row per model and a column per class"
        )
    counts = masks.astype(int).sum(axis=0)
    for position, count in enumerate(counts):
        if count in (0, len(masks)):
            name = names[position] if names is not None else f"class {position}"
            number = "no model" if count == 0 else f"all {len(masks)} models"
            raise UserError(
                f"masks: {name} is in {number}, so its influence is not defined; raise masks.models"
            )


def check_models(models: int, classes: int) -> None:
    """Refuse fewer than two models per source class, for which least squares is its ridge."""
    if models < PER_CLASS * classes:
        raise UserError(
            f"masks.models: {models} models for {classes} source classes; least squares needs "
            f"{PER_CLASS * classes} or more, with fewer its ridge decides the result"
        )


def _centred(masks) -> np.ndarray:
    masks = np.asarray(masks, float)
    return masks - masks.mean(axis=0)
