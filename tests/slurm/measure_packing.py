"""What packing saves: Slurm jobs, and time on a GPU that trains nothing, for ten tiny pretrainings.

It starts the test cluster, runs the ten with 1, 5 and 10 models a job, and prints a line of JSON.
"""

import json
import os
import sys
import tempfile
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import cluster
from slurm_case import MODELS, SlurmProject, jobs, model

COUNT = 10


def seconds(job: dict) -> float:
    start, end = (datetime.fromisoformat(job[key]) for key in ("StartTime", "EndTime"))
    return (end - start).total_seconds()


def measure(folder: Path, pack: int) -> dict:
    """Ten pretrainings with ``pack`` models a job: submissions, and seconds of allocations."""
    project = SlurmProject(folder, models_per_job=pack)
    project.values["pretraining"]["epochs"] = 2
    project.values["studies"]["invariance_vs_factors"]["seeds"] = 3
    names = [model(name).replace("seed0", f"seed{seed}") for seed in range(3) for name in MODELS][
        :COUNT
    ]
    project.finish(project.start(*names))
    packed = [job for job in jobs(project) if job["Comment"].startswith("rule_pretrain")]
    records = [
        json.loads((project.folder / name).with_name("record.json").read_text()) for name in names
    ]
    held = sum(map(seconds, packed))
    worked = sum(record["provenance"]["wall_seconds"] for record in records)
    return {
        "models_per_job": pack,
        "submissions": len(packed),
        "gpus_per_job": sorted({job["TresPerJob"] for job in packed}),
        "gpu_seconds": held,
        "training_jobs_seconds": round(worked, 1),
        "overhead_seconds_a_model": round((held - worked) / COUNT, 2),
    }


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            cluster.start(Path(folder, "cluster"))
        except cluster.Unavailable as reason:
            sys.exit(f"error: {reason}")
        try:
            runs = [measure(Path(folder, f"pack{pack}"), pack) for pack in (1, 5, 10)]
        finally:
            cluster.stop(Path(folder, "cluster"))
    print(json.dumps({"n": COUNT, "cores": os.cpu_count(), "load": os.getloadavg(), "runs": runs}))


if __name__ == "__main__":
    main()
