"""List every file of the results with its digest."""

from invariance.jobs.context import job
from invariance.provenance.manifest import manifest
from transforms2d.files.signed import write_signed_json

with job(snakemake.log[0], snakemake.threads, None):
    write_signed_json(
        snakemake.output[0], manifest(snakemake.config["results"], snakemake.params.of)
    )
