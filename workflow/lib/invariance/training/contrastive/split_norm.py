"""Batch normalisation of parts of a batch, as if every part were on a device of its own.

With one batch for all, statistics tell a query which images its key was encoded with, and MoCo
could solve its task by them. MoCo shuffles keys between devices; here between parts.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LEAST_ROWS = 2  # of a part: maps of one pixel have no variance of one image


class SplitBatchNorm(nn.BatchNorm2d):
    """Normalises each of ``splits`` parts of a batch by its own statistics while it trains.

    Running statistics are the mean of those that the parts would have; in evaluation mode it is
    ``BatchNorm2d``, and so are the names and shapes of its state. A small batch has fewer parts.
    """

    splits: int = 1

    def forward(self, x: Tensor) -> Tensor:
        """[n, C, H, W] to the same shape."""
        if not self.training:
            return super().forward(x)
        parts = x.tensor_split(max(1, min(self.splits, len(x) // LEAST_ROWS)))  # [~n/splits, ...]
        means = self.running_mean.repeat(len(parts), 1)  # [parts, C]
        variances = self.running_var.repeat(len(parts), 1)  # [parts, C]
        weights = {"weight": self.weight, "bias": self.bias}
        how = {"training": True, "momentum": self.momentum, "eps": self.eps}
        normalised = [
            F.batch_norm(part, mean, variance, **weights, **how)  # writes into mean and variance
            for part, mean, variance in zip(parts, means, variances, strict=True)
        ]
        self.running_mean.copy_(means.mean(dim=0))
        self.running_var.copy_(variances.mean(dim=0))
        self.num_batches_tracked.add_(1)
        return torch.cat(normalised)


def split_norms(network: nn.Module, splits: int) -> nn.Module:
    """Replace every ``BatchNorm2d`` in ``network`` by one with ``splits`` parts, of equal state.

    Returns the network; with one part it is unchanged.
    """
    if splits == 1:
        return network
    for name, child in network.named_children():
        if isinstance(child, nn.BatchNorm2d):
            norm = SplitBatchNorm(child.num_features, child.eps, child.momentum)
            norm.splits = splits
            norm.load_state_dict(child.state_dict())
            setattr(network, name, norm)
        else:
            split_norms(child, splits)
    return network
