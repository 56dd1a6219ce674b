"""Put a model into a folder of its own, with its settings and its card."""

from invariance.export import export_model
from invariance.job import job
from transforms2d.shards import read_shard

with job(snakemake.log[0], snakemake.threads):
    data = read_shard(snakemake.input.data)
    export_model(snakemake.output[0], snakemake.input.model, snakemake.input.record, data)
