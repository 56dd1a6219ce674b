"""Pretraining under views from files to files."""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path

from invariance import models
from invariance.jobs import device as devices
from invariance.provenance.input_images import read_split
from invariance.records.results import write_record
from invariance.training import resume
from invariance.training.contrastive.pretrain import pretrain, training_identity
from transforms2d import Views

log = logging.getLogger(__name__)


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
    """Train a network, unless another job of the same run of the workflow did it.

    Parameters
    ----------
    inputs : mapping from name to path
        The shards ``train`` and ``val``, and their source images where they keep no pixels.
    settings : mapping
        See ``settings.SETTINGS``; ``views`` has ``group``, ``seed`` and the settings of
        ``transforms2d.Views``.
    outputs, config, identities, lineage, run_started, threads, provenance
        As for ``training.pretrain.run``.

    Raises
    ------
    UserError
        As ``pretrain``, and for a file that is damaged or has another identity.
    """
    # Not an output, so that Snakemake does not delete it with them.
    state_dir = Path(outputs["model"]).with_name("resume")
    (specs,), (shard_identity,) = identities["dataset"].values(), identities["shards"].values()
    rendering = devices.for_rendering(devices.resolve(settings["device"]))
    with resume.exclusive(state_dir):
        known = {"identity": shard_identity, "device": rendering}
        shards = [
            read_split(inputs[split], split, inputs, config, expect=specs[split], **known)
            for split in ("train", "val")
        ]
        identity = training_identity(settings, *shards)
        if resume.is_finished(outputs, identity, run_started):
            log.info("an earlier attempt trained this model")
            return
        trained = pretrain(
            settings,
            *shards,
            _views(settings),
            state_dir=state_dir,
            metrics_path=outputs["metrics"],
            threads=threads,
            identity=identity,
        )
        models.save(outputs["model"], trained.model, settings, identities["contrastive"])
        write_record(
            outputs["record"],
            method="contrastive",
            evaluations=[{"scores": {"knn_accuracy": trained.record["knn_accuracy"]}}],
            details={**trained.record, "networks": int("views" in settings)},
            recipe=identity["recipe"],
            **lineage,
            provenance=provenance(),
        )
        resume.discard(state_dir)


def _views(settings: Mapping) -> Views | None:
    """The views that settings describe; None without training."""
    if "views" not in settings:
        return None
    described = dict(settings["views"])
    return Views(described.pop("group"), described.pop("seed"), described)
