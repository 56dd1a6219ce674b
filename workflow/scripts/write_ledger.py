"""Sum the time and memory of every study, figure and table from the records of their jobs."""

from invariance.jobs.warm_start import TABLES, hand_over

hand_over(*TABLES)

from invariance.artefacts import available
from invariance.config.results_folder import public_name
from invariance.jobs.context import job
from invariance.provenance import notes
from invariance.provenance.lineage import expected_records
from invariance.records.cost import ledger
from invariance.report.ledger import ledger_page
from invariance.studies import load_studies
from transforms2d.files.atomic import atomic_path

with job(snakemake.log[0], snakemake.threads, None):
    studies = load_studies(snakemake.config)
    expected = [record for name in studies for record in expected_records(snakemake.config, name)]
    artefacts = [one for one in available(studies).values() if not one.is_picture]
    table = ledger(snakemake.input, artefacts, expected)
    with atomic_path(snakemake.output.table) as temporary:
        table.to_csv(temporary, index=False)
    with atomic_path(snakemake.output.page) as temporary:
        run = public_name(snakemake.config["results"])
        page = ledger_page(table, run, snakemake.params.artefacts)
        temporary.write_text(page, encoding="utf-8")
    notes.write(snakemake.config["results"], snakemake.output, dict(snakemake.params.items()))
