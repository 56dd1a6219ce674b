"""Score how much a model's representation changes between twins, on every set of twins."""

from invariance.jobs.context import job
from invariance.provenance.lineage import files, lineage
from invariance.records.results import write_record

with job(snakemake.log[0], snakemake.threads, snakemake.config["device"]) as provenance:
    from invariance.measures import sensitivity

    settings = {**snakemake.params.settings, "device": snakemake.config["device"]}
    sets = sensitivity.expand(snakemake.params.sets)
    naturals = {
        name: (snakemake.input[one["natural"]], one["natural"])
        for name, one in sets.items()
        if one["natural"]
    }
    twins = {name: (one["spec"], one["change"], one["normalisation"]) for name, one in sets.items()}
    asked = snakemake.config, dict(snakemake.wildcards.items()), "sensitivity"
    (record,) = sensitivity.run(
        *([snakemake.input.model], twins, snakemake.input.get("base"), naturals, settings),
        [files(*asked)["pretrain"]],
        snakemake.config,
    )
    write_record(
        snakemake.output[0],
        method="sensitivity",
        evaluations=[
            {"target": target, "change": change, **result}
            for (target, change), result in record["sets"].items()
        ],
        settings=record["settings"],
        **lineage(*asked),
        provenance=provenance(),
    )
