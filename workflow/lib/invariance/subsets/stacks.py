"""Stacks: several networks of one architecture that are computed together, each on its own.

A stack has a body, which computes the features of all networks by one of several backends, and the
heads of all networks, which are one product.
"""

import threading
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from invariance import models
from invariance.jobs import device as devices
from invariance.subsets.backends.body import Body
from invariance.subsets.backends.groups import Groups
from invariance.subsets.backends.loop import Loop
from invariance.subsets.backends.vmap import Vmap
from invariance.training.resident import check_size
from transforms2d.errors import UserError

BACKENDS = {"loop": Loop, "groups": Groups, "vmap": Vmap}
_GENERATOR = threading.Lock()  # torch draws all initial weights from one generator


class Stack(nn.Module):
    """m networks: a body and heads.

    Attributes
    ----------
    count : int
        m, the number of networks.
    weight, bias : Parameter
        Heads, float32 [m, C, h] and [m, 1, C].
    """

    def __init__(self, body: Body, heads: Sequence[nn.Linear]):
        super().__init__()
        self.body, self.count = body, len(heads)
        self.weight = nn.Parameter(torch.stack([head.weight.detach() for head in heads]))
        self.bias = nn.Parameter(torch.stack([head.bias.detach()[None] for head in heads]))

    def arranged(self, rows: Tensor) -> Tensor:
        """Rows of each network, [m, n, ...], in the order that ``forward`` needs, [m * n, ...]."""
        return (rows.transpose(0, 1) if self.body.images_first else rows).flatten(0, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Normalised images float32 [m * n, 3, H, W], ``arranged``, to logits [m, n, C]."""
        return self.logits(self.body(x))

    def logits(self, features: Tensor) -> Tensor:
        """Logits [m, n, C] of features [m, n, h]."""
        return torch.baddbmm(self.bias, features, self.weight.mT)

    def features(self, x: Tensor) -> Tensor:
        """Features of the same images under every network: float32 [n, 3, H, W] to [m, n, h]."""
        return self.body(self.arranged(x.expand(self.count, *x.shape)))


def build(settings: Mapping, seeds: Sequence[int], place: torch.device) -> Stack:
    """A stack of fresh networks on ``place``, in training mode.

    Parameters
    ----------
    settings : mapping
        Keys of ``settings.SETTINGS``: ``architecture``, ``width``, ``blocks_per_stage``,
        ``image_size``, ``num_classes``, ``batch_size``, ``channels_last`` and ``stack``.
    seeds : sequence of int
        The seed of each network's initial weights, which depend on nothing else.

    Raises
    ------
    UserError
        If the backend cannot compute this architecture, or the network cannot normalise batches
        of one image.
    """
    options = {key: settings[key] for key in ("width", "blocks_per_stage", "image_size")}
    architecture, classes = settings["architecture"], settings["num_classes"]
    with _GENERATOR:
        networks = [models.build(architecture, classes, seed=seed, **options) for seed in seeds]
    size = settings["batch_size"]
    check_size(networks[0], size, size, "subsets")
    heads = [network.head for network in networks]
    for network in networks:
        network.head = nn.Identity()
    backend = settings["stack"]["backend"]
    body = BACKENDS[backend](networks)
    if backend != "loop":
        _check_same(body, networks, settings)
    stack = Stack(body, heads).to(place)
    if settings["channels_last"]:
        layout = devices.memory_format(True)
        for parameter in stack.parameters():
            if parameter.ndim == 4:  # weights of convolutions; vmap's have one dimension more
                parameter.data = parameter.data.contiguous(memory_format=layout)
    return stack.train()


@torch.no_grad()
def _check_same(body: Body, networks: Sequence[nn.Module], settings: Mapping) -> None:
    """Refuse a body whose features are not those of its networks, such as a DenseNet in groups."""
    size, generator = settings["image_size"], torch.Generator().manual_seed(0)
    images = torch.randn(2, 3, size, size, generator=generator)
    copies = images.expand(len(networks), *images.shape)
    together = body.eval()((copies.transpose(0, 1) if body.images_first else copies).flatten(0, 1))
    alone = torch.stack([network.eval()(images) for network in networks])
    if not torch.allclose(together, alone, rtol=1e-3, atol=1e-4):
        raise UserError(
            f"stack.backend: {settings['stack']['backend']} computes other features than "
            f"{settings['architecture']} alone, which mixes channels of different networks; use "
            "loop or vmap"
        )
