"""Estimate the influence of each source class from networks on subsets of them."""

from invariance.jobs.warm_start import TENSORS, hand_over

hand_over(*TENSORS)

from invariance.analysis.influence import estimate
from invariance.jobs.context import job
from invariance.provenance.lineage import identities, lineage
from invariance.records.results import write_record

with job(snakemake.log[0], snakemake.threads) as provenance:
    job_key = snakemake.config, dict(snakemake.wildcards.items()), "influence"
    expected = identities(*job_key)
    by_role = {
        role: [expected["subsets"][unit] for unit in units]
        for role, units in snakemake.params.units.items()
    }
    estimated = estimate.run(
        dict(snakemake.input.items()),
        dict(snakemake.output.items()),
        snakemake.params.settings,
        {**expected, **by_role},
    )
    write_record(
        snakemake.output.record,
        method="influence",
        **estimated,
        **lineage(*job_key),
        provenance=provenance(),
    )
