"""Downstream tasks on frozen features: ridge and logistic regression over 45 penalties.

The penalties are the published ones (Ericsson et al. 2022), whose numbers are their inverses. Folds
are seeded, and features are standardised on the training part of each fold. In a fold, a logistic
regression begins at the one with the next stronger penalty, and converges; it has seen the same
images, so that no validation image helps the fit that it scores.
"""

import warnings
from collections.abc import Sequence

import numpy as np

from invariance.measures.readouts.latent_regression import r2_with_interval
from invariance.measures.readouts.rows import checked, standardised
from transforms2d.errors import UserError

# From strong to weak. Of equally good ones the strongest is taken.
PENALTIES = tuple(np.logspace(6, -5, 45).tolist())
MOST_ITERATIONS = 10_000
TOLERANCE = 1e-5  # largest slope at which a logistic regression has converged


def ridge(
    train: tuple[np.ndarray, np.ndarray],
    test: tuple[np.ndarray, np.ndarray],
    *,
    seed: int,
    folds: int = 5,
    penalties: Sequence[float] = PENALTIES,
) -> dict:
    """R2 of a ridge regression on test images.

    Parameters
    ----------
    train, test : (features float [n, d], targets float [n, k])
    seed : int
        Of the folds and the resamples.
    folds : int
        At least 2; the penalty with the best mean R2 over them is fitted again on all images.
    penalties : sequence of float
        Strengths, above 0: the squared weights are multiplied by them.

    Returns
    -------
    dict
        ``r2``, ``low``, ``high`` (see ``latent_regression``), ``penalty``, and ``at_edge``, whether
        it is the strongest or the weakest.

    Raises
    ------
    UserError
        If rows do not fit or a value is not finite.
    """
    from sklearn.linear_model import Ridge
    from sklearn.metrics import r2_score
    from sklearn.model_selection import KFold

    features, test_features = checked("ridge: train", *train), checked("ridge: test", *test)
    values, targets = _from_strong(penalties), np.reshape(train[1], (len(features), -1))
    scores = []
    for fitted, left_out in KFold(folds, shuffle=True, random_state=seed).split(features):
        x, x_left_out = standardised(features[fitted], features[left_out])
        # A copy of the targets per penalty: all share one decomposition of the features.
        every = Ridge(np.repeat(values, targets.shape[1]), solver="svd")
        every.fit(x, np.tile(targets[fitted], len(values)))
        predicted = np.split(every.predict(x_left_out).reshape(len(left_out), -1), len(values), 1)
        scores.append([r2_score(targets[left_out], one) for one in predicted])
    best = values[int(np.mean(scores, axis=0).argmax())]
    x, x_test = standardised(features, test_features)
    predicted = np.reshape(Ridge(best).fit(x, train[1]).predict(x_test), test[1].shape)
    return {**r2_with_interval(test[1], predicted, seed), **_choice(best, values)}


def logistic(
    train: tuple[np.ndarray, np.ndarray],
    test: tuple[np.ndarray, np.ndarray],
    *,
    seed: int,
    folds: int = 5,
    penalties: Sequence[float] = PENALTIES,
) -> dict:
    """Accuracy of a multinomial logistic regression on test images.

    Parameters
    ----------
    train, test : (features float [n, d], labels int [n])
        The training labels have every class, with at least ``folds`` images each.
    seed, folds, penalties
        As in ``ridge``; folds have the same shares of classes.

    Returns
    -------
    dict
        ``accuracy`` and ``class_accuracy`` (the mean over classes), in 0..1, ``penalty``,
        ``at_edge`` as in ``ridge``, and ``converged``, whether every fit converged.

    Raises
    ------
    UserError
        If rows do not fit, a value is not finite, or a class has too few images.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.metrics import accuracy_score, balanced_accuracy_score
    from sklearn.model_selection import StratifiedKFold

    features, test_features = checked("logistic: train", *train), checked("logistic: test", *test)
    _check_classes(train[1], test[1], folds)
    values, labels, scores = _from_strong(penalties), np.asarray(train[1]), []
    cut = StratifiedKFold(folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        for fitted, left_out in cut.split(features, labels):
            x, x_left_out = standardised(features[fitted], features[left_out])
            fits = _logistic_fits(x, labels[fitted], values)
            scores.append([one.score(x_left_out, labels[left_out]) for one in fits])
        best = values[int(np.mean(scores, axis=0).argmax())]
        x, x_test = standardised(features, test_features)
        [fit] = _logistic_fits(x, labels, [best])
    predicted = fit.predict(x_test)
    return {
        "accuracy": float(accuracy_score(test[1], predicted)),
        "class_accuracy": float(balanced_accuracy_score(test[1], predicted)),
        **_choice(best, values),
        "converged": not any(issubclass(one.category, ConvergenceWarning) for one in caught),
    }


def _logistic_fits(features: np.ndarray, labels: np.ndarray, penalties: Sequence[float]):
    """Yield the regression of each penalty, the same object, which starts where it was before."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(warm_start=True, tol=TOLERANCE, max_iter=MOST_ITERATIONS)
    for penalty in penalties:
        yield model.set_params(C=1 / penalty).fit(features, labels)


def _from_strong(penalties: Sequence[float]) -> list[float]:
    return sorted(map(float, penalties), reverse=True)


def _choice(penalty: float, penalties: Sequence[float]) -> dict:
    ends = np.isclose(penalty, [min(penalties), max(penalties)], rtol=1e-9)
    return {"penalty": penalty, "at_edge": bool(ends.any())}


def _check_classes(train: np.ndarray, test: np.ndarray, folds: int) -> None:
    classes, counts = np.unique(train, return_counts=True)
    if counts.min() < folds or len(classes) < 2:
        raise UserError(
            f"logistic: {len(classes)} classes, the smallest with {counts.min()} images; give two "
            f"or more, of {folds} or more images"
        )
    if unknown := sorted(set(np.unique(test).tolist()) - set(classes.tolist())):
        raise UserError(f"logistic: class {unknown[0]} is only in the test images; add it to both")
