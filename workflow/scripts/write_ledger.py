"""Sum what every study, figure and table took, from the records of their jobs."""

from invariance import notes
from invariance.job import job
from invariance.ledger import artefacts, html, ledger
from invariance.lineage import expected_records
from invariance.studies import load_studies
from transforms2d.io import atomic_path

with job(snakemake.log[0], snakemake.threads, None):
    studies = load_studies(snakemake.config)
    expected = [one for name in studies for one in expected_records(snakemake.config, name)]
    table = ledger(snakemake.input, artefacts(studies), expected)
    with atomic_path(snakemake.output.table) as temporary:
        table.to_csv(temporary, index=False)
    with atomic_path(snakemake.output.page) as temporary:
        temporary.write_text(html(table), encoding="utf-8")
    notes.write(snakemake.config["results"], snakemake.output, dict(snakemake.params.items()))
