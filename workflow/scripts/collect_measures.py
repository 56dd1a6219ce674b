"""Gather the measures of a study's models into one tidy table."""

from invariance.jobs.warm_start import TABLES, hand_over

hand_over(*TABLES)

from invariance.jobs.context import job
from invariance.provenance import notes
from invariance.provenance.lineage import expected_records
from invariance.records.made_with import made_with
from invariance.records.results import read_expected, tidy, write_results
from invariance.studies.measured.settings import STAGES

with job(snakemake.log[0], snakemake.threads, None):
    expected = expected_records(snakemake.config, snakemake.wildcards.study, STAGES)
    records = read_expected(snakemake.input, expected)
    write_results(snakemake.output.table, tidy(records))
    parameters, folder = dict(snakemake.params.items()), snakemake.config["results"]
    notes.write(folder, snakemake.output, parameters, provenance=made_with(records))
