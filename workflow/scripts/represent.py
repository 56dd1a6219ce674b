"""Measure one frozen network in every way, on every dataset of its study."""

from invariance.jobs.warm_start import READOUTS, hand_over

hand_over(*READOUTS)

from invariance.jobs.context import job
from invariance.provenance.lineage import identities, lineage
from invariance.records.results import write_record

with job(snakemake.log[0], snakemake.threads, snakemake.config["device"]) as provenance:
    from invariance.measures.of_datasets import measure_all

    device, settings = snakemake.config["device"], snakemake.params.settings
    job_key = snakemake.config, dict(snakemake.wildcards.items()), "represent"
    measured = measure_all(
        dict(snakemake.input.items()),
        {name: {**one, "device": device} for name, one in settings.items()},
        splits=snakemake.params.splits,
        views_with=snakemake.params.views_with,
        identities=identities(*job_key),
        config=snakemake.config,
    )
    write_record(
        snakemake.output[0],
        method="represent",
        **measured,
        **lineage(*job_key),
        provenance=provenance(),
    )
