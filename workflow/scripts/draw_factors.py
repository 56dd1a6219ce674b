"""Draw transfer accuracy against the factors of pretraining."""

import pandas as pd

from invariance.figures import factors, style
from invariance.job import job
from invariance.studies.invariance_vs_factors import Study

with job(snakemake.log[0], snakemake.threads):
    study, figure = Study(snakemake.config), snakemake.wildcards.factor_figure
    table = factors.panels(pd.read_csv(snakemake.input[0]), study, figure)
    style.save(factors.draw(table, study, figure), snakemake.output, table)
