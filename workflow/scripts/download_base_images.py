"""Find or download the base images and list them with their checksums."""

from invariance.job import job
from invariance.lineage import listed
from transforms2d import base_images
from transforms2d.io import write_signed_json
from transforms2d.offline import is_offline

with job(snakemake.log[0], snakemake.threads):
    index = base_images.fetch(snakemake.params.settings, offline=is_offline())
    write_signed_json(snakemake.output[0], {**index, "of": listed(snakemake.config)})
