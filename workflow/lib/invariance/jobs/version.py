"""The commit of the workflow, and whether its code has uncommitted changes; read once per run."""

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

VARIABLE = "WORKFLOW_VERSION"
CODE = ("Snakefile", "workflow")  # without config/: every result states its settings
UNKNOWN = {"commit": None, "clean": None}


def find(repository) -> dict:
    """``commit`` in hex and ``clean`` of a checkout; both None without git or a commit.

    A checkout is not clean if a file was changed or added in ``workflow``, or the Snakefile was
    changed.
    """
    try:
        top = _git(repository, "rev-parse", "--show-toplevel")
        if Path(top).resolve() != Path(repository).resolve():
            return dict(UNKNOWN)  # a copy inside another repository
        commit = _git(repository, "rev-parse", "--verify", "HEAD")
        changed = _git(repository, "status", "--porcelain", "--untracked-files=all", "--", *CODE)
    except (OSError, subprocess.SubprocessError):
        return dict(UNKNOWN)
    return {"commit": commit, "clean": not changed}


def to_environment(repository) -> None:
    """Set the variable that jobs of this process read, on a cluster too."""
    os.environ[VARIABLE] = json.dumps(find(repository))


def from_environment(environment: Mapping = os.environ) -> dict:
    """The version that ``to_environment`` set; unknown if the variable is not set."""
    try:
        value = json.loads(environment.get(VARIABLE, ""))
        return {key: value[key] for key in UNKNOWN}
    except (ValueError, KeyError, TypeError):
        return dict(UNKNOWN)


def _git(repository, *arguments: str) -> str:
    # Inside a git hook, the GIT_ variables point to another repository.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    process = subprocess.run(
        ["git", "-C", str(repository), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=20,
    )
    return process.stdout.strip()
