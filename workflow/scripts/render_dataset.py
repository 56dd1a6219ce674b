"""Render the splits of one dataset to shards."""

from invariance.jobs.warm_start import TENSORS, hand_over

hand_over(*TENSORS)

from invariance.jobs.context import job
from invariance.provenance.input_images import load_images
from invariance.provenance.lineage import shard_identity
from invariance.studies import load_studies
from transforms2d.spec import DatasetSpec
from transforms2d.storage.shards import write_shard

with job(snakemake.log[0], snakemake.threads):
    wildcards = snakemake.wildcards
    study = load_studies(snakemake.config)[wildcards.study]
    natural = study.natural(wildcards.domain, wildcards.dataset)
    keep = {"keep": snakemake.params.keep}
    for split, values in snakemake.params.specs.items():
        images = load_images(dict(snakemake.input.items()), split, natural, snakemake.config)
        identity = shard_identity(snakemake.config, values, natural)
        spec = DatasetSpec.from_dict(values)
        write_shard(snakemake.output[split], spec, **images, identity=identity, **keep)
