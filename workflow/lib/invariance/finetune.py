"""Full fine-tuning: a pretrained network and its probe's head, trained further on few images of the
target task (sec. 6.4)."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import SimpleNamespace

import torch
from torch import Tensor, nn

from invariance import batches, evaluate, models, optimisation
from invariance import device as devices
from invariance.pretrain import train_epoch
from invariance.probe import read_head
from invariance.settings import Rule, check, number, one_of, positive, whole
from transforms2d import seeds
from transforms2d.errors import UserError

log = logging.getLogger(__name__)

SETTINGS = {
    "samples": Rule(
        lambda v: (type(v) is int and v >= 1) or (type(v) is float and 0 < v <= 1),
        "a whole number of images >= 1 or a share of each class in (0, 1]",
    ),
    "epochs": whole(1),
    "decay_epochs": whole(1),
    "batch_size": whole(1),
    "learning_rate": positive(),
    "seed": whole(0),
    "precision": one_of(*devices.PRECISIONS),
    "channels_last": one_of(True, False),
    "device": one_of(*devices.DEVICES),
    # The released code gives the ViT its own schedule and weight decay here too.
    "schedule": replace(one_of(*optimisation.SCHEDULES), default="linear"),
    "weight_decay": replace(number(0), default=0.0),
}


def finetune(model_path, head: Mapping[str, Tensor], shards: Mapping, settings: Mapping) -> dict:
    """Train all parameters from the pretrained weights and the probe's head, and evaluate.

    Batch normalisation is in training mode, so its statistics go on moving even in the epochs
    whose learning rate is zero. The model after the last epoch is the one evaluated.

    Parameters
    ----------
    model_path : path
        File of ``models.save``.
    head : mapping
        ``weight`` float32 [C, h] and ``bias`` [C], as ``probe.read_head`` gives them.
    shards : mapping from split to shard
        ``train`` and any others, each with ``images`` uint8 [N, 3, H, W] and ``labels`` int64 [N].
    settings : mapping
        ``samples`` (see ``subset``), ``epochs``, ``decay_epochs`` (length of the linear decay of
        the learning rate to 0: 50 in the paper, 5 in the released code), ``batch_size``,
        ``learning_rate``, ``seed``, ``precision``, ``channels_last``, ``device``; optionally
        ``schedule`` (``linear``) and ``weight_decay`` (0).

    Returns
    -------
    dict
        ``counts`` (correct and total per split and class; ``train`` is the images trained on),
        ``samples`` (their number), ``losses`` (mean training loss of every epoch), ``settings``.

    Raises
    ------
    UserError
        For settings, images or a head that do not fit, or a loss that is not finite.
    """
    settings = check(settings, SETTINGS, "fine_tuning")
    device = devices.resolve(settings["device"])
    model, model_settings = models.load(model_path)
    model.head = _head(head, model.head.in_features)
    rows = subset(shards["train"].labels, settings["samples"], settings["seed"])
    trained_on = SimpleNamespace(
        images=shards["train"].images[rows], labels=shards["train"].labels[rows]
    )
    how = {
        "mean": model_settings["mean"],
        "std": model_settings["std"],
        "channels_last": settings["channels_last"],
    }
    with devices.session(device):
        model.to(device, memory_format=devices.memory_format(settings["channels_last"]))
        data = batches.Resident(trained_on.images, trained_on.labels, **how, device=device)
        losses = _train(model, data, settings)
        counts = {
            split: evaluate.counts(
                model,
                trained_on if split == "train" else shard,
                **how,
                device=device.type,
                precision=settings["precision"],
            )
            for split, shard in shards.items()
        }
    log.info("%d images: training loss %.4f", len(rows), losses[-1])
    return {"counts": counts, "samples": len(rows), "losses": losses, "settings": settings}


def run(
    model_path,
    head_path,
    shards: Mapping,
    settings_list: Sequence[Mapping],
    target: str | None = None,
) -> list[dict]:
    """Fine-tune one model on one target under each of several settings, such as amounts of data.

    Parameters
    ----------
    head_path : path
        File of ``probe.run``.
    shards : mapping from split to path
    target : str or None
        Whose head to take; may be left out if the file holds one.

    Returns
    -------
    list of dict
        A record of ``finetune`` for each settings, in order.
    """
    from transforms2d.shards import read_shard

    head = read_head(head_path, target)
    data = {split: read_shard(path) for split, path in shards.items()}
    return [finetune(model_path, head, data, settings) for settings in settings_list]


def subset(labels: Tensor, samples: int | float, seed: int) -> Tensor:
    """Rows of the images to train on, int64, ascending; smaller subsets lie within larger ones.

    ``samples``: an int takes that many at random, whatever their classes; a float takes that share
    of each class, rounded half up and at least one image.
    """
    order = torch.from_numpy(
        seeds.generator(seed, "fine_tuning/samples").permutation(len(labels)).astype("int64")
    )
    if isinstance(samples, float):
        shuffled = labels[order]
        parts = [order[shuffled == kind] for kind in labels.unique()]
        rows = torch.cat([part[: max(1, int(samples * len(part) + 0.5))] for part in parts])
        return rows.sort().values
    if samples > len(labels):
        raise UserError(
            f"fine_tuning.samples: {samples} is more than the {len(labels)} training images"
        )
    return order[:samples].sort().values


def _head(head: Mapping[str, Tensor], features: int) -> nn.Linear:
    classes, dim = head["weight"].shape
    if dim != features:
        raise UserError(
            f"fine_tuning: the head reads {dim} features, the model gives {features}; "
            "take the probe of this model"
        )
    linear = nn.Linear(dim, classes)
    linear.load_state_dict(dict(head))
    return linear


def _train(model: models.Network, data: batches.Resident, settings: Mapping) -> list[float]:
    optimiser = optimisation.adam(
        model.parameters(), settings["learning_rate"], settings["weight_decay"]
    )
    epochs, losses = settings["epochs"], []
    for epoch in range(epochs):
        rate = optimisation.learning_rate(
            settings["schedule"], epoch, epochs, settings["learning_rate"], settings["decay_epochs"]
        )
        optimisation.set_learning_rate(optimiser, rate)
        try:
            loss, _ = train_epoch(
                model,
                optimiser,
                data,
                {**settings, "shuffle_seed": settings["seed"]},
                epoch,
                advance=lambda steps: None,
            )
        except UserError:
            raise UserError(
                f"fine_tuning: the loss is not finite in epoch {epoch + 1}; try a learning_rate "
                f"below {settings['learning_rate']:g}"
            ) from None
        losses.append(loss)
    return losses
