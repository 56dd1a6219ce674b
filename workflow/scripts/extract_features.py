"""Compute what a frozen network's head reads, for every image of every target task."""

from invariance.job import job

with job(snakemake.log[0], snakemake.threads, snakemake.config["device"]) as provenance:
    from invariance.features import extract_to

    settings = {**snakemake.params.settings, "device": snakemake.config["device"]}
    targets = {
        target: dict(zip(snakemake.params.splits, snakemake.input[target], strict=True))
        for target in snakemake.params.targets
    }
    extract_to(snakemake.output[0], snakemake.input.model, targets, settings, provenance)
