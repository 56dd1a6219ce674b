"""Gather a study's records into its tidy table."""

from invariance.job import job
from invariance.results import collect
from transforms2d.io import atomic_path

with job(snakemake.log[0], snakemake.threads), atomic_path(snakemake.output[0]) as temporary:
    collect(snakemake.input).to_csv(temporary, index=False)
