"""A workflow with the rules, wildcards, files and jobs of another one, and nothing else.

Run as ``python _bare_workflow.py SNAKEFILE FOLDER CONFIGFILE``: writes a Snakefile to FOLDER.
"""

import json
import sys
from pathlib import Path

from snakemake.api import SnakemakeApi
from snakemake.settings.types import (
    ConfigSettings,
    DAGSettings,
    OutputSettings,
    Quietness,
    ResourceSettings,
)

HEAD = """import json

with open("jobs.json") as file:
    INPUTS = json.load(file)
"""
RULE = """

rule {name}:
    input:
        lambda wildcards: INPUTS["{name}"][" ".join(wildcards)],
    output:
        {outputs}
    wildcard_constraints:
        {constraints}
    shell:
        "true"
"""


def jobs(snakefile: Path, configfile: Path) -> list:
    """The jobs of a dry run of a workflow in the current folder."""
    with SnakemakeApi(OutputSettings(dryrun=True, quiet={Quietness.ALL})) as api:
        workflow = api.workflow(
            resource_settings=ResourceSettings(cores=1),
            config_settings=ConfigSettings(configfiles=[configfile]),
            snakefile=snakefile,
        )
        workflow.dag(dag_settings=DAGSettings(targets={"all"})).execute_workflow(executor="dryrun")
        return list(workflow._workflow.dag.jobs)


def write(jobs: list, folder: Path) -> None:
    """The Snakefile with these jobs, and their inputs."""
    inputs, rules = {}, {}
    for job in jobs:
        key = " ".join(map(str, job.wildcards))
        inputs.setdefault(job.rule.name, {})[key] = [str(path) for path in job.input]
        rules[job.rule.name] = job.rule
    text = HEAD
    last = rules.pop("all")
    for name, rule in rules.items():
        names = {part for path in rule.output for part in path.get_wildcard_names()}
        constraints = [
            f"{key}={value!r}," for key, value in rule.wildcard_constraints.items() if key in names
        ]
        outputs = [f"{str(path)!r}," for path in rule.output]
        body = RULE.format(
            name=name,
            outputs="\n        ".join(outputs),
            constraints="\n        ".join(constraints),
        )
        if not constraints:
            body = body.replace("    wildcard_constraints:\n        \n", "")
        text += body
    text += (
        f"\n\nrule all:\n    default_target: True\n    input:\n        INPUTS[{last.name!r}][''],\n"
    )
    (folder / "Snakefile").write_text(text)
    (folder / "jobs.json").write_text(json.dumps(inputs))


if __name__ == "__main__":
    snakefile, folder, configfile = map(Path, sys.argv[1:])
    write(jobs(snakefile.resolve(), configfile.resolve()), folder)
