"""Similarity of paired representations: L2 distance, cosine, dot product, linear CKA.

All take float tensors [n, d]. The first three give one value per pair, [n]; linear CKA compares two
sets of representations and is summed over batches by ``hsic``.
"""

import torch
from torch import Tensor

from invariance.jobs.device import double


def l2(a: Tensor, b: Tensor) -> Tensor:
    """Euclidean distance of each pair, [n], at least 0."""
    return torch.linalg.vector_norm(a - b, dim=1)


def dot_product(a: Tensor, b: Tensor) -> Tensor:
    """Inner product of each pair, [n]."""
    return (a * b).sum(dim=1)


def cosine(a: Tensor, b: Tensor) -> Tensor:
    """Cosine of the angle of each pair, [n], in -1..1; 0 if a representation is zero."""
    return torch.nn.functional.cosine_similarity(a, b, dim=1)


PAIRWISE = {"l2": l2, "cosine": cosine, "dot_product": dot_product}
METRICS = (*PAIRWISE, "linear_cka")
# The unbiased estimator of HSIC divides by n - 3.
LEAST_IMAGES = 4


def hsic(a: Tensor, b: Tensor) -> Tensor:
    """Unbiased estimates of HSIC(a, a), HSIC(b, b) and HSIC(a, b) under linear kernels, [3].

    The estimator is unbiased at any batch size, so its mean over batches estimates the value on
    the whole data (Song et al. 2012; minibatch CKA, Nguyen et al. 2021). Memory is n x n, not
    d x d: the published DenseNet representation has 6144 dimensions.

    Parameters
    ----------
    a, b : float [n, d]
        Representations of the same n images; n is at least ``LEAST_IMAGES``. Computed in float64.
    """
    n = len(a)
    if n < LEAST_IMAGES:
        raise ValueError(f"unbiased HSIC needs {LEAST_IMAGES} images or more, got {n}")
    grams = []
    for x in (a, b):
        # The estimator is invariant to translation; centred values lose fewer digits.
        x = double(x)
        x = x - x.mean(dim=0)
        gram = x @ x.mT
        gram.fill_diagonal_(0)
        grams.append(gram)
    sums = [gram.sum(dim=1) for gram in grams]

    def estimate(i: int, j: int) -> Tensor:
        trace = (grams[i] * grams[j]).sum()
        means = sums[i].sum() * sums[j].sum() / ((n - 1) * (n - 2))
        cross = 2 * (sums[i] @ sums[j]) / (n - 2)
        return (trace + means - cross) / (n * (n - 3))

    return torch.stack([estimate(0, 0), estimate(1, 1), estimate(0, 1)])


def linear_cka(hsics: Tensor) -> Tensor:
    """Linear CKA from the three sums of ``hsic``, a scalar: 1 for equal sets, near 0 for unrelated.

    The estimate of a value near 0 may be slightly negative; NaN if a set does not vary at all.
    """
    own_a, own_b, shared = hsics.unbind()
    return shared / (own_a * own_b).sqrt()
