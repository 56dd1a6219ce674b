"""Draw one picture of the data from its shards."""

from invariance.figures import gallery, style
from invariance.job import job
from transforms2d.shards import read_shard

with job(snakemake.log[0], snakemake.threads):
    shards = {name: read_shard(path) for name, path in snakemake.input.items()}
    page = gallery.FIGURES[snakemake.params.figure](shards)
    style.save(page.figure, snakemake.output, page.table())
