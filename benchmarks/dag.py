"""The plan of the full paper for 1, 3, 10 and 30 seeds: jobs, time, memory.

Every plan is a quiet dry run by a process of its own in an empty folder, so that nothing exists
yet. The headline ratio is the time of 30 seeds over ten times that of 3: at most 1 where time grows
no faster than the number of jobs.
"""

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

import yaml

REPOSITORY = Path(__file__).resolve().parents[1]
SEEDS = (1, 3, 10, 30)
TARGET = 1.0


def snakemake(folder: Path, *arguments: str) -> tuple[str, float, float]:
    """Output, wall seconds and peak memory in MiB of one call of Snakemake in ``folder``."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(REPOSITORY / "Snakefile")]
    started = perf_counter()
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(
            [*command, *arguments], cwd=folder, stdout=output, stderr=subprocess.STDOUT
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = perf_counter() - started
        output.seek(0)
        text = output.read()
    if status:
        raise SystemExit(f"error: snakemake {' '.join(arguments)} failed:\n{text}")
    return text, seconds, usage.ru_maxrss / 1024


def plan(folder: Path, seeds: int) -> dict:
    """Jobs, seconds and memory of the dry run for ``seeds`` seeds of every study."""
    studies = yaml.safe_load((REPOSITORY / "config/config.yaml").read_text())["studies"]
    overlay = folder / f"seeds{seeds}.yaml"
    overlay.write_text(yaml.safe_dump({"studies": {name: {"seeds": seeds} for name in studies}}))
    configured = "--configfile", str(overlay)
    _, parsing, _ = snakemake(folder, "--list-target-rules", *configured)
    _, seconds, memory = snakemake(folder, "-n", "--quiet", "all", *configured)
    text, _, _ = snakemake(folder, "-n", "--quiet", "rules", *configured)
    (jobs,) = re.findall(r"^total +(\d+)", text, re.MULTILINE)[:1]
    return {
        "seeds": seeds,
        "jobs": int(jobs),
        "parse_seconds": round(parsing, 2),
        "dry_run_seconds": round(seconds, 2),
        "peak_memory_mb": round(memory),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(REPOSITORY / "config", Path(folder, "config"))
        plans = {seeds: plan(Path(folder), seeds) for seeds in SEEDS}
    ratio = plans[30]["dry_run_seconds"] / (10 * plans[3]["dry_run_seconds"])
    details = {
        "plans": list(plans.values()),
        "n": 1,
        "device": platform.machine(),
        "python": platform.python_version(),
        "snakemake": version("snakemake"),
    }
    result = {"benchmark": "dag", "ratio": round(ratio, 3), "target": TARGET, "details": details}
    if arguments.json:
        print(json.dumps(result))
        return
    print(f"time of 30 seeds over ten times that of 3: {result['ratio']} (target {TARGET})")
    for one in plans.values():
        print("  " + ", ".join(f"{key} {value}" for key, value in one.items()))


if __name__ == "__main__":
    main()
