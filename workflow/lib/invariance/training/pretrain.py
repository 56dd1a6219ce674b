"""Pretraining (appendix B, fork 1): Adam and cross-entropy, resumable after a kill."""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from invariance import models
from invariance.jobs import compiling
from invariance.jobs import device as devices
from invariance.jobs.setting_rules import channels, check, number, one_of, optional, positive, whole
from invariance.provenance.recipes import RECIPES
from invariance.records.results import write_record
from invariance.training import epochs, evaluation, optimisation, resident, resume
from invariance.training.steps import classify
from transforms2d.errors import UserError
from transforms2d.files.atomic import atomic_path

SETTINGS = {
    "architecture": one_of(*models.BUILDERS),
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

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Pretrained:
    """A trained network, on the CPU in evaluation mode, and the plain JSON record of its making."""

    model: models.Network
    record: dict


def run(
    inputs: Mapping,
    outputs: Mapping,
    settings: Mapping,
    *,
    config: Mapping,
    files: Mapping,
    lineage: Mapping,
    began: float,
    threads: int,
    provenance: Callable[[], dict],
) -> None:
    """Pretrain from files to files, unless another job of the same run of the workflow has.

    Parameters
    ----------
    inputs : mapping from name to path
        The shards ``train`` and ``val``; for draws ``fresh`` also the images they are made from,
        see ``input_images.load_images``.
    outputs : mapping from name to path
        ``model``, ``metrics`` (see ``pretrain``) and ``record``, which is written last.
    config : mapping
        The checked configuration, whose sources the images must be from.
    files, lineage : mapping
        What each file must be of, and where the result comes from: see ``lineage``.
    began : float
        When the run of the workflow began, see ``resume.made_since``.
    provenance : function of nothing
        Gives, at the end, how the result was made, see ``context.provenance``.

    Raises
    ------
    UserError
        As ``pretrain``, and for a file that is damaged or of something else.
    """
    from invariance.provenance.input_images import fresh_draws, load_images
    from transforms2d.storage.shards import read_shard

    state_dir = Path(outputs["model"]).with_name("resume")  # no output, so that it outlives them
    (specs,), (parts,) = files["dataset"].values(), files["shards"].values()
    with resume.alone(state_dir):
        train, val = (read_shard(inputs[s], specs[s], parts) for s in ("train", "val"))
        known = identity(settings, train, val)
        if resume.made_since(outputs, known, began):
            log.info("an earlier try has made this model")
            return
        renderer = None
        if settings["draws"] == "fresh":
            images = load_images(inputs, "train", config=config)
            renderer = fresh_draws(
                train, images, devices.for_rendering(devices.resolve(settings["device"]))
            )
        where = {"state_dir": state_dir, "metrics_path": outputs["metrics"]}
        how = {"renderer": renderer, "threads": threads, "known": known}
        done = pretrain(settings, train, val, **where, **how)
        models.save(outputs["model"], done.model, settings, files["pretrain"])
        write_record(
            outputs["record"],
            method="pretraining",
            evaluations=[{"counts": done.record["counts"]}],
            details=done.record,
            recipe=known["recipe"],
            **lineage,
            provenance=provenance(),
        )
        resume.discard(state_dir)


def pretrain(
    settings: Mapping,
    train,
    val,
    *,
    state_dir,
    metrics_path,
    renderer: Callable[[int], Tensor] | None = None,
    threads: int | None = None,
    known: Mapping | None = None,
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
        JSON lines, written when training is done: those of ``epochs.Trained``, with ``val_loss``
        and ``val_accuracy``.
    renderer : callable or None
        For draws ``fresh`` alone: takes the epoch (from 0), gives new training images of the same
        samples, uint8 [N, 3, H, W], on any device.
    threads : int or None
        CPU threads; None leaves torch's number.
    known : mapping or None
        What ``identity`` gives, from a caller that asked already; images are hashed otherwise.

    Raises
    ------
    UserError
        For settings or data that do not fit, the state of another training in ``state_dir``, or a
        loss that is not finite; the last good state stays then.
    """
    known = known or identity(settings, train, val)
    settings = {key: known[key] for key in SETTINGS}
    _check_data(settings, train, val, renderer)
    place, channels_last = devices.resolve(settings["device"]), settings["channels_last"]
    with devices.session(place, threads):
        model = models.from_settings(settings)
        model = model.to(place, memory_format=devices.memory_format(channels_last))
        # Before the optimiser, which imports the compiler too. The plain network validates, as each
        # other size of batch would compile anew.
        forward = compiling.compiled(model) if settings["compile"] else model
        resident.check_size(model, len(train.labels), settings["batch_size"], "pretrain")
        shown = {"mean": settings["mean"], "std": settings["std"], "channels_last": channels_last}
        data = {
            name: resident.Resident(shard.images, shard.labels, **shown, device=place)
            for name, shard in (("train", train), ("val", val))
        }
        scored = {"batch_size": settings["batch_size"], "precision": settings["precision"]}

        def validate() -> dict[str, float]:
            found = evaluation.score(model, data["val"], **scored)
            return {"val_loss": found.loss, "val_accuracy": found.accuracy}

        rate, decay = settings["learning_rate"], settings["weight_decay"]
        trained = epochs.train(
            model,
            optimisation.adam(model.parameters(), rate, decay),
            data["train"],
            settings,
            classify(forward),
            name="pretrain",
            validate=validate,
            renderer=renderer,
            keeper=resume.Keeper(state_dir, known),
        )
        if renderer is not None:
            data["train"].replace_images(train.images)  # counts are those of the shard itself
        counts = {name: evaluation.counts(model, part, **scored) for name, part in data.items()}
    model = model.to("cpu", memory_format=torch.contiguous_format)
    _write_lines(metrics_path, trained.lines)
    return Pretrained(model, _record(known, models.parameter_count(model), trained, counts))


def identity(settings: Mapping, train, val) -> dict:
    """What two trainings must have in common to be the same: checked settings, data, recipe."""
    return {
        **check(settings, SETTINGS, "pretrain"),
        "data": resident.digest(train, val),
        "recipe": RECIPES["pretrain"],
    }


def _check_data(settings: Mapping, train, val, renderer) -> None:
    for name, shard in (("train", train), ("val", val)):
        resident.check_images(name, shard, settings["image_size"], settings["num_classes"])
    if (renderer is not None) != (settings["draws"] == "fresh"):
        needs = "takes no renderer" if renderer else "needs a renderer of new draws"
        raise UserError(f"pretrain.draws: {settings['draws']!r} {needs}")


def _write_lines(path, lines: list[dict]) -> None:
    with atomic_path(path) as temporary:
        text = "".join(json.dumps(line) + "\n" for line in lines)
        Path(temporary).write_text(text, encoding="utf-8")


def _record(known: Mapping, parameters: int, trained: epochs.Trained, counts: dict) -> dict:
    lines, samples = trained.lines, sum(counts["train"]["total"])
    training_seconds = sum(samples / line["images_per_second"] for line in lines)
    return {
        "settings": {key: known[key] for key in SETTINGS},
        "data": known["data"],
        "parameters": parameters,
        "epochs_run": len(lines),
        "kept_epoch": trained.kept_epoch,
        "best_epoch": max(lines, key=lambda line: line["val_accuracy"])["epoch"],
        "counts": counts,
        "images_per_second": len(lines) * samples / training_seconds,
        "training_seconds": sum(line["seconds"] for line in lines),
    }
