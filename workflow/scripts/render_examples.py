"""Render the small datasets that a picture of the data is taken from."""

from invariance.jobs.context import job
from invariance.provenance.input_images import load_images
from invariance.provenance.lineage import example
from transforms2d.spec import DatasetSpec
from transforms2d.storage.shards import write_shard

with job(snakemake.log[0], snakemake.threads):
    images = load_images(dict(snakemake.input.items()), "test", "cifar10", snakemake.config)
    for name, plain in snakemake.params.specs.items():
        of = example(snakemake.config, plain)
        write_shard(snakemake.output[name], DatasetSpec.from_dict(plain), **images, of=of)
