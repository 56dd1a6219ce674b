"""Score how much a model's representation changes between twins, on every set of twins."""

from invariance import sensitivity
from invariance.job import job
from invariance.results import write_record

with job(snakemake.log[0], snakemake.threads) as provenance:
    settings = {**snakemake.params.settings, "device": snakemake.config["device"]}
    # None: twins differ in all transformations of their set.
    sets = {name: (spec, None) for name, spec in snakemake.params.sets.items()}
    natural = snakemake.input.get("natural_test")
    (record,) = sensitivity.run(
        [snakemake.input.model],
        sets,
        snakemake.input.get("base"),
        dict.fromkeys(sets, natural) if natural else {},
        settings,
    )
    write_record(
        snakemake.output[0],
        method="sensitivity",
        cell=snakemake.params.cell,
        evaluations=[{"target": name, **result} for name, result in record["sets"].items()],
        settings=record["settings"],
        recipe=snakemake.params.recipe,
        provenance=provenance(settings["device"]),
    )
