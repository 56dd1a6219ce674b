"""Render the base images to the working size."""

from invariance.job import job
from transforms2d import base_images
from transforms2d.io import read_signed_json

with job(snakemake.log[0], snakemake.threads):
    index = read_signed_json(snakemake.input[0])
    prepared = base_images.prepare(index, image_size=snakemake.params.image_size)
    prepared.save(snakemake.output[0])
