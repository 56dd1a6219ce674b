"""Read one natural dataset and store it as tensors."""

from invariance.jobs.warm_start import TENSORS, hand_over

hand_over(*TENSORS)

from invariance.jobs.context import job

with job(snakemake.log[0], snakemake.threads):
    from invariance.provenance.prepared_images import prepare_natural
    from transforms2d.web.offline import is_offline

    name = snakemake.wildcards.natural
    prepare_natural(snakemake.output, name, snakemake.config, is_offline())
