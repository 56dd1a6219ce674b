"""Train one network from scratch; a killed job goes on at its last epoch."""

from pathlib import Path

from invariance import models, resume
from invariance.data import fresh_draws, load_images
from invariance.device import resolve
from invariance.job import job
from invariance.pretrain import pretrain
from invariance.results import write_record
from transforms2d.shards import read_shard

with job(snakemake.log[0], snakemake.threads) as provenance:
    device = snakemake.config["device"]
    settings = {**snakemake.params.settings, "device": device}
    train, val = read_shard(snakemake.input.train), read_shard(snakemake.input.val)
    renderer = None
    if settings["draws"] == "fresh":
        renderer = fresh_draws(
            train, load_images(dict(snakemake.input.items()), "train"), resolve(device)
        )
    # Beside the declared outputs, which Snakemake deletes before it tries again.
    state = Path(snakemake.output.model).parent / "resume"
    trained = pretrain(
        settings,
        train,
        val,
        state_dir=state,
        metrics_path=snakemake.output.metrics,
        renderer=renderer,
        threads=snakemake.threads,
    )
    models.save(snakemake.output.model, trained.model, settings)
    write_record(
        snakemake.output.record,
        method="pretraining",
        cell=snakemake.params.cell,
        evaluations=[{"counts": trained.record["counts"]}],
        details=trained.record,
        recipe=snakemake.params.recipe,
        provenance=provenance(device),
    )
    resume.discard(state)
