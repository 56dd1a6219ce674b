"""Train one network from scratch; a killed job goes on at its last epoch."""

import logging
import os
from pathlib import Path

from invariance.jobs.context import job
from invariance.provenance.lineage import files, lineage
from invariance.records.results import write_record

device = snakemake.config["device"]
# Beside the declared outputs, so that it outlives them.
state = Path(snakemake.output.model).parent / "resume"


def train_and_write(train, val, settings, provenance):
    renderer = None
    if settings["draws"] == "fresh":
        images = load_images(dict(snakemake.input.items()), "train", config=snakemake.config)
        renderer = fresh_draws(train, images, for_rendering(resolve(device)))
    trained = pretrain(
        settings,
        train,
        val,
        state_dir=state,
        metrics_path=snakemake.output.metrics,
        renderer=renderer,
        threads=snakemake.threads,
    )
    models.save(snakemake.output.model, trained.model, settings, of["pretrain"])
    write_record(
        snakemake.output.record,
        method="pretraining",
        evaluations=[{"counts": trained.record["counts"]}],
        details=trained.record,
        recipe=snakemake.params.recipe,
        **about,
        provenance=provenance(),
    )
    resume.discard(state)


with job(snakemake.log[0], snakemake.threads, device) as provenance:
    from invariance import models
    from invariance.jobs.device import for_rendering, resolve
    from invariance.provenance.input_images import fresh_draws, load_images
    from invariance.training import resume
    from invariance.training.pretrain import identity, pretrain
    from transforms2d.storage.shards import read_shard

    where = snakemake.config, dict(snakemake.wildcards.items()), "pretraining"
    about, of = lineage(*where), files(*where)
    with resume.alone(state):
        settings = {**snakemake.params.settings, "device": device}
        (specs,), (parts,) = of["dataset"].values(), of["shards"].values()
        train, val = (read_shard(snakemake.input[s], specs[s], parts) for s in ("train", "val"))
        since = float(os.environ["WORKFLOW_RUN_STARTED"])
        if resume.made_since(dict(snakemake.output.items()), identity(settings, train, val), since):
            logging.info("an earlier try has made this model")
        else:
            train_and_write(train, val, settings, provenance)
