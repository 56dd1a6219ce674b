"""Write one table in four formats, from its study's table or from those of several studies."""

from invariance.jobs.warm_start import TABLES, hand_over

hand_over(*TABLES)

from pathlib import Path

import pandas as pd

from invariance.jobs.context import job
from invariance.provenance import notes
from invariance.records.made_with import sentence, together
from invariance.records.results import read_results
from invariance.tables.layout import FORMATS, module_of
from transforms2d.files.atomic import atomic_path

with job(snakemake.log[0], snakemake.threads, None):
    name, description = snakemake.wildcards.table, snakemake.params.description
    folder, parameters = snakemake.config["results"], dict(snakemake.params.items())
    made, tables = [], []
    for path in snakemake.input:
        study = Path(path).parent.name
        note = notes.check(folder, path, {"of": {study: parameters["of"][study]}})
        made.append(note["provenance"])
        tables.append(read_results(path))
    description = {**description, "made_with": sentence(together(made))}
    results = tables[0] if len(tables) == 1 else pd.concat(tables, ignore_index=True)
    table = module_of(name).numbers(results, name, description["accuracy"])
    for path in map(Path, snakemake.output):
        with atomic_path(path) as temporary:
            if path.suffix == ".csv":
                table.to_csv(temporary, index=False)
            else:
                text = FORMATS[path.suffix](name, table, description)
                temporary.write_text(text, encoding="utf-8")
    notes.write(folder, snakemake.output, parameters)
