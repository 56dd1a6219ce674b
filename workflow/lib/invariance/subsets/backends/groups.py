"""The backend ``groups``: m networks as one network of m times the channels, in m groups.

A convolution of m groups keeps the networks apart, and batch normalisation acts on each channel
alone. So a step starts as many kernels as for one network. Between these layers a network may do
what treats all channels alike: ReLU, pooling, sums.
"""

import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from invariance.subsets.backends.body import Body
from transforms2d.errors import UserError

# The layers that can be joined, and their attributes that count channels or groups.
COUNTS = {
    nn.Conv2d: ("in_channels", "out_channels", "groups"),
    nn.BatchNorm2d: ("num_features",),
}


class Groups(Body):
    """The networks as one network with grouped convolutions."""

    images_first = True

    def __init__(self, networks: Sequence[nn.Module]):
        super().__init__()
        self.count = len(networks)
        self.joined = copy.deepcopy(networks[0])
        for name, layer in networks[0].named_modules():
            if type(layer) in COUNTS:
                layers = [network.get_submodule(name) for network in networks]
                self.joined.set_submodule(name, _joined(layers))
            elif any(True for _ in layer.parameters(recurse=False)):
                raise UserError(
                    f"stack.backend: groups cannot join layers of kind {type(layer).__name__}, "
                    f"which {type(networks[0]).__name__} has; use loop or vmap"
                )

    def forward(self, x: Tensor) -> Tensor:
        # [n * m, 3, H, W] to [n, m * 3, H, W] without a copy: the networks are innermost.
        x = x.view(-1, self.count * x.shape[1], *x.shape[2:])
        features = self.joined(x)  # [n, m * h]
        return features.unflatten(1, (self.count, -1)).transpose(0, 1)


def _joined(layers: Sequence[nn.Module]) -> nn.Module:
    """One layer with the weights and statistics of all, network after network."""
    joined = copy.deepcopy(layers[0])
    for name, _ in layers[0].named_parameters(recurse=False):
        weights = torch.cat([getattr(layer, name).detach() for layer in layers])
        setattr(joined, name, nn.Parameter(weights))
    for name, buffer in layers[0].named_buffers(recurse=False):
        if buffer.ndim:  # the number of batches is the same for all
            setattr(joined, name, torch.cat([getattr(layer, name) for layer in layers]))
    for name in COUNTS[type(joined)]:
        setattr(joined, name, len(layers) * getattr(joined, name))
    return joined
