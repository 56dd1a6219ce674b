"""How many images of each class a model gets right: the counts every accuracy is read from."""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn

from invariance.jobs import device as devices
from invariance.training.resident import Resident
from transforms2d.errors import UserError


def counts(
    model: nn.Module,
    shard,
    *,
    mean: Sequence[float],
    std: Sequence[float],
    batch_size: int = 2048,
    device: str = "auto",
    precision: str = "fp32",
    channels_last: bool = False,
) -> dict:
    """Correct and total numbers of images per class, as plain ints.

    Parameters
    ----------
    model : nn.Module
        Takes normalised float [n, 3, H, W], gives logits [n, classes]. It is moved to ``device``
        and left in evaluation mode.
    shard
        Has ``images`` uint8 [N, 3, H, W] and ``labels`` int64 [N] in 0 .. classes - 1.
    mean, std
        Normalisation of intensities in 0 to 1, three floats each.
    batch_size, device, precision, channels_last
        How it is computed; one of ``device.DEVICES``; ``fp32`` or ``bf16``.

    Returns
    -------
    dict
        ``{"correct": [int a class], "total": [int a class]}``

    Raises
    ------
    UserError
        If an output of the network is not finite.
    """
    place = devices.resolve(device)
    model.to(place, memory_format=devices.memory_format(channels_last))
    data = Resident(
        shard.images, shard.labels, mean, std, device=place, channels_last=channels_last
    )
    found, loss = score(model, data, batch_size=batch_size, precision=precision)
    if not math.isfinite(loss):
        # The class that a NaN is largest for is 0, which would count as an answer.
        raise UserError(
            "evaluate: the network's outputs are not finite; train it with a lower learning_rate"
        )
    return found


@torch.no_grad()
def score(
    model: nn.Module, data: Resident, *, batch_size: int, precision: str = "fp32"
) -> tuple[dict, float]:
    """Counts per class, as ``counts`` gives them, and the mean cross-entropy.

    The model must be on the device of ``data``; it is left in evaluation mode. The device is
    waited for once, at the end.
    """
    model.eval()
    correct = total = loss = None
    for x, y in data.batches(batch_size):
        with devices.autocast(data.device, precision):
            logits = model(x)
        if total is None:
            correct, total = torch.zeros(2, logits.shape[1], dtype=torch.int64, device=data.device)
            loss = torch.zeros((), dtype=devices.widest(data.device), device=data.device)
        # Sums of whole numbers, so exact in any order; a bincount would wait for the card.
        correct.index_add_(0, y, (logits.argmax(dim=1) == y).long())
        total.index_add_(0, y, torch.ones_like(y))
        loss += F.cross_entropy(logits.float(), y, reduction="sum")
    return {"correct": correct.tolist(), "total": total.tolist()}, float(loss) / len(data)
