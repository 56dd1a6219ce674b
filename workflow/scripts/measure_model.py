"""Measure the invariance of one frozen model in every way."""

from invariance.jobs.warm_start import TENSORS, hand_over

hand_over(*TENSORS, "sklearn.covariance")

from invariance.jobs.context import job
from invariance.provenance.lineage import identities, lineage
from invariance.records.results import write_record

with job(snakemake.log[0], snakemake.threads, snakemake.config["device"]) as provenance:
    from invariance.measures import of_rendered

    settings = {**snakemake.params.settings, "device": snakemake.config["device"]}
    job_key = snakemake.config, dict(snakemake.wildcards.items()), "measures"
    measured = of_rendered.run(
        snakemake.input.model,
        dict(snakemake.input.items()),
        settings,
        identities(*job_key)["pretrain"],
        snakemake.config,
    )
    write_record(
        snakemake.output[0],
        method="measures",
        **measured,
        **lineage(*job_key),
        provenance=provenance(),
    )
