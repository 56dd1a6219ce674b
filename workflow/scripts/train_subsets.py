"""Train networks on subsets of the source classes; a killed job continues at its next stack."""

from invariance.jobs.warm_start import TENSORS, hand_over

hand_over(*TENSORS)

import os

from invariance.jobs.context import job
from invariance.provenance.lineage import identities, lineage

with job(snakemake.log[0], snakemake.threads, snakemake.config["device"]) as provenance:
    from invariance.subsets import planning, run

    job_key = snakemake.config, dict(snakemake.wildcards.items()), "subsets"
    planned = planning.read(snakemake.input.masks, snakemake.params.masks)
    run.run(
        dict(snakemake.input.items()),
        dict(snakemake.output.items()),
        {**snakemake.params.settings, "device": snakemake.config["device"]},
        masks=planned.masks,
        seeds=planned.seeds,
        config=snakemake.config,
        identities=identities(*job_key),
        lineage=lineage(*job_key),
        run_started=float(os.environ["WORKFLOW_RUN_STARTED"]),
        threads=snakemake.threads,
        provenance=provenance,
        recipe=snakemake.params.recipe,
    )
