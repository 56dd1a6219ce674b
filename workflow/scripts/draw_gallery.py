"""Draw one picture of the data from its shards."""

from invariance.jobs.warm_start import FIGURES, TENSORS, hand_over

hand_over(*TENSORS, *FIGURES)

from invariance.figures import gallery, style
from invariance.jobs.context import job
from invariance.provenance import notes
from invariance.provenance.lineage import example_identity
from invariance.studies.examples import examples
from transforms2d.storage.shards import read_shard

with job(snakemake.log[0], snakemake.threads):
    figure = snakemake.params.figure
    shards = {}
    for name, spec in examples(snakemake.config)[figure].items():
        identity = example_identity(snakemake.config, spec.to_dict())
        shards[name] = read_shard(snakemake.input[name], spec, identity)
    page = gallery.FIGURES[figure](shards)
    style.save(page.figure, snakemake.output, page.table())
    notes.write(snakemake.config["results"], snakemake.output, dict(snakemake.params.items()))
