"""The commit of the workflow and whether its code is as committed: found once per run."""

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

VARIABLE = "WORKFLOW_VERSION"
CODE = ("Snakefile", "workflow")  # what settings are is said by every result itself
UNKNOWN = {"commit": None, "clean": None}


def find(repository) -> dict:
    """``commit`` in hex and ``clean`` of a checkout; both None where there is no git or no commit.

    Not clean is a checkout whose Snakefile or ``workflow`` was changed or added to.
    """
    try:
        top = _git(repository, "rev-parse", "--show-toplevel")
        if Path(top).resolve() != Path(repository).resolve():
            return dict(UNKNOWN)  # a copy that lies in somebody else's repository
        commit = _git(repository, "rev-parse", "--verify", "HEAD")
        changed = _git(repository, "status", "--porcelain", "--untracked-files=all", "--", *CODE)
    except (OSError, subprocess.SubprocessError):
        return dict(UNKNOWN)
    return {"commit": commit, "clean": not changed}


def tell(repository) -> None:
    """Let the jobs of this process know it, those of a cluster too."""
    os.environ[VARIABLE] = json.dumps(find(repository))


def told(environment: Mapping = os.environ) -> dict:
    """What ``tell`` told; unknown where nothing did."""
    try:
        value = json.loads(environment.get(VARIABLE, ""))
        return {key: value[key] for key in UNKNOWN}
    except (ValueError, KeyError, TypeError):
        return dict(UNKNOWN)


def _git(repository, *arguments: str) -> str:
    # Variables of a git that somebody else runs, as in a hook, are about another repository.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    done = subprocess.run(
        ["git", "-C", str(repository), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=20,
    )
    return done.stdout.strip()
