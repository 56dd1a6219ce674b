"""Transfer to the target: a ridge head on frozen features, and what it says of each image."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from invariance.jobs import device as devices

RIDGE = 0.1  # per training image, on standardised features
# Share of the mean scale. A feature of one training image alone would decide what others score.
LEAST_SCALE = 0.1


@dataclass(frozen=True)
class Heads:
    """Ridge heads of m networks, float64.

    Attributes
    ----------
    mean, scale : Tensor
        Of the features of the training images, [m, 1, h]; each scale at least a tenth of the mean.
    weight : Tensor
        [m, h, T].
    intercept : Tensor
        [T], the share of each class.
    """

    mean: Tensor
    scale: Tensor
    weight: Tensor
    intercept: Tensor

    def scores(self, features: Tensor) -> Tensor:
        """Scores float64 [m, n, T] of features float32 [m, n, h]."""
        standard = (devices.double(features) - self.mean) / self.scale
        return standard @ self.weight + self.intercept


def fit(features: Tensor, labels: Tensor, classes: int) -> Heads:
    """Ridge regression of one-hot labels on standardised features, in closed form.

    Parameters
    ----------
    features : float32 [m, N, h]
    labels : int64 [N]
        In 0 .. ``classes`` - 1.
    classes : int
        T, the number of target classes.
    """
    x = devices.double(features)
    labels = labels.to(x.device)
    mean, scale = x.mean(dim=1, keepdim=True), x.std(dim=1, keepdim=True, correction=0)
    scale = torch.maximum(scale, LEAST_SCALE * scale.mean(dim=2, keepdim=True))
    scale = torch.where(scale > 0, scale, 1.0)  # if all features are constant
    x = (x - mean) / scale
    one_hot = F.one_hot(labels, classes).double()  # [N, T]
    intercept = one_hot.mean(dim=0)
    penalty = RIDGE * len(labels) * torch.eye(x.shape[2], dtype=x.dtype, device=x.device)
    weight = torch.linalg.solve(x.mT @ x + penalty, x.mT @ (one_hot - intercept))
    return Heads(mean, scale, weight, intercept)


def judged(scores: Tensor, labels: Tensor) -> dict[str, Tensor]:
    """What scores say of each image, on the CPU.

    Parameters
    ----------
    scores : float64 [m, n, T]
        At least 2 classes.
    labels : int64 [n]

    Returns
    -------
    dict of Tensor [m, n]
        ``margin``: score of the true class minus the best other one, float32. ``softmax`` of the
        true class, float32 in 0 to 1. ``correct``: uint8, 0 or 1. ``prediction``: uint8, the class
        with the highest score.
    """
    true = labels.to(scores.device).expand(scores.shape[:2])[..., None]  # int64 [m, n, 1]
    own = scores.gather(2, true)
    others = scores.scatter(2, true, -torch.inf).amax(dim=2, keepdim=True)
    prediction = scores.argmax(dim=2)
    found = {
        "margin": (own - others)[..., 0].float(),
        "softmax": scores.softmax(dim=2).gather(2, true)[..., 0].float(),
        "correct": (prediction == true[..., 0]).to(torch.uint8),
        "prediction": prediction.to(torch.uint8),
    }
    return {name: tensor.cpu() for name, tensor in found.items()}
