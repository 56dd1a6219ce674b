"""The plan of the full paper for 1, 3, 10 and 30 seeds: jobs, processor time, memory.

Every plan is a quiet dry run by a process of its own in a folder without results. The headline
ratio is the time of 10 seeds over that of a bare Snakefile with the same rules, wildcards, files
and jobs. Beside it stands the time of 30 seeds over ten times that of 3: at most 1 where time grows
no faster than the number of jobs.
"""

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import yaml
from _project import REPOSITORY, copy

SEEDS = (1, 3, 10, 30)
TARGET = 1.3
BARE = Path(__file__).with_name("_bare_workflow.py")


def snakemake(folder: Path, *arguments: str) -> tuple[str, float, float]:
    """Output, processor seconds and peak memory in MiB of a call of Snakemake in ``folder``."""
    command = [sys.executable, "-m", "snakemake"]
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(
            [*command, *arguments], cwd=folder, stdout=output, stderr=subprocess.STDOUT
        )
        _, status, usage = os.wait4(process.pid, 0)
        output.seek(0)
        text = output.read()
    if status:
        raise SystemExit(f"error: snakemake {' '.join(arguments)} failed:\n{text}")
    return text, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


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


def bare(folder: Path, seeds: int) -> float:
    """Seconds of the dry run of a bare Snakefile with the jobs of ``plan``."""
    target = folder / "bare"
    target.mkdir()
    overlay = folder / f"seeds{seeds}.yaml"
    for part in ("config", "workflow"):  # some files are inputs of jobs
        (target / part).symlink_to(folder / part)
    command = [sys.executable, BARE, "Snakefile", target, overlay]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    _, seconds, _ = snakemake(target, "-n", "--quiet", "all")
    return round(seconds, 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        copy(Path(folder))
        plans = {seeds: plan(Path(folder), seeds) for seeds in SEEDS}
        peer = bare(Path(folder), 10)
    ratio = plans[10]["dry_run_seconds"] / peer
    details = {
        "plans": list(plans.values()),
        "bare_dry_run_seconds": peer,
        "growth": round(plans[30]["dry_run_seconds"] / (10 * plans[3]["dry_run_seconds"]), 3),
        "n": 1,
        "device": platform.machine(),
        "python": platform.python_version(),
        "snakemake": version("snakemake"),
    }
    result = {"benchmark": "dag", "ratio": round(ratio, 3), "target": TARGET, "details": details}
    if arguments.json:
        print(json.dumps(result))
        return
    print(f"dry run of 10 seeds over a bare Snakefile's: {result['ratio']} (target {TARGET})")
    for one in plans.values():
        print("  " + ", ".join(f"{key} {value}" for key, value in one.items()))
    print(f"  bare {peer} s, growth {details['growth']}")


if __name__ == "__main__":
    main()
