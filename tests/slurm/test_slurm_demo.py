"""The demo through ``--profile slurm``, end to end: the files are those of a run without Slurm."""

import os

import pytest
from slurm_case import SlurmProject, cluster_fixture
from support.project import Project
from support.small_run import content

pytestmark = [pytest.mark.slurm, pytest.mark.slow, pytest.mark.timeout(4 * 3600)]
slurm = cluster_fixture()
# The cluster's GPUs are none, so the jobs they are lent to are told not to look for them.
DEMO = ("--configfile", "config/demo.yaml", "--config", "device=cpu")


def test_the_demo_ends_with_the_same_files(tmp_path):
    project = SlurmProject(tmp_path / "slurm", models_per_job=10)
    (tmp_path / "local").mkdir()
    local = Project(tmp_path / "local")
    done = project.run("--profile", "slurm", *DEMO, *project.options, timeout=3 * 3600)
    assert done.returncode == 0, done.stdout
    done = local.run("--cores", str(os.cpu_count()), *DEMO, timeout=3600)
    assert done.returncode == 0, done.stdout
    made, expected = (content(one.folder / "results/demo") for one in (project, local))
    assert made.keys() == expected.keys()
    assert [name for name in made if made[name] != expected[name]] == []
