"""Put a model into a folder of its own, with its settings and its card."""

from invariance.jobs.context import job
from invariance.provenance import notes
from invariance.provenance.lineage import files, lineage
from invariance.sharing.export import export_model
from transforms2d.storage.shards import read_shard

with job(snakemake.log[0], snakemake.threads):
    asked = snakemake.config, dict(snakemake.wildcards.items()), "pretraining"
    of = files(*asked)
    ((name, specs),) = of["dataset"].items()
    data = read_shard(snakemake.input.data, specs["val"], of["shards"][name])
    record = {"method": "pretraining", "target": None, **lineage(*asked)}
    paths = snakemake.output[0], snakemake.input.model, snakemake.input.record
    export_model(*paths, data, of["pretrain"], record)
    notes.write(snakemake.config["results"], snakemake.output, dict(snakemake.params.items()))
