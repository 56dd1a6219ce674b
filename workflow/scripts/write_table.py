"""Write one table of the paper in four formats from its study's table."""

from invariance.jobs.warm_start import TABLES, hand_over

hand_over(*TABLES)

from pathlib import Path

from invariance.jobs.context import job
from invariance.provenance import notes
from invariance.records.made_with import sentence
from invariance.records.results import read_results
from invariance.tables.layout import FORMATS, module_of
from transforms2d.files.atomic import atomic_path

with job(snakemake.log[0], snakemake.threads, None):
    name, description = snakemake.wildcards.table, snakemake.params.description
    folder, parameters = snakemake.config["results"], dict(snakemake.params.items())
    note = notes.check(folder, snakemake.input.results, {"of": parameters["of"]})
    description = {**description, "made_with": sentence(note["provenance"])}
    results = read_results(snakemake.input.results)
    table = module_of(name).numbers(results, name, description["accuracy"])
    for path in map(Path, snakemake.output):
        with atomic_path(path) as temporary:
            if path.suffix == ".csv":
                table.to_csv(temporary, index=False)
            else:
                text = FORMATS[path.suffix](name, table, description)
                temporary.write_text(text, encoding="utf-8")
    notes.write(folder, snakemake.output, parameters)
