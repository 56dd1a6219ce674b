"""Put the paper's numbers and claims to the studies' tables."""

import pandas as pd

from invariance.job import job
from invariance.results import read_results
from invariance.scorecard.card import scorecard, write
from invariance.studies import load_studies

with job(snakemake.log[0], snakemake.threads):
    about = snakemake.params.about
    tables = {name: read_results(snakemake.input[name]) for name in about["seeds"]}
    published = pd.read_csv(snakemake.input.published, keep_default_na=False)
    found = scorecard(published, tables, load_studies(snakemake.config), about)
    write(snakemake.output, *found, about)
