"""Full fine-tuning of a pretrained network and its probe's head on few images of the target task
(appendix B)."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import SimpleNamespace

from torch import Tensor, nn

from invariance import models
from invariance.jobs import device as devices
from invariance.jobs.setting_rules import check, number, one_of, optional, positive, whole
from invariance.training import epochs, evaluation, optimisation, resident
from invariance.training.linear_probe import read_head
from invariance.training.steps import classify
from invariance.training.target_subsets import AMOUNT, subset
from transforms2d.errors import UserError

log = logging.getLogger(__name__)

SETTINGS = {
    "samples": AMOUNT,
    # Draws of the training images; an epoch uses one of them (fork 28).
    "draws": replace(whole(1), default=1),
    # The number or share of images that the head was trained on; null means all of them.
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
    # The released code uses the ViT's own schedule and weight decay here too.
    "schedule": replace(one_of(*optimisation.SCHEDULES), default="linear"),
    "weight_decay": replace(number(0), default=0.0),
}


def fine_tune(
    model_path,
    head: Mapping[str, Tensor],
    shards: Mapping,
    settings: Mapping,
    expect: Mapping | None = None,
    images: Mapping | None = None,
) -> dict:
    """Train all parameters from the pretrained weights and the probe's head, and evaluate.

    Batch normalisation is in training mode, so its statistics change even in epochs with a learning
    rate of zero. The evaluated model is that of the first epoch with the highest validation
    accuracy, or of the last epoch (fork 1).

    Parameters
    ----------
    model_path : path
        File of ``models.save``.
    head : mapping
        ``weight`` float32 [C, h] and ``bias`` [C], from ``linear_probe.read_head``.
    shards : mapping from split to shard
        ``train``, ``val`` and any others, each with ``images`` uint8 [N, 3, H, W] and ``labels``
        int64 [N].
    settings : mapping
        ``samples`` (see ``target_subsets.subset``), ``epochs``, ``decay_epochs`` (length of
        the linear decay of the learning rate to 0: 50 or 5, as in the paper or the released code),
        ``batch_size``, ``learning_rate``, ``seed``, ``model_selection`` (``best_validation`` or
        ``last_epoch``), ``precision``, ``channels_last``, ``device``; optionally ``head_samples``
        (see ``run``), ``schedule`` (``linear``), ``weight_decay`` (0) and ``draws`` (1).
    expect : mapping or None
        Identity that the model must have, see ``lineage.identities``.
    images : mapping or None
        The images of the training shard, see ``input_images.load_images``; only for several draws.

    Returns
    -------
    dict
        ``counts`` (correct and total per split and class; ``train`` are the images of the
        fine-tuning), ``samples`` (their number), ``losses`` (mean training loss per epoch),
        ``val_accuracies`` (per epoch; empty if the last epoch is kept), ``kept_epoch`` (from 1),
        ``settings``.

    Raises
    ------
    UserError
        For settings, images or a head that do not fit, the file of another model, or a loss that
        is not finite.
    """
    settings = check(settings, SETTINGS, "fine_tuning")
    place, channels_last = devices.resolve(settings["device"]), settings["channels_last"]
    model, model_settings = models.load(model_path, expect)
    model.head = _head(head, model.head.in_features)
    rows = subset(shards["train"].labels, settings["samples"], settings["seed"])  # int64 [n]
    train_part = SimpleNamespace(
        images=shards["train"].images[rows], labels=shards["train"].labels[rows]
    )
    resident.check_size(model, len(rows), settings["batch_size"], "fine_tuning")
    with devices.session(place):
        model.to(place, memory_format=devices.memory_format(channels_last))
        # Normalised as in pretraining, for which the first layer was trained.
        options = {key: model_settings[key] for key in ("mean", "std")}
        options |= {"device": place, "channels_last": channels_last}
        data = {
            split: resident.Resident(shard.images, shard.labels, **options)
            for split, shard in {**shards, "train": train_part}.items()
        }
        renderer = _renderer(shards["train"], images, settings, rows)
        trained = _train(model, data, settings, renderer)
        if renderer is not None:
            data["train"].replace_images(train_part.images)  # evaluate on the shard itself
        counts = {
            split: evaluation.counts(model, part, precision=settings["precision"])
            for split, part in data.items()
        }
    losses = [line["train_loss"] for line in trained.lines]
    log.info(
        "%d images: training loss %.4f, epoch %d kept", len(rows), losses[-1], trained.kept_epoch
    )
    return {
        "counts": counts,
        "samples": len(rows),
        "losses": losses,
        "val_accuracies": [
            line["val_accuracy"] for line in trained.lines if "val_accuracy" in line
        ],
        "kept_epoch": trained.kept_epoch,
        "settings": settings,
    }


def run(
    model_path,
    head_path,
    shards: Mapping,
    settings_list: Sequence[Mapping],
    target: str | None = None,
    identities: Mapping | None = None,
    sources: Mapping | None = None,
    config: Mapping | None = None,
) -> list[dict]:
    """Fine-tune one model on one target with each of several settings, such as amounts of data.

    Each starts from the head that was trained on ``head_samples`` of the target's training images;
    null, the default, means all of them.

    Parameters
    ----------
    head_path : path
        File of ``linear_probe.run``.
    shards : mapping from split to path
    target : str or None
        The target of the head; not needed if the file has one head.
    identities : mapping or None
        Identities of the model, the heads and the shards, see ``lineage.identities``.
    sources, config : mapping or None
        Paths of the prepared images, and the checked configuration; see
        ``input_images.load_images``. Only needed for several draws, and for shards without pixels.

    Returns
    -------
    list of dict
        One record of ``fine_tune`` per settings, in order, with ``target_samples``, the requested
        amount, and ``method``: ``fine_tuning``, or ``fine_tuning_few`` if the head was trained on
        few images too.
    """
    from invariance.provenance.input_images import load_images, read_split

    identities = identities or {}
    several = any(settings.get("draws", 1) > 1 for settings in settings_list)
    images = load_images(sources, "train", config=config) if several else None
    specs = identities["dataset"][target] if identities else {}
    identity = identities.get("shards", {}).get(target)
    rendering = devices.for_rendering(devices.resolve(settings_list[0]["device"]))
    data = {
        split: read_split(
            path,
            split,
            sources,
            config,
            expect=specs.get(split),
            identity=identity,
            device=rendering,
        )
        for split, path in shards.items()
    }
    records = []
    for settings in settings_list:
        few = settings.get("head_samples")
        labels = {
            "method": "fine_tuning" if few is None else "fine_tuning_few",
            "target_samples": settings["samples"],
        }
        head = read_head(head_path, target, few, identities.get("linear_probe"))
        record = fine_tune(model_path, head, data, settings, identities.get("pretrain"), images)
        records.append({**labels, **record})
    return records


def _head(head: Mapping[str, Tensor], features: int) -> nn.Linear:
    classes, dim = head["weight"].shape
    if dim != features:
        raise UserError(
            f"fine_tuning: the head expects {dim} features, the model has {features}; "
            "take the probe of this model"
        )
    linear = nn.Linear(dim, classes)
    linear.load_state_dict(dict(head))
    return linear


def _renderer(shard, images: Mapping | None, settings: Mapping, rows: Tensor):
    """A function from an epoch to the images ``rows`` of a shard; None for a single draw."""
    from invariance.provenance.input_images import fresh_draws

    if settings["draws"] == 1:
        return None
    device = devices.for_rendering(devices.resolve(settings["device"]))
    draw = fresh_draws(shard, images, device, rows)
    return lambda epoch: draw(epoch % settings["draws"])


def _train(
    model: models.Network, data: Mapping[str, resident.Resident], settings: Mapping, renderer
) -> epochs.Trained:
    """Leave the kept weights in ``model``."""

    def validate() -> dict[str, float]:
        result = evaluation.score(model, data["val"], precision=settings["precision"])
        return {"val_accuracy": result.accuracy}

    rate, decay = settings["learning_rate"], settings["weight_decay"]
    return epochs.train(
        model,
        optimisation.adam(model.parameters(), rate, decay),
        data["train"],
        {**settings, "shuffle_seed": settings["seed"]},
        classify(model),
        name="fine_tuning",
        validate=validate if settings["model_selection"] == "best_validation" else None,
        renderer=renderer,
        show_progress=False,  # a training of minutes, one of several in its job
    )
