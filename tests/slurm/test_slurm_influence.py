"""The study without models on a real Slurm: same bytes as without it, through a cancelled job."""

import copy
import subprocess

import pytest
from slurm_case import PATIENCE, SlurmProject, cluster_fixture, jobs, running, until
from support.project import only
from support.tiny_config import TINY

pytestmark = [pytest.mark.slurm, pytest.mark.timeout(4 * PATIENCE)]
FOLDER = "results/tiny/influence"
TABLE = f"{FOLDER}/results.csv"
UNIT = f"{FOLDER}/t2d/seed0/subsets/bernoulli/0"

slurm = cluster_fixture()


def project(folder) -> SlurmProject:
    """The study alone, with networks that train one after another for some seconds."""
    made, study = SlurmProject(folder), copy.deepcopy(TINY["studies"]["influence"])
    study["masks"] |= {"kinds": ["bernoulli"], "models": 16, "per_job": 16, "repeated": 0}
    study["training"]["steps"] = 300
    study["stack"] = {"models": 1, "backend": "loop"}
    study["counterfactuals"]["repeats"] = 1
    made.values["studies"] = {**only("influence"), "influence": study}
    return made


def test_a_cancelled_job_goes_on_and_the_table_is_that_of_a_run_without_slurm(tmp_path):
    alone, on_slurm = project(tmp_path / "alone"), project(tmp_path / "slurm")
    done = alone.run(TABLE, "--configfile", alone.overlay(alone.values), "--cores", "1")
    assert done.returncode == 0, done.stdout

    run = on_slurm.start(TABLE)
    state = on_slurm.folder / UNIT / "resume"
    until(lambda: len(list(state.rglob("[!.]*.safetensors"))) >= 2)
    at_work = [job for job in running(on_slurm, "rule_train_subsets") if _trains(on_slurm, job)]
    subprocess.run(["scancel", *at_work], check=True)
    assert "SLURM status is: 'CANCELLED'" in on_slurm.finish(run)

    log = on_slurm.folder / UNIT.replace("tiny/", "tiny/logs/", 1)
    assert "was finished before" in log.with_name("0.log").read_text()
    for name in (TABLE, f"{UNIT}/outputs.safetensors"):
        made, expected = (one.folder / name for one in (on_slurm, alone))
        assert made.read_bytes() == expected.read_bytes(), name
    comments = {job["Comment"].partition("_wildcards")[0] for job in jobs(on_slurm)}
    for rule in ("train_subsets", "train_counterfactuals", "render_dataset"):
        assert any(comment.startswith(f"rule_{rule}") for comment in comments)
    # Masks and influences are made where Snakemake runs.
    assert not any("draw_masks" in comment or "estimate" in comment for comment in comments)
    gpus = {job["TresPerJob"] for job in jobs(on_slurm) if job["Comment"].startswith("rule_train_")}
    assert gpus == {"gres:gpu:1"}


def _trains(project, job: str) -> bool:
    """Whether a job is the one of ``UNIT``."""
    (comment,) = [one["Comment"] for one in jobs(project) if one["JobId"] == job]
    return "bernoulli" in comment
