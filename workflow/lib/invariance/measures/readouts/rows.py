"""Features and targets before a fit: checked, in float64, standardised."""

import numpy as np

from transforms2d.errors import UserError


def checked(where: str, features: np.ndarray, *targets: np.ndarray) -> np.ndarray:
    """The features in float64, in which weak penalties need to be solved.

    Parameters
    ----------
    where : str
        What the rows are, in errors.
    features : float [n, d]
    targets : arrays with n rows

    Raises
    ------
    UserError
        If features are not [n, d] with n >= 1, targets have other rows, or a value is not finite.
    """
    if np.ndim(features) != 2 or not len(features):
        raise UserError(f"{where}: features {np.shape(features)}; give [n, d] with n >= 1")
    for values in (features, *targets):
        if len(values) != len(features):
            raise UserError(
                f"{where}: {len(values)} rows for {len(features)} images; give one per image"
            )
        if not np.isfinite(values).all():
            raise UserError(f"{where}: a value is not finite; pretrain with precision fp32")
    return np.asarray(features, np.float64)


def standardised(train: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Features with mean 0 and variance 1 on the training rows; constant ones become 0 there.

    Both are float [n, d], and come back so.
    """
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(train)
    return scaler.transform(train), scaler.transform(test)
