"""The features of one target task, in memory."""

from dataclasses import dataclass

import torch
from torch import Tensor

from transforms2d.errors import UserError


@dataclass(frozen=True)
class FeatureSet:
    """The features of a target task: everything that a linear probe needs.

    Attributes
    ----------
    features : dict from split to float32 [N, h]
    labels : dict from split to int64 [N], each in 0..num_classes - 1
    num_classes : int
    more_draws : tuple of float32 [N, h]
        Features of the training images under further draws of their transformations (fork 28).
    """

    features: dict[str, Tensor]
    labels: dict[str, Tensor]
    num_classes: int
    more_draws: tuple[Tensor, ...] = ()

    def __post_init__(self):
        for number, rows in enumerate(self.more_draws, start=1):
            check_finite(rows, f"features.train, draw {number}")
            if rows.shape != self.features["train"].shape:
                raise UserError(f"features.train: draw {number} has the shape {list(rows.shape)}")
        if set(self.features) != set(self.labels):
            raise UserError(f"features: {sorted(self.features)}, but labels {sorted(self.labels)}")
        for split, rows in self.features.items():
            labels = self.labels[split]
            check_finite(rows, f"features.{split}")
            if len(rows) != len(labels) or len(rows) == 0:
                raise UserError(f"features.{split}: {len(rows)} rows for {len(labels)} labels")
            if labels.min() < 0 or labels.max() >= self.num_classes:
                raise UserError(
                    f"features.{split}: labels {int(labels.min())} to {int(labels.max())} do not "
                    f"fit {self.num_classes} classes"
                )

    @property
    def train_draws(self) -> tuple[Tensor, ...]:
        """Features of the training images under each draw, float32 [N, h]."""
        return self.features["train"], *self.more_draws


def check_finite(features: Tensor, name: str) -> None:
    """Refuse features that are not finite: any probe on them would predict class 0."""
    if not torch.isfinite(features).all():
        raise UserError(
            f"{name} are not finite; pretrain the model with a lower pretraining.learning_rate, or "
            "with precision fp32, and run the workflow again"
        )
