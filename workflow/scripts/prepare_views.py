"""Prepare groups of views: pictures of a person's table, or rendered ones."""

from invariance.jobs.warm_start import TENSORS, hand_over

hand_over(*TENSORS)

from invariance.jobs.context import job
from invariance.provenance.lineage import tensor_identity

with job(snakemake.log[0], snakemake.threads, snakemake.config["device"]):
    from invariance.measures.view_groups.prepare import prepare

    prepare(
        snakemake.output[0],
        snakemake.params.settings,
        dict(snakemake.input.items()),
        image_size=snakemake.config["image_size"],
        identity=tensor_identity(snakemake.config, dict(snakemake.wildcards.items()), "views"),
        config=snakemake.config,
    )
