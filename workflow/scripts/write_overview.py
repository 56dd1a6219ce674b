"""Write an overview of a run: its scale, its claims, its cost."""

from invariance.jobs.warm_start import TABLES, hand_over

hand_over(*TABLES)

from pathlib import Path

import pandas as pd

from invariance.jobs.context import job
from invariance.provenance import notes
from invariance.report.ledger_words import read_ledger
from invariance.report.overview import overview
from invariance.studies import load_studies
from transforms2d.files.atomic import atomic_path

with job(snakemake.log[0], snakemake.threads, None):
    folder, parameters = snakemake.config["results"], dict(snakemake.params.items())
    scorecard = Path(snakemake.input.claims).with_name("scorecard.html")
    for page in (scorecard, snakemake.input.ledger):
        notes.check(folder, page, {"of": parameters["of"]})
    claims, ledger = pd.read_csv(snakemake.input.claims), read_ledger(snakemake.input.ledger)
    values = pd.read_csv(snakemake.input.values, keep_default_na=False)
    studies = load_studies(snakemake.config)
    texts = overview(values, claims, ledger, studies, snakemake.params.description)
    for path in map(Path, snakemake.output):
        with atomic_path(path) as temporary:
            temporary.write_text(texts[path.suffix], encoding="utf-8")
    notes.write(folder, snakemake.output, parameters)
