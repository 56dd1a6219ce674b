"""Read one natural dataset and keep it as tensors."""

from dataclasses import replace

from invariance.job import job
from invariance.lineage import prepared
from transforms2d import natural_images
from transforms2d.offline import is_offline

with job(snakemake.log[0], snakemake.threads):
    for split, path in zip(("train", "test"), snakemake.output, strict=True):
        name, size = snakemake.wildcards.natural, snakemake.params.image_size
        found = natural_images.prepare(
            name, snakemake.params.settings, split, image_size=size, offline=is_offline()
        )
        replace(found, of=prepared(snakemake.config, name)).save(path)
