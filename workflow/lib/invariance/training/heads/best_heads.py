"""The best epoch of each of many linear heads on its validation split."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor


class BestHeads:
    """Weights [P, C, h] and biases [P, C, 1] of heads, each from the best epoch so far.

    The best is the first of the highest validation accuracy. The choice stays on the device: no
    epoch waits for it.

    Parameters
    ----------
    validation : sequence of (float32 [M, h], int64 [M])
        Features and labels of each head's validation split.

    Attributes
    ----------
    weight, bias : Tensor
        After the first offer.
    epoch : int64 [P]
    """

    def __init__(self, validation: Sequence[tuple[Tensor, Tensor]]):
        self.validation = validation
        device = validation[0][1].device
        self.correct = torch.full((len(validation),), -1, device=device)
        self.epoch = torch.zeros(len(validation), dtype=torch.int64, device=device)
        self.weight = self.bias = None

    @torch.no_grad()
    def offer(self, weight: Tensor, bias: Tensor, epoch: int) -> None:
        """Keep the heads of this epoch that are better than their best so far."""
        correct = torch.stack(
            [
                (F.linear(rows, *head).argmax(dim=1) == labels).sum()
                for (rows, labels), *head in zip(
                    self.validation, weight, bias.squeeze(2), strict=True
                )
            ]
        )
        if self.weight is None:
            self.weight, self.bias = weight.clone(), bias.clone()
        better = correct > self.correct
        self.correct = torch.where(better, correct, self.correct)
        self.epoch.masked_fill_(better, epoch)
        better = better.view(-1, 1, 1)
        self.weight = torch.where(better, weight, self.weight)
        self.bias = torch.where(better, bias, self.bias)
