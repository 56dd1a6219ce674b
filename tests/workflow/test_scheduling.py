"""Snakemake's main process does not spend its time on looking at what is ready."""

import os
import subprocess
import sys

JOBS = 12


def output(folder, repository, *options: str) -> str:
    """What a run of short jobs says, one at a time."""
    (folder / "Snakefile").write_text(
        f'include: "{repository}/workflow/rules/scheduling.smk"\n'
        "onstart:\n    lift_limit(workflow.scheduler)\n"
        f'rule all:\n    input: expand("{{i}}.txt", i=range({JOBS}))\n'
        'rule one:\n    output: "{i}.txt"\n    shell: "sleep 0.6; touch {output}"\n'
    )
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--cores", "1", "--verbose", *options],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONPATH": str(repository / "workflow/lib")},
        timeout=300,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_a_job_that_ends_causes_one_look_or_two(tmp_path, repository):
    looks = output(tmp_path, repository).count("Resources before job selection")
    assert JOBS <= looks <= 2 * JOBS + 2


def test_a_limit_that_was_asked_for_is_kept(tmp_path, repository):
    said = output(tmp_path, repository, "--max-jobs-per-timespan", "1/1s")
    assert "Job rate limit reached" in said
