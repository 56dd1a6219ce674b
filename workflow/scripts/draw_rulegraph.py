"""Draw the stages of this run."""

import os
import subprocess
import tempfile
from pathlib import Path

from invariance import notes
from invariance.job import job
from invariance.rulegraph import read_dot, stages, svg
from transforms2d.errors import UserError
from transforms2d.io import atomic_path

# The stages alone, whatever other workflow asks for them.
ALONE = """
module stages:
    snakefile: {!r}
    config: config

use rule * from stages
"""

with job(snakemake.log[0], snakemake.threads, None), tempfile.TemporaryDirectory() as folder:
    alone = Path(folder, "Snakefile")
    alone.write_text(ALONE.format(str(Path(snakemake.input.snakefile).resolve())), "utf-8")
    # A list, and no shell: the folder of the workflow may have any name.
    asked = subprocess.run(
        [
            *(os.environ["WORKFLOW_PYTHON"], "-m", "snakemake"),
            *("--snakefile", alone, "--configfile", snakemake.input.config),
            *("--rulegraph", "dot", "all"),
        ],
        capture_output=True,
        text=True,
    )
    if asked.returncode:
        raise UserError(f"snakemake --rulegraph failed: {' '.join(asked.stderr.split())}")
    with atomic_path(snakemake.output[0]) as temporary:
        temporary.write_text(svg(stages(read_dot(asked.stdout))), encoding="utf-8")
    notes.write(snakemake.config["results"], snakemake.output, dict(snakemake.params.items()))
