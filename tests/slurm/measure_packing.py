"""What packing saves: Slurm jobs, and time on a GPU that trains nothing, for ten tiny pretrainings.

It starts the test cluster with accounting, runs the ten with 1, 5 and 10 models a job, and prints
a line of JSON. What Slurm and Snakemake take for a job is what more jobs for the same models add.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import accounting
import cluster
from slurm_case import MODELS, PATIENCE, SlurmProject, model

NAMES = [model(name).replace("seed0", f"seed{seed}") for seed in range(3) for name in MODELS][:10]
PACKS = (1, 5, 10)
ASKED = "--format=JobID,ElapsedRaw,ReqTRES,WorkDir"


def project_of_ten(folder: Path, **settings) -> SlurmProject:
    project = SlurmProject(folder, **settings)
    project.options += ("--slurm-status-command", "sacct")
    project.values["pretraining"]["epochs"] = 2
    project.values["studies"]["invariance_vs_factors"]["seeds"] = 3
    return project


def make_data(folder: Path) -> Path:
    """The data sets of the ten, made without Slurm."""
    project = project_of_ten(folder)
    config = project.overlay(project.values)
    made = project.run(
        *(*NAMES, "--until", "render_dataset"),
        *("--cores", str(os.cpu_count()), "--configfile", config),
        timeout=PATIENCE,
    )
    assert made.returncode == 0, made.stdout
    return project.folder / "results"


def measure(folder: Path, pack: int, data: Path) -> dict:
    """Ten pretrainings with ``pack`` models a job: submissions, and seconds on GPUs."""
    project = project_of_ten(folder, models_per_job=pack, account=accounting.ACCOUNT)
    shutil.copytree(data, project.folder / "results")
    project.finish(project.start(*NAMES))
    shown = subprocess.run(
        ["sacct", "-XnP", "--partition=gpu", ASKED], capture_output=True, text=True, check=True
    ).stdout
    rows = [line.split("|") for line in shown.splitlines()]
    rows = [row for row in rows if row[-1] == str(project.folder)]
    measured = {
        "models_per_job": pack,
        "submissions": len(rows),
        "asked_per_job": sorted({row[2] for row in rows}),
        "gpu_seconds": sum(int(row[1]) for row in rows),
    }
    print(measured, file=sys.stderr, flush=True)
    return measured


def seconds_a_job(runs: list[dict]) -> float:
    """What one more submission adds, from the most and the fewest."""
    most, fewest = runs[0], runs[-1]
    more = most["submissions"] - fewest["submissions"]
    return round((most["gpu_seconds"] - fewest["gpu_seconds"]) / more, 2)


def main() -> None:
    before = os.getloadavg()
    with tempfile.TemporaryDirectory() as folder:
        try:
            cluster.start(Path(folder, "cluster"), accounting=True)
        except cluster.Unavailable as reason:
            sys.exit(f"error: {reason}")
        try:
            data = make_data(Path(folder, "data"))
            runs = [measure(Path(folder, f"pack{pack}"), pack, data) for pack in PACKS]
        finally:
            cluster.stop(Path(folder, "cluster"))
    result = {
        "n": len(NAMES),
        "cores": os.cpu_count(),
        "load": [before, os.getloadavg()],
        "runs": runs,
        "seconds_a_job": seconds_a_job(runs),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
