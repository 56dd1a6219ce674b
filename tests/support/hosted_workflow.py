"""The workflow as others use it: a clone behind an address of GitHub, and folders that use it."""

import os
import subprocess
import sys
from pathlib import Path

from support.project import Project

HOSTED = "someone/invariance-transfer"
TAG = "v0.1.0"


def clone(folder: Path) -> Path:
    """Make a git repository of the current workflow: one commit, a tag, and a configured author."""
    place = folder / "github.com" / HOSTED
    place.mkdir(parents=True)
    project = Project(place)
    (project.folder / ".gitignore").write_text("__pycache__/\n")
    git = ["git", "-C", str(project.folder), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for step in (
        ["init", "--quiet"],
        ["add", "."],
        ["commit", "--quiet", "-m", "All"],
        ["tag", TAG],
    ):
        subprocess.run([*git, *step], check=True)
    return project.folder


def head(repository: Path) -> str:
    """Its commit."""
    asked = ["git", "-C", str(repository), "rev-parse", "HEAD"]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()


def snakemake(folder: Path, *arguments: str, hosts: Path | None = None) -> str:
    """What a run prints that ends well; below ``hosts`` lies what git is to find at GitHub."""
    environment = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache")}
    if hosts:
        environment |= {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"url.file://{hosts}/github.com/.insteadOf",
            "GIT_CONFIG_VALUE_0": "https://github.com/",
        }
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout
