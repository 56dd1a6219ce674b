"""A Slurm with accounting and no memory of finished jobs: only ``sacct`` knows how they ended."""

import os
import signal
import subprocess

import accounting
import pytest
from slurm_case import (
    MODELS,
    PATIENCE,
    SlurmProject,
    cluster_fixture,
    log_of,
    model,
    process_of,
    running,
)

pytestmark = [pytest.mark.slurm, pytest.mark.timeout(4 * PATIENCE)]
slurm = cluster_fixture(accounting=True)


def test_a_failed_job_is_seen_and_every_job_is_charged(tmp_path):
    project = SlurmProject(tmp_path / "project", account=accounting.ACCOUNT)
    project.options += ("--slurm-status-command", "sacct")
    run = project.start(model(MODELS[0]))
    project.wait_until_training(MODELS[0])
    (failed,) = running(project, "rule_pretrain")
    os.kill(process_of(project, "pretrain.py"), signal.SIGKILL)
    assert "Trying to restart" in project.finish(run)
    assert "continuing after epoch" in (project.folder / log_of(MODELS[0])).read_text()
    shown = subprocess.run(
        ["sacct", "-XnP", "--format=JobID,State,Account,WorkDir"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    done = [line.split("|") for line in shown.splitlines()]
    done = [line for line in done if line[3] == str(project.folder)]
    assert {account for _, _, account, _ in done} == {accounting.ACCOUNT}
    states = {job: state for job, state, *_ in done}
    assert states.pop(failed) == "FAILED"
    assert len(states) > 1 and set(states.values()) == {"COMPLETED"}


@pytest.mark.parametrize("pack", [1, 2])
def test_an_account_that_does_not_exist_is_refused(tmp_path, pack):
    project = SlurmProject(tmp_path / "project", account="nobodys", models_per_job=pack)
    refused = project.run(*project.arguments(model(MODELS[0])), "--retries", "0", timeout=PATIENCE)
    assert refused.returncode == 1
    assert "account nobodys appears to be invalid" in refused.stdout, refused.stdout


@pytest.mark.parametrize("pack", [1, 2])
def test_a_cancelled_job_is_seen(tmp_path, pack):
    """sacct calls it ``CANCELLED by 0``."""
    project = SlurmProject(tmp_path / "project", account=accounting.ACCOUNT, models_per_job=pack)
    project.options += ("--slurm-status-command", "sacct")
    run = project.start(model(MODELS[0]))
    project.wait_until_training(MODELS[0])
    (cancelled,) = running(project, "rule_pretrain")
    subprocess.run(["scancel", cancelled], check=True)
    output = project.finish(run)
    assert f"'{cancelled}' failed, SLURM status is: 'CANCELLED'" in output
    assert "Trying to restart" in output
