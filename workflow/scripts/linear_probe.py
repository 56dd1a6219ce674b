"""Train linear heads on the frozen features of a model, for all its target tasks at once."""

from invariance.jobs.context import job
from invariance.provenance.lineage import files, lineage
from invariance.records.results import write_record

with job(snakemake.log[0], snakemake.threads, snakemake.config["device"]) as provenance:
    from invariance.training import linear_probe
    from invariance.training.features import read_provenance

    settings = {**snakemake.params.settings, "device": snakemake.config["device"]}
    asked = snakemake.config, dict(snakemake.wildcards.items()), "linear_probe"
    records = linear_probe.run(snakemake.output.heads, snakemake.input[0], settings, files(*asked))
    write_record(
        snakemake.output.record,
        method="linear_probe",
        evaluations=records,
        **lineage(*asked),
        provenance={**provenance(), "features": read_provenance(snakemake.input[0])},
    )
