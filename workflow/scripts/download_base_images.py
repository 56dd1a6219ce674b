"""Find or download the base images and list them with their checksums."""

from invariance.jobs.warm_start import TENSORS, hand_over

hand_over(*TENSORS)

from invariance.jobs.context import job

with job(snakemake.log[0], snakemake.threads):
    from invariance.provenance.prepared_images import list_base
    from transforms2d.web.offline import is_offline

    list_base(snakemake.output[0], snakemake.config, is_offline())
