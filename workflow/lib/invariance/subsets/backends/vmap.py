"""The backend ``vmap``: torch's transformation of one network into many of the same."""

import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state

from invariance.subsets.backends.body import Body


class Vmap(Body):
    """Stacked weights and running statistics, and one network without its own that uses them."""

    def __init__(self, networks: Sequence[nn.Module]):
        super().__init__()
        parameters, buffers = stack_module_state(list(networks))
        for name, tensor in parameters.items():  # [m, ...] each
            self.register_parameter(name.replace(".", "/"), nn.Parameter(tensor.detach()))
        for name, tensor in buffers.items():
            self.register_buffer(name.replace(".", "/"), tensor)
        # In a list, so that it is no part of this module.
        self._network = [copy.deepcopy(networks[0]).to("meta")]
        self.count = len(networks)

    def forward(self, x: Tensor) -> Tensor:
        [network] = self._network
        network.train(self.training)
        state = {
            name.replace("/", "."): tensor
            for name, tensor in (*self.named_parameters(), *self.named_buffers())
        }

        def one(state: dict, x: Tensor) -> Tensor:
            return functional_call(network, state, (x,))

        return torch.vmap(one)(state, x.unflatten(0, (self.count, -1)))
