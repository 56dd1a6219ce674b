"""Latents from frozen features, by kernel ridge regression (Ericsson et al. 2022).

Higher R2 means that the representation keeps the latent, so it is not invariant to it. Kernel,
grids and folds are the published ones; folds are seeded, and features and targets standardised on
the training images alone.
"""

from collections.abc import Mapping

import numpy as np

from invariance.measures.readouts.rows import checked, standardised
from transforms2d import seeds
from transforms2d.errors import UserError

ALPHAS = tuple(np.logspace(0, -4, 5).tolist())
GAMMAS = tuple(np.logspace(-5, 2, 8).tolist())
RESAMPLES = 1000
BATCH = 100  # resamples in memory at a time


def regress_latents(
    train: tuple[np.ndarray, Mapping[str, np.ndarray]],
    test: tuple[np.ndarray, Mapping[str, np.ndarray]],
    *,
    seed: int,
    folds: int = 5,
    alphas=ALPHAS,
    gammas=GAMMAS,
) -> dict[str, dict]:
    """R2 of each latent on test images.

    Ridge and kernel width are chosen for each latent alone, by the mean R2 over the folds; all
    latents share the fits of the folds.

    Parameters
    ----------
    train, test : (features float [n, d], targets)
        targets: float [n, k] by name, as ``latent_targets`` gives them; the same names in both.
    seed : int
        Of the folds and of the resamples.
    folds : int
        At least 2.
    alphas, gammas : sequence of float
        Penalties, and inverse widths of the RBF kernel, as of scikit-learn's ``KernelRidge``.

    Returns
    -------
    dict of str to dict
        ``r2`` (of all columns of a target together, weighted by their variance; at most 1),
        ``low`` and ``high`` (95 % percentile bootstrap over test images), ``alpha``, ``gamma`` and
        ``at_edge`` (whether the choice is at an end of a grid).

    Raises
    ------
    UserError
        If rows do not fit, a value is not finite, or a target does not vary on the test images.
    """
    from sklearn.model_selection import KFold

    (features, targets), (test_features, test_targets) = train, test
    features = checked("latents: train", features, *targets.values())
    test_features = checked("latents: test", test_features, *test_targets.values())
    _check_targets(targets, test_targets)
    columns, every = _columns(targets), np.column_stack(list(targets.values()))
    grid = [(alpha, gamma) for alpha in alphas for gamma in gammas]
    scores = np.zeros((folds, len(grid), len(targets)))
    cut = KFold(folds, shuffle=True, random_state=seed)
    for fold, (fitted, left_out) in enumerate(cut.split(features)):
        fits = _Fits(features[fitted], features[left_out])
        true = every[left_out]
        # By gamma, since a kernel is shared by all alphas.
        for at in sorted(range(len(grid)), key=lambda at: grid[at][1]):
            predicted = fits.predict(every[fitted], *grid[at])
            scores[fold, at] = [r2(true[:, one], predicted[:, one]) for one in columns.values()]
    fits, results = _Fits(features, test_features), {}
    for name, best in zip(targets, scores.mean(axis=0).argmax(axis=0), strict=True):
        alpha, gamma = map(float, grid[best])
        predicted = fits.predict(targets[name], alpha, gamma)
        results[name] = {
            **r2_with_interval(test_targets[name], predicted, seed),
            "alpha": alpha,
            "gamma": gamma,
            "at_edge": alpha in (min(alphas), max(alphas)) or gamma in (min(gammas), max(gammas)),
        }
    return results


class _Fits:
    """Kernel ridge regressions from the same images, which share distances and the last kernel."""

    def __init__(self, train: np.ndarray, test: np.ndarray):
        from sklearn.metrics.pairwise import euclidean_distances

        train, test = standardised(train, test)
        self.distances = [euclidean_distances(one, train, squared=True) for one in (train, test)]
        self.gamma = None

    def predict(self, targets: np.ndarray, alpha: float, gamma: float) -> np.ndarray:
        """The targets of the test images, float [m, k], from those of the others, [n, k]."""
        from sklearn.kernel_ridge import KernelRidge
        from sklearn.preprocessing import StandardScaler

        if gamma != self.gamma:
            self.gamma, self.kernels = gamma, [np.exp(-gamma * one) for one in self.distances]
        train, test = self.kernels
        # Kernel ridge has no intercept, so targets are centred too.
        scaler = StandardScaler().fit(targets)
        fitted = KernelRidge(alpha=alpha, kernel="precomputed").fit(
            train, scaler.transform(targets)
        )
        return scaler.inverse_transform(fitted.predict(test).reshape(len(test), -1))


def _check_targets(targets: Mapping, test_targets: Mapping) -> None:
    if list(targets) != list(test_targets) or not targets:
        raise UserError(
            f"latents: {list(targets)} to fit and {list(test_targets)} to test; give the same, at "
            "least one"
        )
    for name, values in test_targets.items():
        if not np.ptp(values, axis=0).any():
            raise UserError(f"latents: {name} is the same in all test images; leave it out")


def _columns(targets: Mapping[str, np.ndarray]) -> dict[str, slice]:
    """The columns of each target among those of all."""
    ends = np.cumsum([values.shape[1] for values in targets.values()]).tolist()
    return {
        name: slice(end - values.shape[1], end)
        for (name, values), end in zip(targets.items(), ends, strict=True)
    }


def r2(true: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """1 minus the squared error divided by the squared deviation from the mean, over all columns.

    Both are float [..., n, k]; the result is [...].
    """
    error = ((true - predicted) ** 2).sum(axis=(-2, -1))
    deviation = ((true - true.mean(axis=-2, keepdims=True)) ** 2).sum(axis=(-2, -1))
    return 1 - error / deviation


def r2_with_interval(true: np.ndarray, predicted: np.ndarray, seed: int) -> dict[str, float]:
    """``r2``, and ``low`` and ``high`` of its 95 % percentile bootstrap over images."""
    from scipy.stats import bootstrap

    found = bootstrap(
        (np.arange(len(true)),),
        lambda rows, axis: r2(true[rows], predicted[rows]),
        n_resamples=RESAMPLES,
        batch=BATCH,
        method="percentile",
        rng=seeds.generator(seed, "latents/bootstrap"),
    ).confidence_interval
    return {"r2": float(r2(true, predicted)), "low": float(found.low), "high": float(found.high)}
