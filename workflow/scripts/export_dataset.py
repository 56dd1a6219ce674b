"""Write the splits of a dataset as a folder of parquet files with a card."""

from invariance.jobs.warm_start import TENSORS, hand_over

hand_over(*TENSORS)

from invariance.jobs.context import job
from invariance.provenance import notes
from invariance.provenance.input_images import read_split
from invariance.provenance.lineage import shard_identity
from invariance.studies import load_studies
from transforms2d.storage.export import export_parquet

with job(snakemake.log[0], snakemake.threads):
    study = load_studies(snakemake.config)[snakemake.wildcards.study]
    wildcards, params = snakemake.wildcards, snakemake.params
    specs = study.dataset_specs(wildcards.domain, int(wildcards.seed), wildcards.dataset)
    natural = study.natural(wildcards.domain, wildcards.dataset)
    identity = shard_identity(snakemake.config, specs["train"], natural)
    images = dict(snakemake.input.items()), snakemake.config
    shards = [
        read_split(snakemake.input[split], split, *images, expect=spec, identity=identity)
        for split, spec in specs.items()
    ]
    export_parquet(snakemake.output[0], shards, name=params.name, license=params.license)
    notes.write(snakemake.config["results"], snakemake.output, dict(snakemake.params.items()))
