"""The repository, and copies of the workflow to run Snakemake in."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml
from support import snakemake_server

REPOSITORY = Path(__file__).resolve().parents[2]
PARTS = ("Snakefile", "workflow", "config", "profiles", "slurm", "envs")


def only(*studies: str) -> dict:
    """What to lay over ``studies`` of the paper's configuration to leave out all others."""
    config = yaml.safe_load((REPOSITORY / "config/config.yaml").read_text(encoding="utf-8"))
    return {name: None for name in config["studies"] if name not in studies}


def one_seed() -> dict:
    """What to lay over ``studies`` for one seed of each; fusions need the networks of several."""
    seeds = {name: {"seeds": 1} for name in only()}
    seeds["contrastive"]["fusions"] = []
    return seeds


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

    def python(self, *arguments: str) -> subprocess.CompletedProcess:
        """Run Python with the project's own library; output is text, stderr apart."""
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env={**self.environment(), "PYTHONPATH": "workflow/lib"},
            capture_output=True,
            text=True,
            check=False,
        )

    def refused(self, *arguments: str) -> subprocess.CompletedProcess:
        """A run that ends before any job, whatever it asks for; it begins like a dry run."""
        return snakemake_server.ask(arguments, self.folder, self.environment(), 300)

    def overlay(self, values: dict) -> str:
        """Write a configuration to lay over the paper's; its path."""
        path = self.folder / "config" / "overlay.yaml"
        path.write_text(yaml.safe_dump(values), encoding="utf-8")
        return str(path)
