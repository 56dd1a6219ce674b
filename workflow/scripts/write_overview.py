"""Say what was run, what became of the claims and what it cost."""

from pathlib import Path

import pandas as pd

from invariance import notes
from invariance.job import job
from invariance.pages.overview import overview
from invariance.studies import load_studies
from transforms2d.io import atomic_path

with job(snakemake.log[0], snakemake.threads, None):
    folder, told = snakemake.config["results"], dict(snakemake.params.items())
    for made in (Path(snakemake.input.claims).with_name("scorecard.html"), snakemake.input.ledger):
        notes.check(folder, made, {"of": told["of"]})
    claims, ledger = map(pd.read_csv, (snakemake.input.claims, snakemake.input.ledger))
    rulegraph = Path(snakemake.input.rulegraph).read_text(encoding="utf-8")
    studies = load_studies(snakemake.config)
    texts = overview(claims, ledger, studies, snakemake.params.about, rulegraph)
    for path in map(Path, snakemake.output):
        with atomic_path(path) as temporary:
            temporary.write_text(texts[path.suffix], encoding="utf-8")
    notes.write(folder, snakemake.output, told)
