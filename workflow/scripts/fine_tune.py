"""Fine-tune a whole network on a target task, from its probe's head, for each amount of data."""

from invariance.jobs.context import job
from invariance.provenance.lineage import files, lineage
from invariance.records.results import write_record

with job(snakemake.log[0], snakemake.threads, snakemake.config["device"]) as provenance:
    from invariance.training import fine_tune

    device, target = snakemake.config["device"], snakemake.wildcards.target
    amounts = [{**settings, "device": device} for settings in snakemake.params.settings]
    shards = {split: snakemake.input[split] for split in ("train", "val", "test")}
    asked = snakemake.config, dict(snakemake.wildcards.items()), "fine_tuning"
    paths = snakemake.input.model, snakemake.input.heads, shards
    runs = fine_tune.run(*paths, amounts, target, files(*asked))
    write_record(
        snakemake.output[0],
        method="fine_tuning",
        evaluations=[{"target": target, **run} for run in runs],
        **lineage(*asked),
        provenance=provenance(),
    )
