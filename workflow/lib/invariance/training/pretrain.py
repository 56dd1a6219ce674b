"""Pretraining (appendix B, fork 1): Adam and cross-entropy, one loop, resumable after a kill."""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import torch
import torch.nn.functional as F
from torch import Tensor
from tqdm import tqdm

from invariance import models
from invariance.jobs import compiling
from invariance.jobs import device as devices
from invariance.jobs.setting_rules import channels, check, number, one_of, optional, positive, whole
from invariance.provenance.recipes import RECIPES
from invariance.records.accuracy import accuracy
from invariance.training import evaluation, optimisation, resident, resume
from transforms2d.errors import UserError
from transforms2d.files.atomic import atomic_path

SETTINGS = {
    "architecture": one_of(*models.ARCHITECTURES),
    "width": optional(whole(1)),
    "blocks_per_stage": optional(whole(1)),
    "num_classes": whole(1),
    "init_seed": whole(0),
    "shuffle_seed": whole(0),
    "epochs": whole(1),
    "batch_size": whole(1),
    "learning_rate": positive(),
    "weight_decay": number(0),
    "schedule": one_of("constant", "vit_paper", "vit_released_code"),
    "model_selection": one_of("best_validation", "last_epoch"),
    "draws": one_of("fixed", "fresh"),
    "vit": one_of(*models.VIT_VARIANTS),
    "densenet_representation": one_of(*models.DENSENET_REPRESENTATIONS),
    "mean": channels(),
    "std": channels(above_zero=True),
    "image_size": whole(8),
    "precision": one_of(*devices.PRECISIONS),
    "channels_last": one_of(True, False),
    "compile": one_of(True, False),
    "device": one_of(*devices.DEVICES),
}
# Losses are looked at this often, so that a diverged run stops early and a card rarely waits.
STEPS_BETWEEN_CHECKS = 100

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Pretrained:
    """A trained network, on the CPU in evaluation mode, and the plain JSON record of its making."""

    model: models.Network
    record: dict


def pretrain(
    settings: Mapping,
    train,
    val,
    *,
    state_dir,
    metrics_path,
    renderer: Callable[[int], Tensor] | None = None,
    threads: int | None = None,
) -> Pretrained:
    """Train a network from scratch, or go on from where a killed run of the same settings stopped.

    On a CPU the weights follow from settings, data and number of threads, interrupted or not.
    The caller removes the state with ``resume.discard`` once its own outputs are written.

    Parameters
    ----------
    settings : mapping
        The keys of ``SETTINGS``; width and blocks_per_stage may be left out.
    train, val
        Have ``images`` uint8 [N, 3, H, W] and ``labels`` int64 [N] in 0 .. num_classes - 1.
    state_dir : path
        Folder of this training's resume state, outside the declared outputs.
    metrics_path : path
        JSON lines, one an epoch, written when training is done: epoch (from 1), train_loss,
        train_accuracy (both in training mode, over the epoch), val_loss, val_accuracy,
        learning_rate, seconds (all of the epoch), images_per_second (training alone).
    renderer : callable or None
        For draws ``fresh`` alone: takes the epoch (from 0), gives new training images of the same
        samples, uint8 [N, 3, H, W], on any device.
    threads : int or None
        CPU threads; None leaves torch's number.

    Raises
    ------
    UserError
        For settings or data that do not fit, the state of another training in ``state_dir``, or a
        loss that is not finite; the last good state stays then.
    """
    settings = check(settings, SETTINGS, "pretrain")
    _check_data(settings, train, val, renderer)
    about = identity(settings, train, val)
    place = devices.resolve(settings["device"])
    with devices.session(place, threads):
        model, lines, kept = _train(settings, train, val, place, state_dir, about, renderer)
        score = {
            name: evaluation.counts(
                model,
                shard,
                mean=settings["mean"],
                std=settings["std"],
                batch_size=settings["batch_size"],
                device=place.type,
                precision=settings["precision"],
                channels_last=settings["channels_last"],
            )
            for name, shard in (("train", train), ("val", val))
        }
    with atomic_path(metrics_path) as temporary:
        text = "".join(json.dumps(line) + "\n" for line in lines)
        Path(temporary).write_text(text, encoding="utf-8")
    training_seconds = sum(len(train.labels) / line["images_per_second"] for line in lines)
    record = {
        "settings": settings,
        "data": about["data"],
        "parameters": models.parameter_count(model),
        "epochs_run": len(lines),
        "kept_epoch": kept,
        "best_epoch": max(lines, key=lambda line: line["val_accuracy"])["epoch"],
        "counts": score,
        "images_per_second": len(lines) * len(train.labels) / training_seconds,
        "training_seconds": sum(line["seconds"] for line in lines),
    }
    return Pretrained(model.to("cpu", memory_format=torch.contiguous_format), record)


