"""Find or download the base images and list them with their checksums."""

import os

from invariance.job import job
from invariance.lineage import listed
from transforms2d import base_images
from transforms2d.io import write_signed_json

with job(snakemake.log[0], snakemake.threads):
    offline = os.environ.get("HF_HUB_OFFLINE", "0") not in ("0", "")
    index = base_images.fetch(snakemake.params.settings, offline=offline)
    write_signed_json(snakemake.output[0], {**index, "of": listed(snakemake.config)})
