"""Killed at random moments, a run goes on and ends as if nothing had happened."""

import os
import random
import re
import shutil
import signal
import subprocess
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from support.project import REPOSITORY, Project
from support.small_run import FOLDER, TARGETS, content, run

pytestmark = [pytest.mark.faults, pytest.mark.timeout(7200)]
MOMENTS = int(os.environ.get("FAULTS_MOMENTS", "30"))  # kills of the main process
EACH = int(os.environ.get("FAULTS_EACH", "3"))  # kills of each kind of job
EVERYTHING = ("all", "manifest", "export", "measures")


def ends_the_same(project, whole, *targets):
    done = run(project, *targets)
    assert done.returncode == 0, done.stdout
    assert content(project.folder / FOLDER) == whole
    left = {path.name for path in (project.folder / FOLDER).rglob(".*") if path.is_file()}
    assert left <= {".snakemake_timestamp"}  # Snakemake's own, in outputs that are folders
    assert not list((project.folder / FOLDER).rglob("resume"))
    assert "Nothing to be done" in run(project, *targets).stdout


def started(project) -> subprocess.Popen:
    config = str(project.folder / "config" / "overlay.yaml")
    return subprocess.Popen(
        project.command(*TARGETS, "--cores", "2", "--configfile", config),
        cwd=project.folder,
        env=project.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def made(project) -> set[str]:
    """Files of a run that appeared under their final names."""
    return {
        os.path.join(where, name)  # noqa: PTH118
        for where, _, names in os.walk(project.folder / FOLDER)
        for name in names
        if not name.startswith(".") and not name.endswith(".log")
    }


def test_the_main_process(finished_small, small_project):
    """Alone, as when it crashes, or with all its jobs, as when the machine does."""
    draw, kills, reached = random.Random(3), Counter(), []
    while sum(kills.values()) < MOMENTS:
        before, more = made(small_project), draw.randrange(4)
        process = started(small_project)
        # A moment within the next jobs, however slow this machine is; or of the start.
        while process.poll() is None and len(made(small_project) - before) < more:
            time.sleep(0.05)
        with_jobs = draw.random() < 0.5
        try:
            process.wait(timeout=draw.uniform(0, 6))
        except subprocess.TimeoutExpired:
            (os.killpg if with_jobs else os.kill)(process.pid, signal.SIGKILL)
            process.wait()
            kills["all" if with_jobs else "main alone"] += 1
            reached.append(len(made(small_project)))
        else:
            # It was finished before its time: from the start again.
            assert process.returncode == 0
            assert content(small_project.folder / FOLDER) == finished_small[1]
            subprocess.run(["rm", "-r", small_project.folder / FOLDER], check=True)
            continue
        # What README says: unlock, and the same command again.
        config = str(small_project.folder / "config" / "overlay.yaml")
        unlocked = small_project.run("--unlock", "--configfile", config)
        assert unlocked.returncode == 0, unlocked.stdout
    print(dict(kills), "at these numbers of files:", reached)
    assert len(set(reached)) > MOMENTS // 3, "killed at few stages of the run"
    ends_the_same(small_project, finished_small[1])


SCRIPT = re.compile(r"/scripts/tmp[^/]*?\.(\w+)\.py$")


def jobs_of(folder: Path):
    """Process and kind of every job that runs in a project."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if (entry / "cwd").readlink() != folder:
                continue
            arguments = (entry / "cmdline").read_bytes().decode().split("\0")
        except OSError:
            continue
        for argument in arguments:
            if match := SCRIPT.search(argument):
                yield int(entry.name), match[1]


class Killer(threading.Thread):
    """Kills ``each`` jobs of each kind, every one at a random moment of its life."""

    def __init__(self, folder: Path, each: int):
        super().__init__(daemon=True)
        self.folder, self.each = folder.resolve(), each
        self.kills, self.draw, self.over = Counter(), random.Random(5), threading.Event()

    def run(self):
        doomed = {}
        while not self.over.wait(0.02):
            now = time.monotonic()
            alive = dict(jobs_of(self.folder))
            for process, kind in alive.items():
                if process not in doomed:
                    # The shortest jobs live for 0.2 s, and some kinds have a single job.
                    longest = 6 if self.kills[kind] else 0.1
                    doomed[process] = now + self.draw.uniform(0, longest), kind
            for process, (moment, kind) in list(doomed.items()):
                if process not in alive:
                    del doomed[process]
                elif now >= moment and self.kills[kind] < self.each:
                    os.kill(process, signal.SIGKILL)
                    self.kills[kind] += 1
                    del doomed[process]


@pytest.fixture
def everything(finished_small, tmp_path):
    """The content of an undisturbed run of all there is to make."""
    shutil.copytree(finished_small[0].folder, tmp_path / "undisturbed", symlinks=True)
    project = object.__new__(Project)
    project.folder = tmp_path / "undisturbed"
    done = run(project, *EVERYTHING)
    assert done.returncode == 0, done.stdout
    return content(project.folder / FOLDER)


def test_every_kind_of_job(everything, small_project):
    killer = Killer(small_project.folder, EACH)
    killer.start()
    try:
        done = run(small_project, *EVERYTHING, f"--retries={2 * EACH + 5}")
    finally:
        killer.over.set()
        killer.join()
    print(dict(killer.kills))
    assert done.returncode == 0, done.stdout
    ends_the_same(small_project, everything, *EVERYTHING)
    assert set(killer.kills) == {
        path.stem for path in (REPOSITORY / "workflow/scripts").glob("*.py")
    }
