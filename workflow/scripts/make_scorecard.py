"""Compare the paper's numbers and claims with the studies' tables."""

from invariance.jobs.warm_start import TABLES, hand_over

hand_over(*TABLES)

import pandas as pd

from invariance.artefacts import available
from invariance.jobs.context import job
from invariance.provenance import notes
from invariance.records.results import read_results
from invariance.report.scorecard_page import write
from invariance.scorecard.card import scorecard
from invariance.studies import load_studies

with job(snakemake.log[0], snakemake.threads, None):
    description = snakemake.params.description
    folder, parameters, tables = snakemake.config["results"], dict(snakemake.params.items()), {}
    for name in description["seeds"]:
        notes.check(folder, snakemake.input[name], {"of": {name: parameters["of"][name]}})
        tables[name] = read_results(snakemake.input[name])
    published = pd.read_csv(snakemake.input.published, keep_default_na=False)
    studies = load_studies(snakemake.config)
    judged = scorecard(published, tables, studies, description)
    write(snakemake.output, *judged, description, available(studies))
    notes.write(folder, snakemake.output, parameters)
