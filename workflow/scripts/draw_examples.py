"""Draw images of the target task and of pretraining data."""

from invariance.jobs.warm_start import FIGURES, TENSORS, hand_over

hand_over(*TENSORS, *FIGURES)

from invariance.figures import examples, style
from invariance.jobs.context import job
from invariance.provenance import notes
from invariance.provenance.lineage import shard_identity
from invariance.studies import load_studies
from transforms2d.storage.shards import read_shard

with job(snakemake.log[0], snakemake.threads):
    specs = examples.specs(load_studies(snakemake.config)["invariance_vs_factors"])
    shards = {}
    for name, path in snakemake.input.items():
        identity = shard_identity(snakemake.config, specs[name], None)  # t2d has no natural images
        shards[name] = read_shard(path, specs[name], identity)
    style.save(examples.draw(shards), snakemake.output, examples.table(shards))
    notes.write(snakemake.config["results"], snakemake.output, dict(snakemake.params.items()))
