"""Find or download the base images and list them with their checksums."""

from invariance.job import job
from transforms2d import base_images
from transforms2d.io import write_signed_json
from transforms2d.offline import is_offline

with job(snakemake.log[0], snakemake.threads):
    write_signed_json(
        snakemake.output[0], base_images.fetch(snakemake.params.settings, offline=is_offline())
    )
