"""Draw one figure of the paper from its study's table."""

from invariance.jobs.warm_start import FIGURES, hand_over

hand_over(*FIGURES)

from importlib import import_module

import pandas as pd

from invariance.artefacts import ARTEFACTS
from invariance.figures import style
from invariance.jobs.context import job
from invariance.provenance import notes
from invariance.records.results import read_results
from invariance.studies import load_studies

with job(snakemake.log[0], snakemake.threads, None):
    name, folder = snakemake.wildcards.figure, snakemake.config["results"]
    figure, parameters = ARTEFACTS[name], dict(snakemake.params.items())
    study = load_studies(snakemake.config)[figure.study]
    module = import_module(f"invariance.figures.{figure.module}")
    note = notes.check(folder, snakemake.input.results, {"of": parameters["of"]})
    table = module.table(read_results(snakemake.input.results), study, name)
    published = pd.read_csv(snakemake.input.published)
    published = published[published.study == figure.study]
    style.save(module.draw(table, study, name, published), snakemake.output, table)
    notes.write(folder, snakemake.output, parameters, provenance=note["provenance"])
