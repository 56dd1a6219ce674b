"""Read one natural dataset and keep it as tensors."""

from invariance.job import job
from transforms2d import natural_images

with job(snakemake.log[0], snakemake.threads):
    for split, path in zip(("train", "test"), snakemake.output, strict=True):
        name = snakemake.wildcards.natural
        natural_images.prepare(name, snakemake.params.settings, split).save(path)
