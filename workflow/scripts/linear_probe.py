"""Train linear heads on the frozen features of a model, for all its target tasks at once."""

from invariance.jobs.warm_start import TENSORS, hand_over

hand_over(*TENSORS)

from invariance.jobs.context import job
from invariance.provenance.lineage import identities, lineage
from invariance.records.results import write_record

with job(snakemake.log[0], snakemake.threads, snakemake.config["device"]) as provenance:
    from invariance.training import linear_probe
    from invariance.training.features import read_provenance

    settings = {**snakemake.params.settings, "device": snakemake.config["device"]}
    job_key = snakemake.config, dict(snakemake.wildcards.items()), "linear_probe"
    paths = snakemake.output.heads, snakemake.input[0]
    records = linear_probe.run(*paths, settings, identities(*job_key))
    write_record(
        snakemake.output.record,
        method="linear_probe",
        evaluations=records,
        **lineage(*job_key),
        provenance={**provenance(), "features": read_provenance(snakemake.input[0])},
    )
