"""Gather a study's records into its tidy table."""

from invariance import notes
from invariance.job import job
from invariance.lineage import expected_records
from invariance.made_with import made_with
from invariance.results import read_expected, tidy, write_results

with job(snakemake.log[0], snakemake.threads, None):
    expected = expected_records(snakemake.config, snakemake.wildcards.study)
    records = read_expected(snakemake.input, expected)
    write_results(snakemake.output.table, tidy(records))
    told = {"provenance": made_with(records)}
    of = dict(snakemake.params.items())
    notes.write(snakemake.config["results"], snakemake.output, of, **told)
