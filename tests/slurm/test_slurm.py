"""The workflow through ``--profile slurm`` on a real Slurm of one node, with what goes wrong there.

Every disturbed training must end with the bytes of one that nobody disturbed.
"""

import os
import shutil
import signal
import subprocess
import time
from datetime import datetime
from pathlib import Path

import cluster
import pytest
from slurm_case import (
    MODELS,
    PATIENCE,
    STUDY,
    SlurmProject,
    cluster_fixture,
    jobs,
    log_of,
    model,
    process_of,
    running,
    until,
)

# Far above what they take, as they wait for a queue.
pytestmark = [pytest.mark.slurm, pytest.mark.timeout(4 * PATIENCE)]
RESULTS = ("fig9", f"{STUDY}/results.csv")
GPU_RULES = ("pretrain", "extract_features", "linear_probe", "fine_tune", "score_sensitivity")


slurm = cluster_fixture()


@pytest.fixture(scope="module")
def finished(slurm, tmp_path_factory):
    """An undisturbed run of a whole study; tests may look at it but not change it."""
    project = SlurmProject(tmp_path_factory.mktemp("finished") / "project")
    project.finish(project.start(*RESULTS))
    return project


@pytest.fixture
def project(finished, tmp_path):
    """A project whose data are made and whose models are not."""
    project = SlurmProject(tmp_path / "project")
    for part in ("base_images", "invariance_vs_factors/t2d/seed0/data"):
        target = project.folder / "results/tiny" / part
        shutil.copytree(finished.folder / "results/tiny" / part, target)
    return project


def same_bytes(project, finished, *names):
    for name in names:
        made, expected = (one.folder / model(name) for one in (project, finished))
        assert made.read_bytes() == expected.read_bytes(), name


def requests(project):
    """Jobs that train, in the order of their submission."""
    training = [job for job in jobs(project) if job["Comment"].startswith("rule_pretrain")]
    return sorted(training, key=lambda job: int(job["JobId"]))


def megabytes(job) -> int:
    return int(job["MinMemoryNode"].removesuffix("M"))


def moment(job, which):
    return datetime.fromisoformat(job[which])


def test_a_study_from_images_to_figures(finished):
    assert (finished.folder / "results/tiny/figures/fig9.png").stat().st_size
    assert (finished.folder / f"{STUDY}/results.csv").stat().st_size
    again = finished.run(*finished.arguments(*RESULTS))
    assert again.returncode == 0 and "Nothing to be done" in again.stdout, again.stdout


def test_jobs_land_where_they_belong(finished):
    done = jobs(finished)
    assert {job["JobState"] for job in done} == {"COMPLETED"}
    on_gpu = [job for job in done if "TresPerJob" in job]
    kinds = {job["Comment"].removeprefix("rule_").split("_wildcards_")[0] for job in on_gpu}
    assert {"pretrain", "extract_features", "linear_probe"} <= kinds <= set(GPU_RULES)
    for job in done:
        assert job["Partition"] == ("gpu" if job in on_gpu else "cpu")
    assert {job["TresPerJob"] for job in on_gpu} == {"gres:gpu:1"}
    starts = [moment(job, "StartTime") for job in on_gpu]
    together = [
        sum(moment(job, "StartTime") <= start < moment(job, "EndTime") for job in on_gpu)
        for start in starts
    ]
    assert len(on_gpu) > len(cluster.GPUS) >= max(together)


def test_cancelled(project, finished):
    """Its process was told not to use the network, and is done again with more memory and time."""
    run = project.start(model(MODELS[0]))
    project.wait_until_training(MODELS[0])
    process = process_of(project, "pretrain.py")
    assert b"HF_HUB_OFFLINE=1" in Path(f"/proc/{process}/environ").read_bytes().split(b"\0")
    (job,) = running(project, "rule_pretrain")
    subprocess.run(["scancel", job], check=True)
    output = project.finish(run)
    assert (
        "Trying to restart" in output and f"'{job}' failed, SLURM status is: 'CANCELLED'" in output
    )
    assert "continuing after epoch" in (project.folder / log_of(MODELS[0])).read_text()
    same_bytes(project, finished, MODELS[0])
    first, second = requests(project)
    assert (first["TimeLimit"], second["TimeLimit"]) == ("00:10:00", "00:20:00")
    assert megabytes(second) == 2 * megabytes(first)


def test_requeued_where_gpus_are_generic_resources(project, finished):
    project.set("gpu_request", "gres")
    run = project.start(model(MODELS[0]))
    project.wait_until_training(MODELS[0])
    (job,) = running(project, "rule_pretrain")
    subprocess.run(["scontrol", "requeue", job], check=True)
    assert "Trying to restart" not in project.finish(run)
    assert "continuing after epoch" in (project.folder / log_of(MODELS[0])).read_text()
    same_bytes(project, finished, MODELS[0])
    (only,) = requests(project)
    assert only["TresPerNode"] == "gres:gpu:1" and "TresPerJob" not in only
    assert only["Restarts"] == "1"


def test_over_the_time_limit(project, finished):
    """A training that hangs is ended by Slurm and done again with more time."""
    run = project.start(model(MODELS[0]))
    project.wait_until_training(MODELS[0])
    os.kill(process_of(project, "pretrain.py"), signal.SIGSTOP)
    (job,) = running(project, "rule_pretrain")
    # Sooner than the ten minutes that it asked for.
    subprocess.run(["scontrol", "update", f"JobId={job}", "TimeLimit=1"], check=True)
    output = project.finish(run)
    assert "Trying to restart" in output and "SLURM status is: 'TIMEOUT'" in output
    assert [job["JobState"] for job in requests(project)] == ["TIMEOUT", "COMPLETED"]
    assert requests(project)[1]["TimeLimit"] == "00:20:00"
    assert "continuing after epoch" in (project.folder / log_of(MODELS[0])).read_text()
    same_bytes(project, finished, MODELS[0])


