"""Put the splits of a dataset into a folder of parquet files, with its card."""

from invariance.jobs.context import job
from invariance.provenance import notes
from invariance.provenance.lineage import shard
from invariance.studies import load_studies
from transforms2d.storage.export import export_parquet
from transforms2d.storage.shards import read_shard

with job(snakemake.log[0], snakemake.threads):
    study = load_studies(snakemake.config)[snakemake.wildcards.study]
    where = snakemake.wildcards
    specs = study.dataset_specs(where.domain, int(where.seed), where.dataset)
    of = shard(snakemake.config, specs["train"], study.natural(where.domain, where.dataset))
    pairs = zip(snakemake.input, specs.values(), strict=True)
    shards = [read_shard(path, spec, of) for path, spec in pairs]
    about = {"name": snakemake.params.name, "license": snakemake.params.license}
    export_parquet(snakemake.output[0], shards, **about)
    notes.write(snakemake.config["results"], snakemake.output, dict(snakemake.params.items()))
