"""Draw images of the target task and of pretraining data."""

from invariance.figures import examples, style
from invariance.job import job
from invariance.studies import load_studies
from transforms2d.shards import read_shard

with job(snakemake.log[0], snakemake.threads):
    specs = examples.specs(load_studies(snakemake.config)["invariance_vs_factors"])
    shards = {name: read_shard(path, specs[name]) for name, path in snakemake.input.items()}
    style.save(examples.draw(shards), snakemake.output, examples.table(shards))
