"""MoCo v2 on one device (He et al. 2020, Chen et al. 2020): tell two views of an image from others.

One network encodes queries and is trained. Its slow copy encodes keys and follows it. A query must
find the key of the same image among the keys of a queue, which are those of the last batches.

Shapes: n images in a batch, h inputs of a head, C values in a projection, K keys in the queue.
"""

import copy

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from invariance.jobs import device as devices
from invariance.models.network import Network
from invariance.training.contrastive.split_norm import split_norms
from transforms2d import seeds


class MoCo(nn.Module):
    """Both encoders and the queue; their state is all that one step hands to the next.

    Parameters
    ----------
    network : Network
        Becomes ``query``: a projection of two layers replaces its head, and a ``SplitBatchNorm``
        its batch normalisations if ``norm_splits`` is above 1.
    dimension, queue : int
        C and K. A batch has at most K images.
    key_momentum : float
        In 0 to 1: the share of its own weights that the key encoder keeps at a step.
    temperature : float
        Above 0; cosines are divided by it.
    norm_splits : int
        Parts of a batch that are normalised apart.
    seed : int
        Of the projection and of the first queue.
    """

    queue: Tensor
    oldest: Tensor

    def __init__(
        self,
        network: Network,
        *,
        dimension: int,
        queue: int,
        key_momentum: float,
        temperature: float,
        norm_splits: int,
        seed: int,
    ):
        super().__init__()
        self.key_momentum, self.temperature = key_momentum, temperature
        self.trains_on_one = network.trains_on_one
        width = network.head.in_features  # h
        with torch.random.fork_rng(devices=[]):
            drawn = seeds.generator(seed, "projection and queue").integers(2**63)
            torch.default_generator.manual_seed(int(drawn))
            network.head = nn.Sequential(  # [n, h] to [n, C]
                nn.Linear(width, width), nn.ReLU(inplace=True), nn.Linear(width, dimension)
            )
            keys = F.normalize(torch.randn(queue, dimension), dim=1)  # [K, C], of length 1
        self.query = split_norms(network, norm_splits)
        self.key = copy.deepcopy(self.query).requires_grad_(False)
        self.register_buffer("queue", keys)  # [K, C]
        self.register_buffer("oldest", torch.zeros((), dtype=torch.int64))  # a row of the queue

    def loss(self, x: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
        """The loss of a batch; then its keys replace the oldest ones of the queue.

        Parameters
        ----------
        x, other : Tensor
            Normalised float32 [n, 3, H, W]: two views of the same images, in the same order.

        Returns
        -------
        tuple
            The mean loss, float32 [], and the queries that are nearest to their own key, bool [n].
        """
        queries = _unit(self.query(x))  # [n, C]
        with torch.no_grad():
            self._follow()
            keys = self._encode_keys(other)  # [n, C]
        # In float32 for any precision of the encoders: a cosine over 0.1 needs its last digits.
        with devices.autocast(x.device, "fp32"):
            own = (queries * keys).sum(dim=1, keepdim=True)  # [n, 1]
            others = queries @ self.queue.T  # [n, K]
            logits = torch.cat((own, others), dim=1) / self.temperature  # [n, 1 + K]
            # The right answer is the first of 1 + K for every query.
            loss = F.cross_entropy(logits, torch.zeros_like(logits[:, 0], dtype=torch.int64))  # []
        self._enqueue(keys)
        return loss, (own > others).all(dim=1)

    def _follow(self) -> None:
        """Move the key encoder's weights towards the query encoder's."""
        for slow, fast in zip(self.key.parameters(), self.query.parameters(), strict=True):
            slow.lerp_(fast, 1 - self.key_momentum)

    def _encode_keys(self, other: Tensor) -> Tensor:
        """Views [n, 3, H, W] to keys [n, C], encoded in another order.

        So a part of a split batch has other images among the keys than among the queries, and its
        statistics do not tell which key belongs to which query.
        """
        order = torch.randperm(len(other), device=other.device)  # [n], of this epoch's generator
        keys = _unit(self.key(other[order]))  # [n, C], shuffled
        return keys[order.argsort()]

    def _enqueue(self, keys: Tensor) -> None:
        """Write keys [n, C] over the n oldest of the queue."""
        steps = torch.arange(len(keys), device=keys.device)  # [n]
        rows = (self.oldest + steps) % len(self.queue)  # [n]
        # A new tensor: the backward pass of this step still needs the old one.
        self.queue = self.queue.index_copy(0, rows, keys)  # [K, C]
        self.oldest = (self.oldest + len(keys)) % len(self.queue)


def _unit(z: Tensor) -> Tensor:
    """Rows [n, C] of any precision to float32 rows of length 1."""
    return F.normalize(z.float(), dim=1)
