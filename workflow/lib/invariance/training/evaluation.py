"""Counts of correct images per class, from which every accuracy is computed."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from invariance.jobs import device as devices
from invariance.records.accuracy import accuracy
from invariance.training.resident import Resident
from transforms2d.errors import UserError

# Images per batch if the settings have no batch size: enough to keep any card busy.
BATCH_SIZE = 2048


@dataclass(frozen=True)
class Score:
    """The results of a model on one split.

    Attributes
    ----------
    counts : dict
        ``{"correct": [int per class], "total": [int per class]}``
    loss : float
        Mean cross-entropy; not finite if an output is not finite.
    """

    counts: dict
    loss: float

    @property
    def accuracy(self) -> float:
        """Share of correct images, in 0 to 1."""
        return accuracy({"val": self.counts}, "val")


def counts(
    model: nn.Module, data: Resident, *, batch_size: int = BATCH_SIZE, precision: str = "fp32"
) -> dict:
    """The counts of ``score``, refused if they are meaningless.

    Raises
    ------
    UserError
        If an output of the network is not finite.
    """
    result = score(model, data, batch_size=batch_size, precision=precision)
    if not math.isfinite(result.loss):
        # For NaN outputs argmax gives class 0, which could count as a correct answer.
        raise UserError(
            "evaluate: the network's outputs are not finite; train it with a lower learning_rate"
        )
    return result.counts


@torch.no_grad()
def score(
    model: nn.Module, data: Resident, *, batch_size: int = BATCH_SIZE, precision: str = "fp32"
) -> Score:
    """Counts per class and the mean cross-entropy.

    Parameters
    ----------
    model : nn.Module
        Maps normalised float32 [n, 3, H, W] to logits [n, classes]. On the device of ``data``; it
        stays in evaluation mode.
    data : Resident
        Labels in 0 .. classes - 1. The only synchronisation with the device is at the end.
    precision : str
        ``fp32`` or ``bf16``.
    """
    model.eval()
    correct = total = loss = None
    for x, y in data.batches(batch_size):  # x float32 [n, 3, H, W], y int64 [n]
        with devices.autocast(data.device, precision):
            logits = model(x)  # [n, classes], bfloat16 under bf16
        if total is None:
            correct, total = torch.zeros(2, logits.shape[1], dtype=torch.int64, device=data.device)
            loss = torch.zeros((), dtype=devices.widest(data.device), device=data.device)
        # Sums of whole numbers are exact in any order. A bincount would synchronise with the card.
        correct.index_add_(0, y, (logits.argmax(dim=1) == y).long())
        total.index_add_(0, y, torch.ones_like(y))
        loss += F.cross_entropy(logits.float(), y, reduction="sum")
    return Score({"correct": correct.tolist(), "total": total.tolist()}, float(loss) / len(data))
