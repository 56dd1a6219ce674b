"""Read one natural dataset and keep it as tensors."""

import os

from invariance.job import job
from transforms2d import natural_images

with job(snakemake.log[0], snakemake.threads):
    offline = os.environ.get("HF_HUB_OFFLINE", "0") not in ("0", "")
    for split, path in zip(("train", "test"), snakemake.output, strict=True):
        natural_images.prepare(
            snakemake.wildcards.natural,
            snakemake.params.settings,
            split,
            image_size=snakemake.params.image_size,
            offline=offline,
        ).save(path)