def identity(settings: Mapping, train, val) -> dict:
    """What two trainings must have in common to be the same: settings, data, recipe."""
    return {
        **check(settings, SETTINGS, "pretrain"),
        "data": resident.digest(train, val),
        "recipe": RECIPES["pretrain"],
    }


def _train(settings, train, val, place, state_dir, identity, renderer):
    """Return (the kept model, one dict of metrics an epoch, the epoch it was kept at, from 1)."""
    layout = devices.memory_format(settings["channels_last"])
    model = models.from_settings(settings).to(place, memory_format=layout)
    resident.check_size(model, len(train.labels), settings["batch_size"], "pretrain")
    forward = compiling.compiled(model) if settings["compile"] else model
    optimiser = optimisation.adam(
        model.parameters(), settings["learning_rate"], settings["weight_decay"]
    )
    keeper = resume.Keeper(state_dir, identity)
    lines, best, best_epoch = [], None, 0
    if (state := keeper.load()) is not None:
        best = resume.unpack(state[0], model, optimiser)
        lines, best_epoch = state[1]["lines"], state[1]["best_epoch"]
        log.info("going on after epoch %d of %d", len(lines), settings["epochs"])

    train_data, val_data = (
        resident.Resident(
            shard.images,
            shard.labels,
            settings["mean"],
            settings["std"],
            device=place,
            channels_last=settings["channels_last"],
        )
        for shard in (train, val)
    )
    steps = -(-len(train_data) // settings["batch_size"])
    # disable=None: a bar only on a terminal.
    bar = tqdm(total=settings["epochs"] * steps, initial=len(lines) * steps, disable=None)
    for epoch in range(len(lines), settings["epochs"]):
        started = perf_counter()
        if renderer is not None:
            train_data.replace_images(renderer(epoch))
        rate = optimisation.learning_rate(
            settings["schedule"], epoch, settings["epochs"], settings["learning_rate"]
        )
        optimisation.set_learning_rate(optimiser, rate)
        training_started = perf_counter()
        with compiling.failures_told(settings["compile"]):
            train_loss, train_accuracy = train_epoch(
                forward, optimiser, train_data, settings, epoch, advance=bar.update
            )
        training_seconds = perf_counter() - training_started
        val_count, val_loss = evaluation.score(
            model, val_data, batch_size=settings["batch_size"], precision=settings["precision"]
        )
        if not torch.isfinite(torch.tensor(val_loss)):
            raise _diverged(epoch, f"the validation after step {steps}", settings)
        line = {
            "epoch": epoch + 1,
            "train_loss": train_loss,
            "train_accuracy": train_accuracy,
            "val_loss": val_loss,
            "val_accuracy": accuracy({"val": val_count}, "val"),
            "learning_rate": rate,
            "seconds": perf_counter() - started,
            "images_per_second": len(train_data) / training_seconds,
        }
        if settings["model_selection"] == "best_validation" and all(
            line["val_accuracy"] > earlier["val_accuracy"] for earlier in lines
        ):
            best = {name: tensor.clone() for name, tensor in model.state_dict().items()}
            best_epoch = epoch + 1
        lines.append(line)
        log.info(
            "epoch %d of %d: train loss %.4f, accuracy %.4f; val loss %.4f, accuracy %.4f; "
            "learning rate %.2g; %.1f s, %.0f images/s",
            *(line["epoch"], settings["epochs"], train_loss, train_accuracy, val_loss),
            *(line["val_accuracy"], rate, line["seconds"], line["images_per_second"]),
        )
        keeper.offer(model, optimiser, best, {"lines": lines, "best_epoch": best_epoch})
    bar.close()
    if best is None:
        return model.eval(), lines, len(lines)
    model.load_state_dict(best)
    return model.eval(), lines, best_epoch


def train_epoch(
    forward, optimiser, data: resident.Resident, settings: Mapping, epoch: int, *, advance
) -> tuple[float, float]:
    """One pass over ``data`` in the order of ``epoch``; return mean loss and accuracy.

    ``forward`` is the network, compiled or not; it is put into training mode. ``advance`` is called
    with 1 after each step. Sums stay on the device; it is waited for at the end of the epoch and
    every ``STEPS_BETWEEN_CHECKS`` steps.

    Raises
    ------
    UserError
        If a loss is not finite, with the epoch and step (from 1).
    """
    forward.train()
    torch.manual_seed(resident.noise_seed(settings["shuffle_seed"], epoch))
    rows = resident.order(settings["shuffle_seed"], epoch, len(data))
    losses: list[Tensor] = []
    loss_sum = torch.zeros((), dtype=devices.widest(data.device), device=data.device)
    correct = torch.zeros((), dtype=torch.int64, device=data.device)
    join_one = not forward.trains_on_one
    read = data.batches(settings["batch_size"], rows, join_one=join_one)
    for step, (x, y) in enumerate(read, start=1):
        optimiser.zero_grad(set_to_none=True)
        with devices.autocast(data.device, settings["precision"]):
            logits = forward(x)
            loss = F.cross_entropy(logits, y)
        loss.backward()
        optimiser.step()
        loss = loss.detach()
        losses.append(loss)
        loss_sum += loss * len(y)
        correct += (logits.detach().argmax(dim=1) == y).sum()
        advance(1)
        if step % STEPS_BETWEEN_CHECKS == 0:
            _check_finite(losses, epoch, settings)
    _check_finite(losses, epoch, settings)
    return float(loss_sum) / len(data), int(correct) / len(data)


def _check_finite(losses: list[Tensor], epoch: int, settings: Mapping) -> None:
    recent = torch.stack(losses[-STEPS_BETWEEN_CHECKS:])
    if torch.isfinite(recent).all():
        return
    first = len(losses) - len(recent) + int(torch.isfinite(recent).logical_not().nonzero()[0])
    raise _diverged(epoch, f"step {first + 1}", settings)


def _diverged(epoch: int, where: str, settings: Mapping) -> UserError:
    advice = f"try a learning_rate below {settings['learning_rate']:g}"
    if settings["precision"] != "fp32":
        advice += " or precision fp32"
    return UserError(
        f"pretrain: the loss is not finite in epoch {epoch + 1}, at {where}; {advice}; the state "
        "of an earlier epoch is kept: delete its folder before a run with other settings"
    )


def _check_data(settings: Mapping, train, val, renderer) -> None:
    size, classes = settings["image_size"], settings["num_classes"]
    for name, shard in (("train", train), ("val", val)):
        images, labels = shard.images, shard.labels
        if images.dtype != torch.uint8 or tuple(images.shape[1:]) != (3, size, size):
            raise UserError(
                f"{name}: images are {images.dtype} {list(images.shape)}; the settings ask for "
                f"uint8 [N, 3, {size}, {size}]"
            )
        if len(labels) == 0 or len(labels) != len(images):
            raise UserError(f"{name}: {len(labels)} labels for {len(images)} images")
        least, most = int(labels.min()), int(labels.max())
        if least < 0 or most >= classes:
            raise UserError(
                f"{name}: labels go from {least} to {most}; num_classes {classes} asks for "
                f"0 to {classes - 1}"
            )
    if (renderer is not None) != (settings["draws"] == "fresh"):
        raise UserError(
            f"pretrain.draws: {settings['draws']!r} "
            + ("takes no renderer" if renderer else "needs a renderer of new draws")
        )
