"""Train one network from scratch; a killed job goes on at its last epoch."""

import os

from invariance.jobs.context import job
from invariance.provenance.lineage import files, lineage

with job(snakemake.log[0], snakemake.threads, snakemake.config["device"]) as provenance:
    from invariance.training import pretrain

    asked = snakemake.config, dict(snakemake.wildcards.items()), "pretraining"
    pretrain.run(
        dict(snakemake.input.items()),
        dict(snakemake.output.items()),
        {**snakemake.params.settings, "device": snakemake.config["device"]},
        config=snakemake.config,
        files=files(*asked),
        lineage=lineage(*asked),
        began=float(os.environ["WORKFLOW_RUN_STARTED"]),
        threads=snakemake.threads,
        provenance=provenance,
    )
