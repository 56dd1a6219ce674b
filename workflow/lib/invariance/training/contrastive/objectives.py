"""What the shared loop trains for each objective."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from invariance import models
from invariance.jobs import device as devices
from invariance.training.contrastive.moco import MoCo
from invariance.training.contrastive.view_images import Views, view_all
from invariance.training.resident import Resident
from invariance.training.steps import Step, classify

OPTIONS_OF_MOCO = ("dimension", "queue", "key_momentum", "temperature", "norm_splits")


@dataclass(frozen=True)
class Task:
    """A training on views of the images.

    Attributes
    ----------
    model : nn.Module
        Its state is all that one step hands to the next.
    network : Network
        The part of ``model`` that is trained and kept; for MoCo a projection is in place of its
        head.
    data : Resident
        The images of an epoch, with what ``step`` reads as labels.
    renderer : callable
        Maps the epoch (from 0) to its images.
    """

    model: nn.Module
    network: nn.Module
    data: Resident
    step: Step
    renderer: Callable[[int], Tensor]


def moco(settings: Mapping, train, views: Views, resident: Callable[..., Resident]) -> Task:
    """Two views of each image per epoch; labels are rows, by which the step finds the second one.

    Parameters
    ----------
    settings : mapping
        Checked settings of ``moco``.
    train
        Has ``images`` uint8 [N, 3, H, W].
    resident : callable
        Makes a ``Resident`` of images and labels.
    """
    options = {key: settings[key] for key in OPTIONS_OF_MOCO}
    model = MoCo(models.from_settings(settings), **options, seed=settings["init_seed"])
    rows = torch.arange(len(train.images))  # int64 [N]
    queries, keys = resident(train.images, rows), resident(train.images, rows)
    images = train.images.to(devices.for_rendering(queries.device))

    def renderer(epoch: int) -> Tensor:
        keys.replace_images(view_all(views, images, 2 * epoch + 1))
        return view_all(views, images, 2 * epoch)

    def step(x: Tensor, row: Tensor) -> tuple[Tensor, Tensor]:
        other, _ = next(keys.batches(len(row), row))  # float32 [n, 3, H, W], in the order of x
        return model.loss(x, other)

    return Task(model, model.query, queries, step, renderer)


def supervised(settings: Mapping, train, views: Views, resident: Callable[..., Resident]) -> Task:
    """One view of each image per epoch, and its label; arguments as ``moco``."""
    network = models.from_settings(settings)
    data = resident(train.images, train.labels)
    images = train.images.to(devices.for_rendering(data.device))
    return Task(network, network, data, classify(network), partial(view_all, views, images))


TASKS = {"moco": moco, "supervised": supervised}
