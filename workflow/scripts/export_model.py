"""Write a model to a separate folder, with its settings and its card."""

from invariance.jobs.warm_start import TENSORS, hand_over

hand_over(*TENSORS)

from invariance.jobs.context import job
from invariance.provenance import notes
from invariance.provenance.input_images import read_split
from invariance.provenance.lineage import identities, lineage
from invariance.sharing.export import export_model

with job(snakemake.log[0], snakemake.threads):
    job_key = snakemake.config, dict(snakemake.wildcards.items()), "pretraining"
    expected = identities(*job_key)
    ((name, specs),) = expected["dataset"].items()
    images = dict(snakemake.input.items()), snakemake.config
    known = {"expect": specs["val"], "identity": expected["shards"][name]}
    data = read_split(snakemake.input.data, "val", *images, **known)
    record = {"method": "pretraining", "target": None, **lineage(*job_key)}
    paths = snakemake.output[0], snakemake.input.model, snakemake.input.record
    export_model(*paths, data, expected["pretrain"], record)
    notes.write(snakemake.config["results"], snakemake.output, dict(snakemake.params.items()))
