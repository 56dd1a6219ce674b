"""Put the paper's numbers and claims to the studies' tables."""

import pandas as pd

from invariance import notes
from invariance.job import job
from invariance.results import read_results
from invariance.scorecard.card import scorecard, write
from invariance.studies import load_studies

with job(snakemake.log[0], snakemake.threads, None):
    about = snakemake.params.about
    folder, told, tables = snakemake.config["results"], dict(snakemake.params.items()), {}
    for name in about["seeds"]:
        notes.check(folder, snakemake.input[name], {"of": {name: told["of"][name]}})
        tables[name] = read_results(snakemake.input[name])
    published = pd.read_csv(snakemake.input.published, keep_default_na=False)
    found = scorecard(published, tables, load_studies(snakemake.config), about)
    write(snakemake.output, *found, about)
    notes.write(folder, snakemake.output, told)
