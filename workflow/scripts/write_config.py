"""Write the merged configuration beside the results."""

import yaml

from invariance.jobs.context import job
from invariance.provenance import notes
from transforms2d.files.atomic import atomic_path

with job(snakemake.log[0], snakemake.threads, None):
    text = yaml.safe_dump(snakemake.params.config, sort_keys=False)
    with atomic_path(snakemake.output[0]) as temporary:
        temporary.write_text(text, encoding="utf-8")
    notes.write(snakemake.config["results"], snakemake.output, dict(snakemake.params.items()))
