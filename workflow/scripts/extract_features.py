"""Compute the inputs of a frozen network's head for every image of every target task."""

from invariance.jobs.warm_start import TENSORS, hand_over

hand_over(*TENSORS)

from invariance.jobs.context import job
from invariance.provenance.lineage import identities

with job(snakemake.log[0], snakemake.threads, snakemake.config["device"]) as provenance:
    from invariance.training.features import extract_to

    settings = {**snakemake.params.settings, "device": snakemake.config["device"]}
    targets = {
        target: dict(zip(snakemake.params.splits, snakemake.input[target], strict=True))
        for target in snakemake.params.targets
    }
    expected = identities(snakemake.config, dict(snakemake.wildcards.items()), "linear_probe")
    paths = snakemake.output[0], snakemake.input.model
    made = {"provenance": provenance, "identities": expected}
    images = {"sources": dict(snakemake.input.items()), "config": snakemake.config}
    extract_to(*paths, targets, settings, **made, **images)
