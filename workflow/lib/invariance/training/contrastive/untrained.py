"""An untrained network that can be measured: statistics of batch normalisation from one batch."""

import torch
from torch import Tensor, nn

IMAGES = 1024


@torch.no_grad()
def set_statistics(network: nn.Module, x: Tensor) -> None:
    """Set the running statistics of every batch normalisation to those of one batch.

    A fresh network has means 0 and variances 1, by which deep layers all but vanish or explode in
    evaluation mode. Weights stay. Leaves the network in evaluation mode.

    Parameters
    ----------
    network : nn.Module
    x : Tensor
        Normalised float32 [n, 3, H, W], on the network's device.
    """
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = 1.0  # nothing of the means 0 and the variances 1
    network.train()(x)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    network.eval()
