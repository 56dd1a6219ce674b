"""Mean and covariance of features, and directions along which they are whitened.

A covariance is estimated, its smallest eigenvalues worst of all, and whitening divides by them. So
a collapsed representation, which hardly changes, can look as if it changed completely. Shrinkage
moves all eigenvalues towards their mean; effective rank and condition number say how much it
matters.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from invariance.jobs.device import double
from transforms2d.errors import UserError, quote

LEDOIT_WOLF = "ledoit_wolf"
SHRINKAGES = (0.0, 1e-3, 1e-2, 1e-1, LEDOIT_WOLF)
# Of the largest variance. Below it a direction varies by the rounding of float32 features alone.
EMPTY = 1e-12


@dataclass(frozen=True)
class Statistics:
    """Mean and covariance of features, the covariance as its eigenvalues and eigenvectors.

    Attributes
    ----------
    mean : float64 [d]
    variances : float64 [d]
        Eigenvalues of the covariance, ascending, at least 0.
    directions : float64 [d, d]
        Column i is the eigenvector of variance i.
    images : int
        Number of images that they were computed from.
    ledoit_wolf : float or None
        Shrinkage by Ledoit and Wolf, in 0..1; None if it was not asked for.
    """

    mean: Tensor
    variances: Tensor
    directions: Tensor
    images: int
    ledoit_wolf: float | None = None

    def rotate(self, features: Tensor) -> Tensor:
        """Features float [n, d] minus the mean, along the directions, float64 [n, d].

        This changes no distance; cosines are those of the centred features.
        """
        return (double(features).to(self.mean.device) - self.mean) @ self.directions

    def weights(self, shrinkage: float | str) -> Tensor:
        """The inverse of each shrunk variance, float64 [d]; 0 for a direction without variance.

        A shrunk variance is (1 - shrinkage) * variance + shrinkage * mean variance. At shrinkage 0
        a direction without variance, such as a feature that is always 0, is left out.

        Raises
        ------
        UserError
            For shrinkage 0 if there are not more images than features: then the covariance has no
            inverse. Also for another value than a number in 0..1 or ``ledoit_wolf``.
        """
        share = self._share(shrinkage)
        if share == 0 and not self.has_inverse:
            raise UserError(
                f"shrinkage 0: {len(self.mean)} features from {self.images} images have no inverse "
                "covariance; give more images than features, or a shrinkage above 0"
            )
        shrunk = (1 - share) * self.variances + share * self.variances.mean()
        filled = shrunk > EMPTY * shrunk.max()
        return torch.where(filled, 1 / torch.where(filled, shrunk, 1.0), 0.0)

    def _share(self, shrinkage: float | str) -> float:
        if shrinkage == LEDOIT_WOLF:
            if self.ledoit_wolf is None:
                raise UserError(f"shrinkage {LEDOIT_WOLF}: not computed with these statistics")
            return self.ledoit_wolf
        if type(shrinkage) not in (int, float) or not 0 <= shrinkage <= 1:
            raise UserError(
                f"shrinkage: {quote(shrinkage)} is neither a number in 0..1 nor {LEDOIT_WOLF}"
            )
        return float(shrinkage)

    def whiten(self, features: Tensor, shrinkage: float | str = 0.0) -> Tensor:
        """Features float [n, d] with mean 0 and covariance I over the fitted images, float64."""
        return self.rotate(features) * self.weights(shrinkage).sqrt()

    @property
    def has_inverse(self) -> bool:
        """Whether there were more images than features."""
        return self.images > len(self.mean)

    @property
    def rank(self) -> int:
        """Number of directions with variance."""
        return int((self.variances > EMPTY * self.variances.max()).sum())

    @property
    def effective_rank(self) -> float:
        """exp of the entropy of the variances' shares, in 1..d; 0 if no feature varies."""
        total = float(self.variances.sum())
        if total == 0:
            return 0.0
        shares = self.variances[self.variances > 0] / total
        return math.exp(-float((shares * shares.log()).sum()))

    @property
    def condition_number(self) -> float | None:
        """Largest variance divided by the smallest; None if a direction has none."""
        return float(self.variances[-1] / self.variances[0]) if self._is_full else None

    @property
    def _is_full(self) -> bool:
        return self.has_inverse and self.rank == len(self.mean)


def statistics(features: Tensor, *, ledoit_wolf: bool = True) -> Statistics:
    """Statistics of features; the covariance divides by the number of images.

    Parameters
    ----------
    features : float [n, d]
        n is at least 2. Computed in float64, on the CPU for mps.
    ledoit_wolf : bool
        Whether to compute this shrinkage too, with scikit-learn.

    Raises
    ------
    UserError
        For fewer than two images, or a feature that is not finite.
    """
    if features.ndim != 2 or len(features) < 2:
        raise UserError(f"whitening: features {list(features.shape)}; give [n, d] with n >= 2")
    if not torch.isfinite(features).all():
        raise UserError(
            "whitening: a feature is not finite; pretrain the model with precision fp32"
        )
    features = double(features)
    mean = features.mean(dim=0)
    centred = features - mean
    variances, directions = torch.linalg.eigh(centred.mT @ centred / len(features))
    share = _ledoit_wolf(centred) if ledoit_wolf else None
    return Statistics(mean, variances.clamp(min=0), directions, len(features), share)


def _ledoit_wolf(centred: Tensor) -> float:
    from sklearn.covariance import ledoit_wolf_shrinkage

    if not centred.any():
        return 0.0  # nothing varies: the estimate would be 0 / 0
    return float(ledoit_wolf_shrinkage(centred.cpu().numpy(), assume_centered=True))
