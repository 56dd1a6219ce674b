"""How well classes group in a representation: a vote of the nearest images, without training."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from invariance.jobs import device as devices
from invariance.training.evaluation import BATCH_SIZE
from invariance.training.resident import Resident

# As in MoCo's own demo for images of 32 px.
NEIGHBOURS = 200
TEMPERATURE = 0.1
ROWS = 1024  # votes at a time; the cosines of 1,024 images with 10,000 take 40 MB


@torch.no_grad()
def knn_accuracy(network: nn.Module, data: Resident, precision: str = "fp32") -> float:
    """Share of images whose class wins the vote of the nearest other images.

    Each of the nearest 200 (or all, if there are fewer) votes for its class with weight
    exp(cosine / 0.1). An image has no vote on itself, so no second set of images is needed.

    Parameters
    ----------
    network : Network
        On the device of ``data``; it stays in evaluation mode.
    data : Resident
        At least 2 images, with classes as labels.
    precision : str
        ``fp32`` or ``bf16``, of the features.

    Returns
    -------
    float
        In 0 to 1.
    """
    features = _features(network, data, precision)  # [N, h]
    labels, right = data.labels, 0
    for rows in torch.arange(len(data), device=data.device).split(ROWS):  # int64 [n]
        cosines = features[rows] @ features.T  # [n, N]
        cosines.scatter_(1, rows[:, None], -torch.inf)
        nearest, columns = cosines.topk(min(NEIGHBOURS, len(data) - 1), dim=1)  # [n, k]
        votes = cosines.new_zeros(len(rows), int(labels.max()) + 1)  # [n, classes]
        votes.scatter_add_(1, labels[columns], (nearest / TEMPERATURE).exp())
        right += int((votes.argmax(dim=1) == labels[rows]).sum())
    return right / len(data)


def _features(network: nn.Module, data: Resident, precision: str) -> Tensor:
    """Inputs of the head, of length 1, float32 [N, h]."""
    network.eval()
    parts = []
    for x, _ in data.batches(BATCH_SIZE):  # float32 [n, 3, H, W]
        with devices.autocast(data.device, precision):
            parts.append(network.head_input(x))  # [n, h]
    return F.normalize(torch.cat(parts).float(), dim=1)
