"""Two runs on a CPU give the same files, whatever the threads and the order of their jobs."""

import copy
import os
import subprocess

import pytest
from support.small_run import FOLDER, SMALL, content, run

pytestmark = [pytest.mark.faults, pytest.mark.timeout(7200)]
# Starts in every Python of a run: each job waits a random time before it begins.
DELAY = """
import random, sys, time
if any("/scripts/tmp" in argument for argument in sys.orig_argv):
    time.sleep(random.uniform(0, 3))
"""


def test_the_order_in_which_jobs_finish(finished_small, small_project, tmp_path, monkeypatch):
    (tmp_path / "delay").mkdir()
    (tmp_path / "delay" / "sitecustomize.py").write_text(DELAY)
    # The workflow sets PYTHONPATH for its jobs: the delay goes where the library lies.
    library = small_project.folder / "workflow" / "lib"
    (tmp_path / "delay" / "sitecustomize.py").rename(library / "sitecustomize.py")
    done = run(small_project, cores=4)
    assert done.returncode == 0, done.stdout
    assert content(small_project.folder / FOLDER) == finished_small[1]


def test_two_threads(finished_small, small_project):
    """Rendering and evaluation are the same to the bit; sums of training may round otherwise."""
    changed = copy.deepcopy(SMALL)
    changed["resources"]["rendering"]["threads"] = 2
    changed["resources"]["evaluation"]["threads"] = 2
    small_project.overlay(changed)
    done = run(small_project)
    assert done.returncode == 0, done.stdout
    mine, whole = content(small_project.folder / FOLDER), finished_small[1]
    shards = [name for name in whole if "/data/" in name or "images/" in name]
    assert len(shards) >= 12
    assert {name: mine[name] for name in shards} == {name: whole[name] for name in shards}


def test_two_demos(small_project, tmp_path):
    """The whole demo twice, with one core and with all, and every file the same."""
    found = []
    for cores in (1, os.cpu_count()):
        done = subprocess.run(
            small_project.command("--cores", str(cores), "--configfile", "config/demo.yaml"),
            cwd=small_project.folder,
            env=small_project.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        results = small_project.folder / "results" / "demo"
        found.append(content(results))
        results.rename(tmp_path / f"demo{cores}")
    assert found[0] == found[1]
