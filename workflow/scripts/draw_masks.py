"""Draw which source classes each network of a job sees, and its seed."""

from invariance.jobs.context import job
from invariance.provenance import notes
from invariance.subsets import planning

with job(snakemake.log[0], snakemake.threads, None):
    planning.write(snakemake.output.masks, snakemake.params.settings)
    notes.write(snakemake.config["results"], snakemake.output, dict(snakemake.params.items()))
