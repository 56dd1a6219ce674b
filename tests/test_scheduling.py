"""Snakemake's main process does not spend its time on looking at what is ready."""

import subprocess
import sys

JOBS = 20


def looks(folder, repository, *options: str) -> int:
    """How often the scheduler looks at what is ready in a run of short jobs, one at a time."""
    (folder / "Snakefile").write_text(
        f'include: "{repository}/workflow/rules/scheduling.smk"\n'
        f'rule all:\n    input: expand("{{i}}.txt", i=range({JOBS}))\n'
        'rule one:\n    output: "{i}.txt"\n    shell: "sleep 0.3; touch {output}"\n'
    )
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--cores", "1", "--verbose", "--forceall", *options],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout.count("Resources before job selection")


def test_a_job_that_ends_causes_one_look_or_two(tmp_path, repository):
    assert JOBS <= looks(tmp_path, repository) <= 2 * JOBS + 2


def test_a_limit_that_was_asked_for_is_kept(tmp_path, repository):
    assert looks(tmp_path, repository, "--max-jobs-per-timespan", "99/1s") > 2 * JOBS + 2
