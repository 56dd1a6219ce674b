"""The backend ``loop``: one network after another. It computes any architecture."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from invariance.subsets.backends.body import Body


class Loop(Body):
    """The networks as they are."""

    def __init__(self, networks: Sequence[nn.Module]):
        super().__init__()
        self.networks = nn.ModuleList(networks)

    def forward(self, x: Tensor) -> Tensor:
        parts = x.chunk(len(self.networks))
        pairs = zip(self.networks, parts, strict=True)
        return torch.stack([network(part) for network, part in pairs])
