"""Train networks without the source classes that each order removes first."""

from invariance.jobs.warm_start import TENSORS, hand_over

hand_over(*TENSORS)

import os

from invariance.jobs.context import job
from invariance.provenance.lineage import identities, lineage

with job(snakemake.log[0], snakemake.threads, snakemake.config["device"]) as provenance:
    from invariance.subsets import counterfactuals

    job_key = snakemake.config, dict(snakemake.wildcards.items()), "counterfactuals"
    settings, device = snakemake.params.settings, snakemake.config["device"]
    counterfactuals.run(
        dict(snakemake.input.items()),
        dict(snakemake.output.items()),
        {**settings, "training": {**settings["training"], "device": device}},
        identities(*job_key),
        config=snakemake.config,
        lineage=lineage(*job_key),
        run_started=float(os.environ["WORKFLOW_RUN_STARTED"]),
        threads=snakemake.threads,
        provenance=provenance,
        recipe=snakemake.params.recipe,
    )
