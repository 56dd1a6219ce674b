"""What Snakemake and the starts of jobs cost: 60 tiny jobs, and the same work in one process.

A run of a tiny study keeps the scripts of its jobs. The peer runs these scripts, one after another,
in one process in an empty folder. The ratio is the processor time of the run, all its processes
included, over that of the peer. Two more runs are for comparison: one whose jobs start cold, and
Snakemake alone, with as many jobs whose script only writes an empty file. A workflow with a process
per job costs at least the peer and Snakemake alone together: the least ratio.
"""

import argparse
import ctypes
import json
import os
import platform
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from statistics import median

import yaml
from _project import REPOSITORY, copy

TARGET = 1.4
WAYS = ("warm", "cold", "one process", "Snakemake alone")
PR_SET_CHILD_SUBREAPER = 36
STUDIES = yaml.safe_load((REPOSITORY / "config/config.yaml").read_text())["studies"]
SMALL = {"threads": 1, "mem": "1GB", "runtime": "10m"}
DRAWN = {"source": "procedural", "seed": 1, "train_per_class": 3, "test_per_class": 1}
TINY = {
    "results": "results/tiny",
    "device": "cpu",
    "base_images": {"source": "procedural", "seed": 1, "objects": 12, "backgrounds": 8},
    "natural_images": {"cifar10": DRAWN, "cifar100": DRAWN},
    "pretraining": {"epochs": 2, "batch_size": 50, "width": 4, "blocks_per_stage": 1},
    "linear_probe": {"epochs": 3, "batch_size": 50},
    "fine_tuning": {"epochs": 2, "batch_size": 20},
    "sensitivity": {"pairs": 20, "batch_size": 20, "metrics": ["l2"]},
    "studies": {
        **dict.fromkeys(STUDIES),
        "invariance_transfer": {
            "seeds": 2,
            "architectures": ["resnet-18"],
            "transformations": ["rotate", "hue", "blur"],
            "classes": 3,
            "samples": {"train": 60, "val": 20, "test": 30},
        },
    },
    "resources": {"pretraining": SMALL, "rendering": SMALL, "evaluation": SMALL},
}
ALONE = """
rule all:
    input: [f"{{number}}.txt" for number in range({jobs})]
rule empty:
    output: "{{number}}.txt"
    script: "empty.py"
"""
IN_ONE_PROCESS = """
import runpy, sys
from pathlib import Path
for script in sys.argv[1:]:
    runpy.run_path(script, run_name="__main__")
"""


def seconds(command: list[str], folder: Path, **environment: str) -> float:
    """Processor seconds of a command and of every process that it left, in ``folder``."""
    spent = 0.0
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        while True:
            try:
                ended, status, usage = os.wait3(0)
            except ChildProcessError:
                return spent
            spent += usage.ru_utime + usage.ru_stime
            if ended == process.pid and status:
                output.seek(0)
                raise SystemExit(f"error: {' '.join(command)} failed:\n{output.read()}")


def project(folder: Path) -> Path:
    """A copy of the workflow with the tiny settings."""
    (copy(folder) / "tiny.yaml").write_text(yaml.safe_dump(TINY))
    return folder


def through_snakemake(folder: Path, **environment: str) -> tuple[float, list[str]]:
    """Processor seconds of a run, and the scripts of its jobs in the order of their starts."""
    command = [sys.executable, "-m", "snakemake", "invariance_transfer", "--cores", "1"]
    command += ["--configfile", "tiny.yaml"]
    spent = seconds([*command, "--skip-script-cleanup"], project(folder), **environment)
    scripts = sorted(
        (folder / ".snakemake" / "scripts").glob("*.py"), key=lambda path: path.stat().st_mtime_ns
    )
    return spent, [str(script) for script in scripts]


def in_one_process(folder: Path, finished: Path, scripts: list[str]) -> float:
    """Processor seconds of the same scripts in one process."""
    for path in (finished / "results").rglob("*"):
        if path.is_dir():  # Snakemake makes the folders of outputs
            (folder / path.relative_to(finished)).mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-c", IN_ONE_PROCESS, *scripts]
    return seconds(
        command,
        project(folder),
        PYTHONPATH=str(folder / "workflow" / "lib"),
        WORKFLOW_RUN_STARTED="0",
        WORKFLOW_WARM_START="",
        OMP_NUM_THREADS="1",
    )


def alone(folder: Path, jobs: int) -> float:
    """Processor seconds of Snakemake with as many jobs that do nothing."""
    (folder / "Snakefile").write_text(ALONE.format(jobs=jobs))
    (folder / "empty.py").write_text("open(snakemake.output[0], 'w').close()\n")
    return seconds([sys.executable, "-m", "snakemake", "all", "--cores", "1"], folder)


def measure(repeats: int) -> dict:
    """Processor seconds of each way, and the number of jobs."""
    spent = {way: [] for way in WAYS}
    with tempfile.TemporaryDirectory() as top:
        for repeat in range(repeats):
            folders = [Path(top, f"{way}{repeat}") for way in WAYS]
            for folder in folders:
                folder.mkdir()
            warm, scripts = through_snakemake(folders[0])
            cold, _ = through_snakemake(folders[1], WORKFLOW_WARM_START="")
            spent["warm"].append(warm)
            spent["cold"].append(cold)
            spent["one process"].append(in_one_process(folders[2], folders[0], scripts))
            spent["Snakemake alone"].append(alone(folders[3], len(scripts)))
    return {"jobs": len(scripts), **{way: median(values) for way, values in spent.items()}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    parser.add_argument("--repeats", type=int, default=1, help="runs of each kind")
    arguments = parser.parse_args()
    # Processes that outlive their parents become children of this one, and are counted.
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    measured = measure(arguments.repeats)
    ratio = measured["warm"] / measured["one process"]
    details = {
        "jobs": measured["jobs"],
        "processor_seconds": {way: round(measured[way], 1) for way in WAYS},
        "ratio_cold": round(measured["cold"] / measured["one process"], 3),
        "least_ratio": round(1 + measured["Snakemake alone"] / measured["one process"], 3),
        "n": arguments.repeats,
        "device": platform.machine(),
        **{name: version(name) for name in ("snakemake", "torch")},
        "python": platform.python_version(),
    }
    result = {
        "benchmark": "overhead",
        "ratio": round(ratio, 3),
        "target": TARGET,
        "details": details,
    }
    if arguments.json:
        print(json.dumps(result))
        return
    print(f"Snakemake over one process, processor time: {result['ratio']} (target {TARGET})")
    for key, value in details.items():
        print(f"  {key}: {value}")


if __name__ == "__main__":
    main()
