"""Write the merged configuration beside the results."""

import yaml

from invariance.job import job
from transforms2d.io import atomic_path

with job(snakemake.log[0], snakemake.threads), atomic_path(snakemake.output[0]) as temporary:
    temporary.write_text(yaml.safe_dump(snakemake.params.config, sort_keys=False), encoding="utf-8")
