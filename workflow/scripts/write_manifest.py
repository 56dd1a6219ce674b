"""List every file of the results with its digest."""

from invariance.job import job
from invariance.manifest import manifest
from transforms2d.io import write_signed_json

with job(snakemake.log[0], snakemake.threads, None):
    write_signed_json(
        snakemake.output[0], manifest(snakemake.config["results"], snakemake.params.of)
    )
