"""Read one natural dataset and keep it as tensors."""

from invariance.job import job
from transforms2d import natural_images
from transforms2d.offline import is_offline

with job(snakemake.log[0], snakemake.threads):
    for split, path in zip(("train", "test"), snakemake.output, strict=True):
        natural_images.prepare(
            snakemake.wildcards.natural,
            snakemake.params.settings,
            split,
            image_size=snakemake.params.image_size,
            offline=is_offline(),
        ).save(path)
