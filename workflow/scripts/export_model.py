"""Put a model into a folder of its own, with its settings and its card."""

from invariance.export import export_model
from invariance.job import job
from invariance.lineage import files, lineage
from transforms2d.shards import read_shard

with job(snakemake.log[0], snakemake.threads):
    of = files(lineage(snakemake.config, dict(snakemake.wildcards.items()), "pretraining"))
    (specs,) = of["dataset"].values()
    data = read_shard(snakemake.input.data, specs["val"])
    paths = snakemake.output[0], snakemake.input.model, snakemake.input.record
    export_model(*paths, data, of["pretrain"])
