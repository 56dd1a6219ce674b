"""Render the splits of one dataset to shards."""

from invariance.jobs.context import job
from invariance.provenance.input_images import load_images
from invariance.provenance.lineage import shard
from invariance.studies import load_studies
from transforms2d.spec import DatasetSpec
from transforms2d.storage.shards import write_shard

with job(snakemake.log[0], snakemake.threads):
    where = snakemake.wildcards
    natural = load_studies(snakemake.config)[where.study].natural(where.domain, where.dataset)
    for split, plain in snakemake.params.specs.items():
        images = load_images(dict(snakemake.input.items()), split, natural, snakemake.config)
        of = shard(snakemake.config, plain, natural)
        write_shard(snakemake.output[split], DatasetSpec.from_dict(plain), **images, of=of)
