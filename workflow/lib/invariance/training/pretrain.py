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
from transforms2d.spec import SPLITS

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
    "densenet_growth": one_of(*models.DENSENET_GROWTHS),
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
    """A trained network, on the CPU in evaluation mode, and its plain JSON record."""

    model: models.Network
    record: dict


def run(
    inputs: Mapping,
    outputs: Mapping,
    settings: Mapping,
    *,
    config: Mapping,
    identities: Mapping,
    lineage: Mapping,
    run_started: float,
    threads: int,
    provenance: Callable[[], dict],
) -> None:
    """Pretrain from files to files, unless another job of the same run of the workflow did it.

    Parameters
    ----------
    inputs : mapping from name to path
        The shards ``train``, ``val`` and ``test``; for draws ``fresh`` also their source images,
        see ``input_images.load_images``.
    outputs : mapping from name to path
        ``model``, ``metrics`` (see ``pretrain``) and ``record``, which is written last.
    config : mapping
        The checked configuration, with the required sources of images.
    identities, lineage : mapping
        Identity of each file, and lineage of the result, see the module ``lineage``.
    run_started : float
        Start time of the workflow's run, see ``resume.is_finished``.
    provenance : function without arguments
        Called at the end; returns how the result was made, see ``context.provenance``.

    Raises
    ------
    UserError
        As ``pretrain``, and for a file that is damaged or has another identity.
    """
    from invariance.provenance.input_images import fresh_draws, load_images, read_split

    # Not an output, so that Snakemake does not delete it with them.
    state_dir = Path(outputs["model"]).with_name("resume")
    (specs,), (shard_identity,) = identities["dataset"].values(), identities["shards"].values()
    rendering = devices.for_rendering(devices.resolve(settings["device"]))
    with resume.exclusive(state_dir):
        known = {"identity": shard_identity, "device": rendering}
        shards = [
            read_split(inputs[split], split, inputs, config, expect=specs[split], **known)
            for split in SPLITS
        ]
        identity = training_identity(settings, *shards)
        if resume.is_finished(outputs, identity, run_started):
            log.info("an earlier attempt trained this model")
            return
        renderer = None
        if settings["draws"] == "fresh":
            images = load_images(inputs, "train", config=config)
            renderer = fresh_draws(shards[0], images, rendering)
        paths = {"state_dir": state_dir, "metrics_path": outputs["metrics"]}
        options = {"renderer": renderer, "threads": threads, "identity": identity}
        pretrained = pretrain(settings, *shards, **paths, **options)
        models.save(outputs["model"], pretrained.model, settings, identities["pretrain"])
        write_record(
            outputs["record"],
            method="pretraining",
            evaluations=[{"counts": pretrained.record["counts"]}],
            details=pretrained.record,
            recipe=identity["recipe"],
            **lineage,
            provenance=provenance(),
        )
        resume.discard(state_dir)


def pretrain(
    settings: Mapping,
    train,
    val,
    test,
    *,
    state_dir,
    metrics_path,
    renderer: Callable[[int], Tensor] | None = None,
    threads: int | None = None,
    identity: Mapping | None = None,
) -> Pretrained:
    """Train a network from scratch, or continue where a killed run of the same settings stopped.

    On a CPU the weights depend only on settings, data and number of threads, not on interruptions.
    The caller removes the state with ``resume.discard`` after it wrote its own outputs.

    Parameters
    ----------
    settings : mapping
        The keys of ``SETTINGS``; width and blocks_per_stage are optional.
    train, val, test
        Have ``images`` uint8 [N, 3, H, W] and ``labels`` int64 [N] in 0 .. num_classes - 1.
    state_dir : path
        Folder of this training's resume state, outside the declared outputs.
    metrics_path : path
        JSON lines, written at the end: the lines of ``epochs.Trained``, with ``val_loss`` and
        ``val_accuracy``.
    renderer : callable or None
        Only for draws ``fresh``: maps the epoch (from 0) to new training images of the same
        samples, uint8 [N, 3, H, W], on any device.
    threads : int or None
        CPU threads; None keeps torch's number.
    identity : mapping or None
        The result of ``training_identity`` if the caller has it; else the images are hashed here.

    Raises
    ------
    UserError
        For settings or data that do not fit, the state of another training in ``state_dir``, or a
        loss that is not finite. In the last case the last good state stays.
    """
    identity = identity or training_identity(settings, train, val, test)
    settings = {key: identity[key] for key in SETTINGS}
    shards = {"train": train, "val": val, "test": test}
    _check_data(settings, shards, renderer)
    place, channels_last = devices.resolve(settings["device"]), settings["channels_last"]
    with devices.session(place, threads):
        model = models.from_settings(settings)
        model = model.to(place, memory_format=devices.memory_format(channels_last))
        # Before the optimiser, which imports the compiler too. Validation uses the plain network,
        # because every other batch size would compile again.
        forward = compiling.compiled(model) if settings["compile"] else model
        resident.check_size(model, len(train.labels), settings["batch_size"], "pretrain")
        options = {"mean": settings["mean"], "std": settings["std"], "channels_last": channels_last}
        data = {
            name: resident.Resident(shard.images, shard.labels, **options, device=place)
            for name, shard in shards.items()
        }
        how = {key: settings[key] for key in ("batch_size", "precision")}

        def validate() -> dict[str, float]:
            result = evaluation.score(model, data["val"], **how)
            return {"val_loss": result.loss, "val_accuracy": result.accuracy}

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
            keeper=resume.Keeper(state_dir, identity),
        )
        if renderer is not None:
            data["train"].replace_images(train.images)  # evaluate on the shard itself
        counts = {name: evaluation.counts(model, part, **how) for name, part in data.items()}
    model = model.to("cpu", memory_format=torch.contiguous_format)
    write_lines(metrics_path, trained.lines)
    return Pretrained(model, _record(identity, models.parameter_count(model), trained, counts))


def training_identity(settings: Mapping, train, val, test) -> dict:
    """The values that are equal for two equal trainings: checked settings, data, recipe."""
    return {
        **check(settings, SETTINGS, "pretrain"),
        "data": resident.digest(train, val, test),
        "recipe": RECIPES["pretrain"],
    }


def _check_data(settings: Mapping, shards: Mapping, renderer) -> None:
    for name, shard in shards.items():
        resident.check_images(name, shard, settings["image_size"], settings["num_classes"])
    if (renderer is not None) != (settings["draws"] == "fresh"):
        advice = "does not use a renderer" if renderer else "needs a renderer of new draws"
        raise UserError(f"pretrain.draws: {settings['draws']!r} {advice}")


def write_lines(path, lines: list[dict]) -> None:
    """Write the lines of ``epochs.Trained`` as JSON lines."""
    with atomic_path(path) as temporary:
        text = "".join(json.dumps(line) + "\n" for line in lines)
        Path(temporary).write_text(text, encoding="utf-8")


def _record(identity: Mapping, parameters: int, trained: epochs.Trained, counts: dict) -> dict:
    lines, samples = trained.lines, sum(counts["train"]["total"])
    training_seconds = sum(samples / line["images_per_second"] for line in lines)
    return {
        "settings": {key: identity[key] for key in SETTINGS},
        "data": identity["data"],
        "parameters": parameters,
        "epochs_run": len(lines),
        "kept_epoch": trained.kept_epoch,
        "best_epoch": max(lines, key=lambda line: line["val_accuracy"])["epoch"],
        "counts": counts,
        "images_per_second": len(lines) * samples / training_seconds,
        "training_seconds": sum(line["seconds"] for line in lines),
    }
