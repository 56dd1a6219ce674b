"""Render the base images to the working size."""

from dataclasses import replace

from invariance.job import job
from invariance.lineage import listed
from invariance.lineage import prepared as of
from transforms2d import base_images
from transforms2d.io import check_same, read_signed_json

with job(snakemake.log[0], snakemake.threads):
    index = read_signed_json(snakemake.input[0])
    check_same(snakemake.input[0], index.get("of"), listed(snakemake.config))
    prepared = base_images.prepare(index, image_size=snakemake.params.image_size)
    replace(prepared, of=of(snakemake.config)).save(snakemake.output[0])