def test_over_its_memory(project, finished):
    """The first tries ask for too little; Slurm kills them and a later one has enough."""
    project.values["resources"]["pretraining"]["mem"] = "350MB"
    output = project.finish(project.start(model(MODELS[0])))
    assert "Trying to restart" in output
    same_bytes(project, finished, MODELS[0])
    ended = [job for job in requests(project) if job["JobState"] != "COMPLETED"]
    assert ended and all(job["JobState"] in ("OUT_OF_MEMORY", "FAILED") for job in ended)
    for job in ended:
        assert f"'{job['JobId']}' failed, SLURM status is: '{job['JobState']}'" in output


@pytest.mark.parametrize("pack", [1, 2])
def test_what_sbatch_refuses_is_said_at_every_try(project, pack):
    project.set("models_per_job", pack)
    project.set("gpu_partition", "all")  # no partition here, and a word of Python's
    refused = project.run(*project.arguments(model(MODELS[0])), "--retries", "1", timeout=PATIENCE)
    assert refused.returncode == 1
    assert refused.stdout.count("invalid partition specified: all") == 2, refused.stdout
    assert "Traceback" not in refused.stdout


def test_a_job_without_srun_says_so(project):
    """As where a node's PATH lacks Slurm; the job's own words are shown."""
    profile = project.folder / "profiles/slurm/config.yaml"
    path = f"export PATH={project.folder}/bin"
    profile.write_text(profile.read_text().replace("export HF_HUB_OFFLINE=1", path))
    (project.folder / "bin").mkdir()
    for name in ("sh", "bash", "which", "env", "cat"):
        (project.folder / "bin" / name).symlink_to(shutil.which(name))
    failed = project.run(*project.arguments(model(MODELS[0])), "--retries", "0", timeout=PATIENCE)
    assert failed.returncode == 1
    assert "srun: not found" in failed.stdout, failed.stdout


def test_models_that_share_a_job(project, finished):
    """One GPU, in turn; when the job is cancelled, what it had finished is not trained again."""
    first, second = sorted(MODELS[:2])
    project.set("models_per_job", 2)
    run = project.start(model(first), model(second))
    states = {name: project.folder / model(name, "resume") for name in (first, second)}
    records = {name: project.folder / model(name, "record.json") for name in (first, second)}
    done = until(lambda: [name for name in records if records[name].exists()])
    (done,) = done
    (other,) = {first, second} - {done}
    project.wait_until_training(other)
    assert not states[done].exists()
    (job,) = running(project, "rule_pretrain")
    subprocess.run(["scancel", job], check=True)
    assert "SLURM status is: 'CANCELLED'" in project.finish(run)
    logs = {name: (project.folder / log_of(name)).read_text() for name in (first, second)}
    assert "an earlier attempt trained this model" in logs[done]
    assert "continuing after epoch" in logs[other]
    same_bytes(project, finished, first, second)
    asked = requests(project)
    assert len(asked) == 2
    for attempt, job in enumerate(asked, start=1):
        assert (job["TresPerJob"], job["NumCPUs"]) == ("gres:gpu:1", "1")
        assert 1000 * attempt <= megabytes(job) < 1100 * attempt
        assert job["TimeLimit"] == f"00:{2 * 10 * attempt}:00"


def test_an_interrupted_snakemake(project, finished):
    """Ctrl-C cancels its jobs; started again, it goes on where they were."""
    run = project.start(model(MODELS[0]))
    project.wait_until_training(MODELS[0])
    os.kill(run.pid, signal.SIGINT)
    assert run.wait(PATIENCE) != 0, project.output()
    until(lambda: [job["JobState"] for job in requests(project)] == ["CANCELLED"])
    project.finish(project.start(model(MODELS[0])))
    assert "continuing after epoch" in (project.folder / log_of(MODELS[0])).read_text()
    same_bytes(project, finished, MODELS[0])


def test_a_killed_snakemake(project, finished):
    """Started again while a job of the killed one trains, the new job waits and takes its model."""
    run = project.start(model(MODELS[0]))
    project.wait_until_training(MODELS[0])
    training = process_of(project, "pretrain.py")
    os.kill(training, signal.SIGSTOP)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    assert project.run("--unlock", *project.arguments(model(MODELS[0]))).returncode == 0
    run = project.start(model(MODELS[0]))
    log = project.folder / log_of(MODELS[0])
    waits = "waiting for another job with the same training"
    until(lambda: log.exists() and waits in log.read_text())
    os.kill(training, signal.SIGCONT)
    project.finish(run)
    assert "an earlier attempt trained this model" in log.read_text()
    same_bytes(project, finished, MODELS[0])
    assert [job["JobState"] for job in requests(project)] == ["COMPLETED", "COMPLETED"]


def test_jobs_outlive_a_killed_snakemake(project, finished):
    run = project.start(model(MODELS[0]))
    project.wait_until_training(MODELS[0])
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    until(lambda: not running(project, "rule_"))
    time.sleep(1)
    same_bytes(project, finished, MODELS[0])
    assert project.run("--unlock", *project.arguments(model(MODELS[0]))).returncode == 0
    again = project.run(*project.arguments(model(MODELS[0])))
    assert again.returncode == 0 and "Nothing to be done" in again.stdout, again.stdout
