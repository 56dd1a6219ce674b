"""Calls of Snakemake that are more than a target: by its library, by options with paths."""

import subprocess
import sys

from invariance.launch import results_lock
from transforms2d.errors import UserError

PROGRAM = """
import sys, threading
from pathlib import Path
from snakemake.api import SnakemakeApi
from snakemake.settings.types import (
    ConfigSettings, DAGSettings, OutputSettings, ResourceSettings
)

def run(results, executor):
    with SnakemakeApi(OutputSettings()) as api:
        workflow = api.workflow(
            resource_settings=ResourceSettings(cores=1),
            config_settings=ConfigSettings(
                configfiles=[Path("config/demo.yaml")], config={"results": results}
            ),
            snakefile=Path("Snakefile"),
        )
        dag = workflow.dag(dag_settings=DAGSettings(targets={f"{results}/config.yaml"}))
        dag.execute_workflow(executor=executor)
    print("ran", results, executor)

thread = threading.Thread(target=run, args=("results/a", "dryrun"))
thread.start()
thread.join()
for results in ("results/a", "results/b", "results/a"):
    run(results, "local")
"""


def test_in_a_thread_and_one_after_another_in_one_process(project):
    """With options of its own, which are none of Snakemake's."""
    (project.folder / "program.py").write_text(PROGRAM)
    own = ("--config", "mine.yaml", "--set-threads=3", "--set-threads=4", "results/a/b/c")
    done = subprocess.run(
        [sys.executable, "program.py", *own], cwd=project.folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    ran = [line for line in done.stdout.splitlines() if line.startswith("ran ")]
    assert ran == [
        "ran results/a dryrun",
        *(f"ran results/{name} local" for name in ("a", "b", "a")),
    ], done.stderr
    for name in ("a", "b"):
        assert (project.folder / "results" / name / "config.yaml").is_file()


def test_the_next_run_of_a_process_has_its_folder_still(tmp_path):
    results_lock.take(tmp_path / "r")
    results_lock.take(tmp_path / "r")
    (tmp_path / "link").symlink_to("r")
    results_lock.take(tmp_path / "link")
    other = (
        f"from invariance.launch import results_lock; results_lock.take({str(tmp_path / 'r')!r})"
    )
    done = subprocess.run([sys.executable, "-c", other], capture_output=True, text=True)
    assert UserError.__name__ in done.stderr and "another run writes there" in done.stderr


def test_a_file_that_an_option_writes_is_no_target(project):
    """Its path may lie where a study's results do."""
    report = "results/demo/invariance_transfer/out/report.html"
    done = project.run("--list-rules", "--configfile", "config/demo.yaml", "--report", report)
    assert done.returncode == 0, done.stdout
    asked = project.run("-n", "--configfile", "config/demo.yaml", "--forcerun", report[:-5])
    assert asked.returncode == 1 and "unknown 'out'" in asked.stdout, asked.stdout
