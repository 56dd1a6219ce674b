"""Render the base images to the working size."""

from invariance.jobs.warm_start import TENSORS, hand_over

hand_over(*TENSORS)

from invariance.jobs.context import job

with job(snakemake.log[0], snakemake.threads):
    from invariance.provenance.prepared_images import prepare_base

    prepare_base(snakemake.output[0], snakemake.input[0], snakemake.config)
