"""Train one network under views of images; a killed job continues at its last epoch."""

from invariance.jobs.warm_start import TENSORS, hand_over

hand_over(*TENSORS)

import os

from invariance.jobs.context import job
from invariance.provenance.lineage import identities, lineage

with job(snakemake.log[0], snakemake.threads, snakemake.config["device"]) as provenance:
    from invariance.training.contrastive import run

    job_key = snakemake.config, dict(snakemake.wildcards.items()), "contrastive"
    run.run(
        dict(snakemake.input.items()),
        dict(snakemake.output.items()),
        {**snakemake.params.settings, "device": snakemake.config["device"]},
        config=snakemake.config,
        identities=identities(*job_key),
        lineage=lineage(*job_key),
        run_started=float(os.environ["WORKFLOW_RUN_STARTED"]),
        threads=snakemake.threads,
        provenance=provenance,
    )
