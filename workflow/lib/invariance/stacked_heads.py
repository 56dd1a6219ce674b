"""Many linear heads trained in one pass, each exactly as if it were alone."""

import math
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from invariance import optimisation

# Bytes of features gathered in batch order at a time, all heads of a stack together. A CPU takes
# one batch at a time, which stays in its cache; a GPU as many as save it launches.
BLOCK_BYTES = {"cpu": 0, "cuda": 512 * 2**20}
# Every head's part of a buffer starts on a 64-byte line: matrix products may sum in another order
# where memory is aligned differently.
LINE = 16


def train(
    features: Sequence[Tensor],
    labels: Sequence[Tensor],
    num_classes: int,
    *,
    orders: Iterable[Tensor],
    rates: Iterable[float],
    batch_size: int,
    weight_decay: float,
    seed: int,
) -> list[dict[str, Tensor]]:
    """Train one linear head for each set of features by Adam on the mean cross-entropy.

    The gradient is written out, softmax minus one-hot, so a step is two matrix products and a few
    element-wise passes over the whole stack; nothing waits for the device before the end.

    Parameters
    ----------
    features : sequence of float32 [N, h]
        On the device that trains. All of one shape; they are read where they lie, never copied
        as a whole.
    labels : sequence of int64 [N], on the same device
    orders : iterable of int64 [N]
        One order of the images for each epoch, shared by all heads.
    rates : iterable of float
        One learning rate for each epoch.

    Returns
    -------
    list of {"weight": float32 [C, h], "bias": float32 [C]}
        On the CPU.
    """
    count, (samples, dim) = len(features), features[0].shape
    device = features[0].device
    weight, weight_grad = (_Stack(count, (num_classes, dim), device) for _ in range(2))
    bias, bias_grad = (_Stack(count, (num_classes, 1), device) for _ in range(2))
    first_weight, first_bias = fresh_head(num_classes, dim, seed)
    weight.parts.copy_(first_weight)
    bias.parts.copy_(first_bias.view(-1, 1))
    optimiser = optimisation.adam(
        weight.parameters(weight_grad) + bias.parameters(bias_grad), 0.0, weight_decay
    )

    rows = min(batch_size, samples)
    per_block = max(1, BLOCK_BYTES[device.type] // (4 * count * rows * dim))
    block_rows = min(per_block * rows, samples)
    inputs = _Stack(count, (block_rows, dim), device).parts
    chosen = torch.empty(count, block_rows, dtype=torch.int64, device=device)
    # Classes run down and images across: a softmax over few classes is then wide in memory.
    sizes = {rows, samples % rows or rows}
    error = {n: _Stack(count, (num_classes, n), device).parts for n in sizes}
    ones = {n: _Stack(count, (n, 1), device).parts.fill_(1) for n in sizes}
    minus_one = torch.full((count, 1, rows), -1.0, device=device)
    # Heads whose step runs at once: on a GPU all of them; on a CPU one, whose batch is in its cache
    # and whose sums run in the order they have when it is alone, which a larger product changes.
    lanes = [slice(h, h + 1) for h in range(count)] if device.type == "cpu" else [slice(None)]

    for order, rate in zip(orders, rates, strict=True):
        optimisation.set_learning_rate(optimiser, rate)
        for block in order.to(device).split(block_rows):
            for start in range(0, len(block), rows):
                batch = slice(start, min(start + rows, len(block)))
                n = batch.stop - batch.start
                for lane in lanes:
                    if start == 0:
                        for head in range(count)[lane]:
                            part = slice(len(block))
                            torch.index_select(features[head], 0, block, out=inputs[head, part])
                            torch.index_select(labels[head], 0, block, out=chosen[head, part])
                    x, e = inputs[lane, batch], error[n][lane]
                    torch.bmm(weight.parts[lane], x.mT, out=e)
                    e += bias.parts[lane]
                    torch.softmax(e, dim=1, out=e)
                    e.scatter_add_(1, chosen[lane, None, batch], minus_one[lane, :, :n])
                    e *= 1 / n
                    torch.bmm(e, x, out=weight_grad.parts[lane])
                    torch.bmm(e, ones[n][lane], out=bias_grad.parts[lane])
                optimiser.step()
    weights, biases = weight.parts.cpu(), bias.parts.cpu()
    return [
        {"weight": w.clone(), "bias": b[:, 0].clone()} for w, b in zip(weights, biases, strict=True)
    ]


def fresh_head(num_classes: int, dim: int, seed: int) -> tuple[Tensor, Tensor]:
    """First weight [C, h] and bias [C]: the framework's default draw for a linear layer."""
    generator = torch.Generator().manual_seed(seed)
    bound = 1 / math.sqrt(dim)
    weight = torch.empty(num_classes, dim).uniform_(-bound, bound, generator=generator)
    return weight, torch.empty(num_classes).uniform_(-bound, bound, generator=generator)


class _Stack:
    """Zeros [heads, *shape] in one piece of memory, each head's part aligned to a line."""

    def __init__(self, heads: int, shape: tuple[int, ...], device: torch.device):
        size = math.prod(shape)
        self.memory = torch.zeros(heads, -(-size // LINE) * LINE, device=device)
        self.parts = self.memory[:, :size].unflatten(1, shape)

    def parameters(self, gradient: "_Stack") -> list[torch.nn.Parameter]:
        """What an optimiser steps, with gradients that live in ``gradient``.

        On a GPU the whole stack is one parameter, one launch; the padding has gradient zero. On a
        CPU each head is its own: threads share out a tensor's elements by its size, and the last
        few of each share are computed by other instructions.
        """
        cpu = self.memory.device.type == "cpu"
        values = self.memory.unbind() if cpu else [self.memory]
        gradients = gradient.memory.unbind() if cpu else [gradient.memory]
        parameters = []
        for value, grad in zip(values, gradients, strict=True):
            parameter = torch.nn.Parameter(value)
            parameter.grad = grad
            parameters.append(parameter)
        return parameters
