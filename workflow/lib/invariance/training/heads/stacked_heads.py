"""Training of many linear heads at the same time, each with the same result as alone."""

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import torch
from torch import Tensor

from invariance.jobs import device as devices
from invariance.training import optimisation
from invariance.training.heads.best_heads import BestHeads

# Bytes of features gathered in batch order at a time. A CPU gathers one batch, which stays in its
# cache; a GPU gathers several, to save launches.
BLOCK_BYTES = {"cpu": 0, "cuda": 512 * 2**20, "mps": 512 * 2**20}


def train(
    features: Sequence[Sequence[Tensor]],
    labels: Sequence[Tensor],
    num_classes: int,
    *,
    order: Callable[[int], Tensor],
    rates: Sequence[float],
    batch_size: int,
    weight_decay: float,
    seed: int,
    validation: Sequence[tuple[Tensor, Tensor]] | None = None,
) -> list[tuple[dict[str, Tensor], int]]:
    """Train one linear head per set of features by Adam on the mean cross-entropy.

    On a GPU all heads are one stack, and a step is a few launches for any number of heads. On a CPU
    one thread computes each head, and as many heads run at a time as torch has threads: such small
    products do not gain from several threads, and the sums do not depend on other heads.

    Parameters
    ----------
    features : sequence of sequences of float32 [N, h]
        Of each head one tensor per draw of its images; epoch e uses draw e modulo their number. On
        the device of the training, all of one shape. They are never copied as a whole.
    labels : sequence of int64 [N], on the same device
    order : callable
        Maps the epoch (from 0) to the order of its images, int64 [N]; the same for all heads.
    rates : sequence of float
        One learning rate per epoch.
    validation : sequence of (float32 [M, h], int64 [M]) or None
        Features and labels of each head's validation split: each head is kept as in its first epoch
        of the highest validation accuracy. None keeps the heads of the last epoch.

    Returns
    -------
    list of ({"weight": float32 [C, h], "bias": float32 [C]}, kept epoch from 1)
        On the CPU.

    Raises
    ------
    FloatingPointError
        If a weight is not finite after the last epoch.
    """
    count, device = len(features), labels[0].device
    # Heads that train at the same time are at nearly the same epoch.
    order = lru_cache(maxsize=4)(order)

    def fit(part: slice) -> list[tuple[dict[str, Tensor], int]]:
        stack = _Stack(features[part], labels[part], num_classes, batch_size, seed)
        optimiser = optimisation.adam([stack.weight, stack.bias], 0.0, weight_decay)
        best = None if validation is None else BestHeads(validation[part])
        for epoch, rate in enumerate(rates):
            optimisation.set_learning_rate(optimiser, rate)
            for _ in stack.gradients(order(epoch).to(device), epoch):
                optimiser.step()
            if best is not None:
                best.offer(stack.weight.detach(), stack.bias.detach(), epoch)
        if not torch.isfinite(stack.weight).all():
            raise FloatingPointError
        if best is None:
            return _heads(stack.weight, stack.bias, [len(rates)] * len(stack.weight))
        return _heads(best.weight, best.bias, (best.epoch + 1).tolist())

    if device.type != "cpu":
        return fit(slice(count))
    threads = torch.get_num_threads()
    with devices.session(device, 1), ThreadPoolExecutor(threads) as pool:
        heads = list(pool.map(fit, [slice(head, head + 1) for head in range(count)]))
    return [head for [head] in heads]


def fresh_head(num_classes: int, dim: int, seed: int) -> tuple[Tensor, Tensor]:
    """Initial weight [C, h] and bias [C]: the framework's default draw for a linear layer."""
    generator = torch.Generator().manual_seed(seed)
    bound = 1 / math.sqrt(dim)
    weight = torch.empty(num_classes, dim).uniform_(-bound, bound, generator=generator)
    return weight, torch.empty(num_classes).uniform_(-bound, bound, generator=generator)


class _Stack:
    """Heads [P, C, h] whose batches are computed together, and the buffers for them."""

    def __init__(
        self,
        features: Sequence[Sequence[Tensor]],
        labels: Sequence[Tensor],
        num_classes: int,
        batch_size: int,
        seed: int,
    ):
        self.features, self.labels = features, labels
        count, (samples, dim), device = len(features), features[0][0].shape, labels[0].device
        weight, bias = fresh_head(num_classes, dim, seed)
        self.weight = torch.nn.Parameter(weight.repeat(count, 1, 1).to(device))
        self.bias = torch.nn.Parameter(bias.view(-1, 1).repeat(count, 1, 1).to(device))
        self.weight.grad, self.bias.grad = (torch.empty_like(p) for p in (self.weight, self.bias))

        self.rows = min(batch_size, samples)
        batches = BLOCK_BYTES[device.type] // (4 * count * self.rows * dim)
        self.block_rows = min(max(1, batches) * self.rows, samples)
        self.inputs = torch.empty(count, self.block_rows, dim, device=device)
        self.chosen = torch.empty(count, 1, self.block_rows, dtype=torch.int64, device=device)
        # Shape [P, classes, images]: a softmax over few classes then reads long rows of memory.
        # The last batch of an epoch may be smaller and has separate buffers.
        sizes = {self.rows, samples % self.rows or self.rows}
        self.error = {n: torch.empty(count, num_classes, n, device=device) for n in sizes}
        self.ones = {n: torch.ones(count, n, 1, device=device) for n in sizes}
        self.minus_one = {n: torch.full((count, 1, n), -1.0, device=device) for n in sizes}

    @torch.no_grad()
    def gradients(self, order: Tensor, epoch: int):
        """Iterate over batches in ``order``; at each batch the parameters hold its gradients.

        The gradient is explicit, (softmax - one-hot) / n, so a batch needs three matrix products
        and a few element-wise passes, without synchronisation with the device.
        """
        weight, bias = self.weight.data, self.bias.data
        features = [draws[epoch % len(draws)] for draws in self.features]
        for block in order.split(self.block_rows):
            for head, (rows, labels) in enumerate(zip(features, self.labels, strict=True)):
                part = slice(len(block))
                torch.index_select(rows, 0, block, out=self.inputs[head, part])
                torch.index_select(labels, 0, block, out=self.chosen[head, 0, part])
            for start in range(0, len(block), self.rows):
                n = min(self.rows, len(block) - start)
                batch, error = slice(start, start + n), self.error[n]
                x = self.inputs[:, batch]
                torch.bmm(weight, x.mT, out=error)
                error += bias
                torch.softmax(error, dim=1, out=error)
                error.scatter_add_(1, self.chosen[:, :, batch], self.minus_one[n])
                error *= 1 / n
                torch.bmm(error, x, out=self.weight.grad)
                torch.bmm(error, self.ones[n], out=self.bias.grad)
                yield


def _heads(weight: Tensor, bias: Tensor, epochs: Sequence[int]):
    """Each head of a stack, on the CPU, and its epoch."""
    weights, biases = weight.detach().cpu(), bias.detach().cpu()
    return [
        ({"weight": weight.clone(), "bias": bias[:, 0].clone()}, epoch)
        for weight, bias, epoch in zip(weights, biases, epochs, strict=True)
    ]
