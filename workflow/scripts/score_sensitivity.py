"""Score how much a model's representation changes between twins, on every set of twins."""

from invariance.jobs.context import job
from invariance.provenance.lineage import files, lineage
from invariance.records.results import write_record

with job(snakemake.log[0], snakemake.threads, snakemake.config["device"]) as provenance:
    from invariance.measures import sensitivity

    settings = {**snakemake.params.settings, "device": snakemake.config["device"]}
    asked = snakemake.config, dict(snakemake.wildcards.items()), "sensitivity"
    found = sensitivity.run(
        snakemake.input.model,
        snakemake.params.sets,
        dict(snakemake.input.items()),
        settings,
        files(*asked)["pretrain"],
        snakemake.config,
    )
    write_record(
        snakemake.output[0],
        method="sensitivity",
        **found,
        **lineage(*asked),
        provenance=provenance(),
    )
