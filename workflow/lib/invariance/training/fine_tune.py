"""Full fine-tuning: a pretrained network and its probe's head, trained further on few images of the
target task (appendix B)."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import SimpleNamespace

from torch import Tensor, nn

from invariance import models
from invariance.jobs import device as devices
from invariance.jobs.setting_rules import check, number, one_of, optional, positive, whole
from invariance.records.accuracy import accuracy
from invariance.training import evaluation, optimisation, resident
from invariance.training.linear_probe import read_head
from invariance.training.pretrain import train_epoch
from invariance.training.target_subsets import AMOUNT, subset
from transforms2d.errors import UserError

log = logging.getLogger(__name__)

SETTINGS = {
    "samples": AMOUNT,
    # The amount that the head was probed on; null is all of the target's training images.
    "head_samples": optional(AMOUNT),
    "epochs": whole(1),
    "decay_epochs": whole(1),
    "batch_size": whole(1),
    "learning_rate": positive(),
    "seed": whole(0),
    "model_selection": one_of("best_validation", "last_epoch"),
    "precision": one_of(*devices.PRECISIONS),
    "channels_last": one_of(True, False),
    "device": one_of(*devices.DEVICES),
    # The released code gives the ViT its own schedule and weight decay here too.
    "schedule": replace(one_of(*optimisation.SCHEDULES), default="linear"),
    "weight_decay": replace(number(0), default=0.0),
}
EVALUATION_BATCH = 2048


def finetune(
    model_path,
    head: Mapping[str, Tensor],
    shards: Mapping,
    settings: Mapping,
    expect: Mapping | None = None,
) -> dict:
    """Train all parameters from the pretrained weights and the probe's head, and evaluate.

    Batch normalisation is in training mode, so its statistics go on moving even in the epochs
    whose learning rate is zero. The model that is evaluated is that of the epoch with the highest
    validation accuracy, the first of several, or of the last epoch (fork 1).

    Parameters
    ----------
    model_path : path
        File of ``models.save``.
    head : mapping
        ``weight`` float32 [C, h] and ``bias`` [C], as ``linear_probe.read_head`` gives them.
    shards : mapping from split to shard
        ``train``, ``val`` and any others, each with ``images`` uint8 [N, 3, H, W] and ``labels``
        int64 [N].
    settings : mapping
        ``samples`` (see ``target_subsets.subset``), ``epochs``, ``decay_epochs`` (length of
        the linear decay of the learning rate to 0: 50 or 5, as in the paper or the released code),
        ``batch_size``, ``learning_rate``, ``seed``, ``model_selection`` (``best_validation`` or
        ``last_epoch``), ``precision``, ``channels_last``, ``device``; optionally ``head_samples``
        (see ``run``), ``schedule`` (``linear``) and ``weight_decay`` (0).
    expect : mapping or None
        What the model must be of, see ``lineage.files``.

    Returns
    -------
    dict
        ``counts`` (correct and total per split and class; ``train`` is the images trained on),
        ``samples`` (their number), ``losses`` (mean training loss of every epoch),
        ``val_accuracies`` (after every epoch; empty where the last epoch is kept), ``kept_epoch``
        (from 1), ``settings``.

    Raises
    ------
    UserError
        For settings, images or a head that do not fit, the file of another model, or a loss that
        is not finite.
    """
    settings = check(settings, SETTINGS, "fine_tuning")
    device = devices.resolve(settings["device"])
    model, model_settings = models.load(model_path, expect)
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
    resident.check_size(model, len(rows), settings["batch_size"], "fine_tuning")
    with devices.session(device):
        model.to(device, memory_format=devices.memory_format(settings["channels_last"]))
        data, val = (
            resident.Resident(shard.images, shard.labels, **how, device=device)
            for shard in (trained_on, shards["val"])
        )
        progress = _train(model, data, val, settings)
        counts = {
            split: evaluation.counts(
                model,
                trained_on if split == "train" else shard,
                **how,
                device=device.type,
                precision=settings["precision"],
            )
            for split, shard in shards.items()
        }
    log.info(
        "%d images: training loss %.4f, epoch %d kept",
        *(len(rows), progress["losses"][-1], progress["kept_epoch"]),
    )
    return {"counts": counts, "samples": len(rows), **progress, "settings": settings}


def run(
    model_path,
    head_path,
    shards: Mapping,
    settings_list: Sequence[Mapping],
    target: str | None = None,
    files: Mapping | None = None,
) -> list[dict]:
    """Fine-tune one model on one target under each of several settings, such as amounts of data.

    Each starts from the head that was probed on ``head_samples`` of the target's training images;
    null, the default, means all of them.

    Parameters
    ----------
    head_path : path
        File of ``linear_probe.run``.
    shards : mapping from split to path
    target : str or None
        Whose head to take; may be left out if the file holds one.
    files : mapping or None
        What the model, the heads and the shards must be of, see ``lineage.files``.

    Returns
    -------
    list of dict
        A record of ``finetune`` for each settings, in order, with ``target_samples``, the amount
        that was asked for, and ``method``: ``fine_tuning``, or ``fine_tuning_few`` where the head
        has seen no more of the target either.
    """
    from transforms2d.storage.shards import read_shard

    files = files or {}
    specs = files["dataset"][target] if files else {}
    of = files.get("shards", {}).get(target)
    data = {split: read_shard(path, specs.get(split), of) for split, path in shards.items()}
    records = []
    for settings in settings_list:
        few = settings.get("head_samples")
        about = {
            "method": "fine_tuning" if few is None else "fine_tuning_few",
            "target_samples": settings["samples"],
        }
        head = read_head(head_path, target, few, files.get("linear_probe"))
        found = finetune(model_path, head, data, settings, files.get("pretrain"))
        records.append({**about, **found})
    return records


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


def _train(
    model: models.Network, data: resident.Resident, val: resident.Resident, settings: Mapping
) -> dict:
    """Leave the kept weights in ``model``; return losses, val_accuracies and kept_epoch."""
    optimiser = optimisation.adam(
        model.parameters(), settings["learning_rate"], settings["weight_decay"]
    )
    epochs, losses, scores, best = settings["epochs"], [], [], None
    select = settings["model_selection"] == "best_validation"
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
        if select:
            count, _ = evaluation.score(
                model, val, batch_size=EVALUATION_BATCH, precision=settings["precision"]
            )
            scores.append(accuracy({"val": count}, "val"))
            if scores[-1] > max(scores[:-1], default=-1.0):
                best = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    if best is not None:
        model.load_state_dict(best)
    kept = scores.index(max(scores)) + 1 if select else epochs
    return {"losses": losses, "val_accuracies": scores, "kept_epoch": kept}
