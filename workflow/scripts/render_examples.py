"""Render the small datasets of a picture of the data."""

from invariance.jobs.warm_start import TENSORS, hand_over

hand_over(*TENSORS)

from invariance.jobs.context import job
from invariance.provenance.input_images import load_images
from invariance.provenance.lineage import example_identity
from transforms2d.spec import DatasetSpec
from transforms2d.storage.shards import write_shard

with job(snakemake.log[0], snakemake.threads):
    images = load_images(dict(snakemake.input.items()), "test", "cifar10", snakemake.config)
    for name, values in snakemake.params.specs.items():
        identity = example_identity(snakemake.config, values)
        spec = DatasetSpec.from_dict(values)
        write_shard(snakemake.output[name], spec, **images, identity=identity)
