"""Read out the features of several frozen networks side by side."""

from invariance.jobs.warm_start import READOUTS, hand_over

hand_over(*READOUTS)

from invariance.jobs.context import job
from invariance.provenance.lineage import identities, lineage
from invariance.records.results import write_record

with job(snakemake.log[0], snakemake.threads, snakemake.config["device"]) as provenance:
    from invariance.measures.of_datasets import fuse_all

    device, settings = snakemake.config["device"], snakemake.params.settings
    job_key = snakemake.config, dict(snakemake.wildcards.items()), "fusion"
    expected = identities(*job_key)
    measured = fuse_all(
        dict(snakemake.input.items()),
        {name: {**one, "device": device} for name, one in settings.items()},
        splits=snakemake.params.splits,
        networks=list(expected["contrastive"].values()),
        identities=expected,
        config=snakemake.config,
    )
    write_record(
        snakemake.output[0],
        method="fusion",
        **measured,
        **lineage(*job_key),
        provenance=provenance(),
    )
