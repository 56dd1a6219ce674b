"""Put the splits of a dataset into a folder of parquet files, with its card."""

from invariance.job import job
from transforms2d.export import export_parquet
from transforms2d.shards import read_shard

with job(snakemake.log[0], snakemake.threads):
    shards = [read_shard(path) for path in snakemake.input]
    about = {"name": snakemake.params.name, "license": snakemake.params.license}
    export_parquet(snakemake.output[0], shards, **about)
