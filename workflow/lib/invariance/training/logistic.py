"""Multinomial logistic regression solved to its optimum: what a linear probe trained by Adam is
checked against."""

import torch
import torch.nn.functional as F
from torch import Tensor

from invariance.jobs.device import double

RIDGE = 1e-6
ITERATIONS = 200


def solve(features: Tensor, labels: Tensor, num_classes: int) -> tuple[Tensor, Tensor, float]:
    """The minimum of mean cross-entropy + ridge / 2 |weights|^2 by L-BFGS, from zero weights.

    The problem is convex, so neither seed nor batch order matters. It is solved in float64 on
    features shifted to mean 0 and scaled to one common variance, where L-BFGS converges quickly.

    Parameters
    ----------
    features : float [N, h]
    labels : int64 [N]

    Returns
    -------
    weight [C, h], bias [C] : float64, for the features as given
    gradient : float
        Largest entry of the last gradient; how near the optimum the result is.
    """
    x = double(features)
    labels = labels.to(x.device)
    mean = x.mean(dim=0)
    x = x - mean
    scale = x.square().mean().sqrt().clamp_min(1e-12)
    x = x / scale
    weight = torch.zeros(num_classes, x.shape[1], dtype=x.dtype, device=x.device)
    bias = torch.zeros(num_classes, dtype=x.dtype, device=x.device)
    weight.requires_grad_()
    bias.requires_grad_()
    optimiser = torch.optim.LBFGS(
        [weight, bias],
        max_iter=ITERATIONS,
        tolerance_grad=1e-6,
        tolerance_change=1e-10,
        history_size=20,
        line_search_fn="strong_wolfe",
    )

    def closure() -> Tensor:
        optimiser.zero_grad()
        loss = F.cross_entropy(F.linear(x, weight, bias), labels)
        loss = loss + RIDGE / 2 * weight.square().sum()
        loss.backward()
        return loss

    optimiser.step(closure)
    closure()
    gradient = max(weight.grad.abs().max().item(), bias.grad.abs().max().item())
    weight, bias = weight.detach() / scale, bias.detach()
    return weight, bias - weight @ mean, gradient
