"""Fine-tune a whole network on a target task with each amount of data, from its probe's head."""

from invariance.jobs.warm_start import TENSORS, hand_over

hand_over(*TENSORS)

from invariance.jobs.context import job
from invariance.provenance.lineage import identities, lineage
from invariance.records.results import write_record

with job(snakemake.log[0], snakemake.threads, snakemake.config["device"]) as provenance:
    from invariance.training import fine_tune

    device, target = snakemake.config["device"], snakemake.wildcards.target
    amounts = [{**settings, "device": device} for settings in snakemake.params.settings]
    shards = {split: snakemake.input[split] for split in ("train", "val", "test")}
    job_key = snakemake.config, dict(snakemake.wildcards.items()), "fine_tuning"
    paths = snakemake.input.model, snakemake.input.heads, shards
    images = {"sources": dict(snakemake.input.items()), "config": snakemake.config}
    runs = fine_tune.run(*paths, amounts, target, identities(*job_key), **images)
    write_record(
        snakemake.output[0],
        method="fine_tuning",
        evaluations=[{"target": target, **run} for run in runs],
        **lineage(*job_key),
        provenance=provenance(),
    )
