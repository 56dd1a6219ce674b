"""Score the change of a model's representation between twins, on every set of twins."""

from invariance.jobs.warm_start import TENSORS, hand_over

hand_over(*TENSORS)

from invariance.jobs.context import job
from invariance.provenance.lineage import identities, lineage
from invariance.records.results import write_record

with job(snakemake.log[0], snakemake.threads, snakemake.config["device"]) as provenance:
    from invariance.measures import sensitivity

    settings = {**snakemake.params.settings, "device": snakemake.config["device"]}
    job_key = snakemake.config, dict(snakemake.wildcards.items()), "sensitivity"
    scores = sensitivity.run(
        snakemake.input.model,
        snakemake.params.sets,
        dict(snakemake.input.items()),
        settings,
        identities(*job_key)["pretrain"],
        snakemake.config,
    )
    write_record(
        snakemake.output[0],
        method="sensitivity",
        **scores,
        **lineage(*job_key),
        provenance=provenance(),
    )
