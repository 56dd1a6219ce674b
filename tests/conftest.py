"""Fixtures shared by all tests."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import snakemake_server
import yaml

REPOSITORY = Path(__file__).resolve().parents[1]
PARTS = ("Snakefile", "workflow", "config", "profiles", "slurm", "envs")


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


@pytest.fixture(scope="session")
def shared_data() -> Path:
    folder = REPOSITORY.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the folder of real images, ../shared/data, is not beside this checkout")
    return folder


@pytest.fixture
def config() -> dict:
    """The configuration of the full paper."""
    return yaml.safe_load((REPOSITORY / "config/config.yaml").read_text(encoding="utf-8"))


def only(*studies: str) -> dict:
    """What to lay over ``studies`` of the paper's configuration to leave out all others."""
    config = yaml.safe_load((REPOSITORY / "config/config.yaml").read_text(encoding="utf-8"))
    return {name: None for name in config["studies"] if name not in studies}


class Project:
    """A copy of the workflow in a folder of its own, to run Snakemake in."""

    def __init__(self, folder: Path):
        self.folder = folder
        for part in PARTS:
            source, target = REPOSITORY / part, folder / part
            if source.is_symlink():
                target.symlink_to(source.readlink())
            elif source.is_dir():
                ignore = shutil.ignore_patterns("__pycache__")
                shutil.copytree(source, target, ignore=ignore, symlinks=True)
            else:
                shutil.copy(source, target)

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "snakemake", *arguments]

    def environment(self) -> dict:
        # A cache of its own: Snakemake keeps sources under the user's cache folder.
        return {**os.environ, "XDG_CACHE_HOME": str(self.folder / "cache")}

    def run(self, *arguments: str, timeout: int = 300) -> subprocess.CompletedProcess:
        """Run snakemake with these arguments; output is text, stderr within stdout."""
        if not snakemake_server.NO_JOBS.isdisjoint(arguments):
            return snakemake_server.ask(arguments, self.folder, self.environment(), timeout)
        return subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
            check=False,
        )

    def overlay(self, values: dict) -> str:
        """Write a configuration to lay over the paper's; its path."""
        path = self.folder / "config" / "overlay.yaml"
        path.write_text(yaml.safe_dump(values), encoding="utf-8")
        return str(path)


@pytest.fixture
def project(tmp_path) -> Project:
    folder = tmp_path / "project"
    folder.mkdir()
    return Project(folder)


@pytest.fixture(scope="session")
def finished_small(tmp_path_factory):
    """An undisturbed small run: its project, not to be changed, and the content of its results."""
    from small_run import FOLDER, content, new_project, run

    project = new_project(tmp_path_factory.mktemp("small"))
    done = run(project)
    assert done.returncode == 0, done.stdout
    return project, content(project.folder / FOLDER)


@pytest.fixture
def small_project(tmp_path):
    """A project with the small run's configuration and no results."""
    from small_run import new_project

    return new_project(tmp_path)
