"""A copy of the workflow in a folder of its own, without results."""

import shutil
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
PARTS = ("workflow", "config", "envs", "profiles/default")


def copy(folder: Path) -> Path:
    """Copy everything that Snakemake needs into an existing folder."""
    for part in PARTS:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(REPOSITORY / part, folder / part, ignore=ignored)
    shutil.copy(REPOSITORY / "Snakefile", folder)
    return folder
