"""Gather a study's records into its tidy table."""

from invariance.job import job
from invariance.lineage import expected_records
from invariance.results import collect, write_results

with job(snakemake.log[0], snakemake.threads):
    expected = expected_records(snakemake.config, snakemake.wildcards.study)
    write_results(snakemake.output.table, collect(snakemake.input, expected))
