"""Downstream tasks on frozen features: ridge and logistic regression over 45 penalties.

The penalties are the published ones (Ericsson et al. 2022), whose numbers are their inverses. Folds
are seeded, features are standardised on the training part of each fold, and every fit begins anew
and converges, so that no validation image helps the fit that it scores.
"""

import warnings
from collections.abc import Sequence

import numpy as np

from invariance.measures.readouts.latent_regression import r2_with_interval
from invariance.measures.readouts.rows import checked
from transforms2d.errors import UserError

# From strong to weak, so that of equally good ones the strongest is taken.
PENALTIES = tuple(np.logspace(6, -5, 45).tolist())
MOST_ITERATIONS = 10_000


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
    from sklearn.model_selection import KFold

    features, test_features = checked("ridge: train", *train), checked("ridge: test", *test)
    cut = KFold(folds, shuffle=True, random_state=seed)
    best, penalty = _best(Ridge(), "alpha", list(penalties), cut, (features, train[1]), "r2")
    predicted = np.reshape(best.predict(test_features), test[1].shape)
    return {**r2_with_interval(test[1], predicted, seed), **_choice(penalty, penalties)}


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
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import accuracy_score, balanced_accuracy_score
    from sklearn.model_selection import StratifiedKFold

    features, test_features = checked("logistic: train", *train), checked("logistic: test", *test)
    _check_classes(train[1], test[1], folds)
    cut = StratifiedKFold(folds, shuffle=True, random_state=seed)
    model = LogisticRegression(max_iter=MOST_ITERATIONS)
    inverses = [1 / penalty for penalty in penalties]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        best, inverse = _best(model, "C", inverses, cut, (features, train[1]), "accuracy")
    predicted = best.predict(test_features)
    return {
        "accuracy": float(accuracy_score(test[1], predicted)),
        "class_accuracy": float(balanced_accuracy_score(test[1], predicted)),
        **_choice(1 / inverse, penalties),
        "converged": not any(issubclass(one.category, ConvergenceWarning) for one in caught),
    }


def _best(model, key: str, values: list, cut, train, scoring: str):
    """The model with the best value of ``key`` over the folds, fitted on all images; the value."""
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    steps = Pipeline([("scaler", StandardScaler()), ("model", model)])
    search = GridSearchCV(steps, {f"model__{key}": values}, scoring=scoring, cv=cut)
    search.fit(*train)
    return search.best_estimator_, search.best_params_[f"model__{key}"]


def _choice(penalty: float, penalties: Sequence[float]) -> dict:
    ends = np.isclose(penalty, [min(penalties), max(penalties)], rtol=1e-9)
    return {"penalty": float(penalty), "at_edge": bool(ends.any())}


def _check_classes(train: np.ndarray, test: np.ndarray, folds: int) -> None:
    classes, counts = np.unique(train, return_counts=True)
    if counts.min() < folds or len(classes) < 2:
        raise UserError(
            f"logistic: {len(classes)} classes, the smallest with {counts.min()} images; give two "
            f"or more, of {folds} or more images"
        )
    if unknown := sorted(set(np.unique(test).tolist()) - set(classes.tolist())):
        raise UserError(f"logistic: class {unknown[0]} is only in the test images; add it to both")
