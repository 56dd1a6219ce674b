"""Draw one picture of the data from its shards."""

from invariance.figures import gallery, style
from invariance.job import job
from invariance.studies.examples import examples
from transforms2d.shards import read_shard

with job(snakemake.log[0], snakemake.threads):
    figure = snakemake.params.figure
    specs = examples(snakemake.config)[figure]
    shards = {name: read_shard(path, specs[name]) for name, path in snakemake.input.items()}
    page = gallery.FIGURES[figure](shards)
    style.save(page.figure, snakemake.output, page.table())
