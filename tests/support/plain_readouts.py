"""Readouts of frozen features by scikit-learn's own search: every fit alone, from nothing."""

import numpy as np
from sklearn.compose import TransformedTargetRegressor
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV, KFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def ridge(train, test, *, seed: int, folds: int, penalties) -> dict:
    """R2 over all columns, and the penalty."""
    steps, cut = make_pipeline(StandardScaler(), Ridge()), KFold
    found = _search(steps, {"ridge__alpha": penalties}, cut, "r2", seed, folds).fit(*train)
    r2 = r2_score(test[1], found.predict(test[0]), multioutput="variance_weighted")
    return {"r2": r2, "penalty": found.best_params_["ridge__alpha"]}


def logistic(train, test, *, seed: int, folds: int, penalties, tol: float) -> dict:
    """Accuracy, the penalty, and the mean accuracy over the folds of each penalty."""
    model = LogisticRegression(tol=tol, max_iter=100_000)
    steps, grid = make_pipeline(StandardScaler(), model), [1 / one for one in penalties]
    grid = {"logisticregression__C": grid}
    found = _search(steps, grid, StratifiedKFold, "accuracy", seed, folds).fit(*train)
    return {
        "accuracy": found.score(*test),
        "penalty": penalties[found.best_index_],
        "in_folds": found.cv_results_["mean_test_score"],
    }


def latent(train, test, *, seed: int, folds: int, alphas, gammas) -> dict:
    """R2, alpha and gamma of one latent."""
    regressor = TransformedTargetRegressor(
        make_pipeline(StandardScaler(), KernelRidge(kernel="rbf")), transformer=StandardScaler()
    )
    step = "regressor__kernelridge__"
    grid = {f"{step}alpha": alphas, f"{step}gamma": gammas}
    found = _search(regressor, grid, KFold, _r2, seed, folds).fit(*train)
    chosen = {key.removeprefix(step): value for key, value in found.best_params_.items()}
    return {"r2": _r2(found, *test), **chosen}


def _r2(fitted, features, targets) -> float:
    predicted = np.reshape(fitted.predict(features), targets.shape)
    return r2_score(targets, predicted, multioutput="variance_weighted")


def _search(model, grid: dict, cut, scoring, seed: int, folds: int) -> GridSearchCV:
    cut = cut(folds, shuffle=True, random_state=seed)
    return GridSearchCV(model, grid, scoring=scoring, cv=cut)
