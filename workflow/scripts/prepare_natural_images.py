"""Read one natural dataset and keep it as tensors."""

import os
from dataclasses import replace

from invariance.job import job
from invariance.lineage import prepared
from transforms2d import natural_images

with job(snakemake.log[0], snakemake.threads):
    offline = os.environ.get("HF_HUB_OFFLINE", "0") not in ("0", "")
    for split, path in zip(("train", "test"), snakemake.output, strict=True):
        name, size = snakemake.wildcards.natural, snakemake.params.image_size
        found = natural_images.prepare(
            name, snakemake.params.settings, split, image_size=size, offline=offline
        )
        replace(found, of=prepared(snakemake.config, name)).save(path)
