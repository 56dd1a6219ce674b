"""Pretraining under views: MoCo, the same network with labels, and the network without training.

All three give a plain ``Network``, as the pretraining of the other studies does.
"""

from collections.abc import Mapping
from functools import partial

import torch
from torch import nn

from invariance import models
from invariance.jobs import device as devices
from invariance.provenance.recipes import RECIPES
from invariance.training import epochs, optimisation, resident, resume
from invariance.training.contrastive.monitor import knn_accuracy
from invariance.training.contrastive.objectives import TASKS, Task
from invariance.training.contrastive.settings import SETTINGS, WHERE, check_data, checked
from invariance.training.contrastive.untrained import IMAGES, set_statistics
from invariance.training.contrastive.view_images import Views
from invariance.training.pretrain import Pretrained, write_lines


def pretrain(
    settings: Mapping,
    train,
    val,
    views: Views | None = None,
    *,
    state_dir,
    metrics_path,
    threads: int | None = None,
    identity: Mapping | None = None,
) -> Pretrained:
    """Train a network under views, or continue where a killed run of the same settings stopped.

    On a CPU the weights depend only on settings, data and number of threads, not on interruptions.
    The caller removes the state with ``resume.discard`` after it wrote its own outputs.

    Parameters
    ----------
    settings : mapping
        The keys of ``SETTINGS`` of its ``objective``. ``moco`` pairs two views of each image and
        trains without labels; ``supervised`` trains on one view of each and its label; ``none``
        sets the statistics of batch normalisation by 1,024 images. ``num_classes`` is that of the
        labels; the head of ``moco`` and ``none`` keeps its initial weights.
    train, val
        Have ``images`` uint8 [N, 3, H, W] and ``labels`` int64 [N] in 0 .. num_classes - 1.
    views : callable or None
        See ``view_images.Views``; None for ``none``.
    state_dir : path
        Folder of this training's resume state, outside the declared outputs.
    metrics_path : path
        JSON lines, written at the end: the lines of ``epochs.Trained``; ``train_accuracy`` of
        ``moco`` is the share of queries that found their key. Empty for ``none``.
    threads : int or None
        CPU threads; None keeps torch's number.
    identity : mapping or None
        The result of ``training_identity`` if the caller has it; else the images are hashed here.

    Returns
    -------
    Pretrained
        The network, and a record with ``knn_accuracy`` on ``val``, see ``monitor``.

    Raises
    ------
    UserError
        For settings or data that do not fit, the state of another training in ``state_dir``, or a
        loss that is not finite. In the last case the last good state stays.
    """
    identity = identity or training_identity(settings, train, val)
    settings = {key: identity[key] for key in SETTINGS[identity["objective"]]}
    check_data(settings, train, val, views)
    options = {key: settings[key] for key in ("mean", "std", "channels_last")}
    place = devices.resolve(settings["device"])
    make = partial(resident.Resident, **options, device=place)
    with devices.session(place, threads):
        judged = make(val.images, val.labels)
        if settings["objective"] == "none":
            network, lines = _untrained(settings, make(train.images, train.labels)), []
        else:
            task = TASKS[settings["objective"]](settings, train, views, make)
            lines = _train(task, settings, judged, resume.Keeper(state_dir, identity))
            network = _plain(settings, task.network)
        _place(network, place, settings)
        found = knn_accuracy(network, judged, settings["precision"])
    network = network.to("cpu", memory_format=torch.contiguous_format)
    write_lines(metrics_path, lines)
    return Pretrained(
        network, _record(identity, settings, network, lines, len(train.labels), found)
    )


def training_identity(settings: Mapping, train, val) -> dict:
    """The values that are equal for two equal trainings: checked settings, data, recipe."""
    data = resident.digest(train, val)
    return {**checked(settings), "data": data, "recipe": RECIPES["contrastive"]}


def _place(model: nn.Module, place: torch.device, settings: Mapping) -> None:
    model.to(place, memory_format=devices.memory_format(settings["channels_last"]))


def _train(
    task: Task, settings: Mapping, judged: resident.Resident, keeper: resume.Keeper
) -> list[dict]:
    """Train ``task.network`` on the shared loop; return the lines of its epochs."""
    _place(task.model, task.data.device, settings)
    resident.check_size(task.model, len(task.data), settings["batch_size"], WHERE)
    rate, decay = settings["learning_rate"], settings["weight_decay"]

    def validate() -> dict[str, float]:
        return {"knn_accuracy": knn_accuracy(task.network, judged, settings["precision"])}

    trained = epochs.train(
        task.model,
        optimisation.sgd(task.network.parameters(), rate, decay),
        task.data,
        {**settings, "model_selection": "last_epoch"},
        task.step,
        name=WHERE,
        validate=validate if settings["monitor"] else None,
        renderer=task.renderer,
        keeper=keeper,
    )
    return trained.lines


def _plain(settings: Mapping, trained: nn.Module) -> models.Network:
    """The trained weights in the network as registered: one head, no parts of a batch."""
    network, learnt = models.from_settings(settings), trained.state_dict()
    state = network.state_dict()
    network.load_state_dict({name: learnt.get(name, state[name]) for name in state})
    return network


def _untrained(settings: Mapping, data: resident.Resident) -> models.Network:
    """The initial weights, with the statistics of images at random rows."""
    network = models.from_settings(settings)
    _place(network, data.device, settings)
    rows = resident.order(settings["shuffle_seed"], 0, len(data))[:IMAGES]  # int64 [n]
    x, _ = next(data.batches(IMAGES, rows))  # float32 [n, 3, H, W]
    set_statistics(network, x)
    return network


def _record(
    identity: Mapping, settings: Mapping, network, lines: list[dict], samples: int, found: float
) -> dict:
    training_seconds = sum(samples / line["images_per_second"] for line in lines)
    return {
        "settings": settings,
        "data": identity["data"],
        "parameters": models.parameter_count(network),
        "epochs_run": len(lines),
        "knn_accuracy": found,
        "images_per_second": len(lines) * samples / training_seconds if lines else None,
        "training_seconds": sum(line["seconds"] for line in lines),
    }
