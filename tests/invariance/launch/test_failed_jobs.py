"""The screen says why a job ended that did not end by itself, and why none could be handed over."""

import os
import shutil
import signal
import subprocess
import sys

import pytest

from invariance.jobs.end_signals import explanation
from invariance.launch import executors
from transforms2d.errors import UserError

COMMAND = "Command 'python /a/.snakemake/scripts/tmp_x1y.{script}.py' "


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (
            COMMAND.format(script="pretrain") + "died with <Signals.SIGKILL: 9>.",
            "error: a job of pretrain was killed (SIGKILL): the system sends it when memory",
        ),
        (
            COMMAND.format(script="render_dataset") + "returned non-zero exit status 137.",
            "error: a job of render_dataset was killed (SIGKILL): the system sends it",
        ),
        (
            COMMAND.format(script="fine_tune") + "died with <Signals.SIGBUS: 7>.",
            "error: a job of fine_tune was killed (SIGBUS): the cause may be a full or missing",
        ),
        (
            "Command 'a' died with <Signals.SIGSEGV: 11>.",
            "error: a job was killed (SIGSEGV): the fault is in a library",
        ),
        ("Command 'a' returned non-zero exit status 1.", None),
        ("Command 'a' returned non-zero exit status 127.", None),
        ("Command 'a' returned non-zero exit status 200.", None),
        ("Command 'a' died with <Signals.SIGINT: 2>.", None),
        ("Command 'a' returned non-zero exit status 143.", None),
        ("1370 of 9051 steps (15%) done", None),
    ],
)
def test_what_is_said_of_a_signal(words, line):
    assert explanation(words) is None if line is None else explanation(words).startswith(line)


RULE = """
import sys
sys.path.insert(0, "{library}")
include: "{rules}/failures.smk"
rule all:
    input: "killed.txt"
rule killed:
    output: "killed.txt"
    log: "empty.log", "other.log"
    script: "killed.py"
"""
KILLED = """
import os
from pathlib import Path
Path(snakemake.log[1]).write_text("last lines of the job's log")
Path(snakemake.log[0]).touch()
os.kill(os.getpid(), {number})
"""


@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM"])
def test_a_job_that_was_killed_is_told_of_once(tmp_path, repository, name):
    folders = {"library": repository / "workflow/lib", "rules": repository / "workflow/rules"}
    (tmp_path / "Snakefile").write_text(RULE.format(**folders))
    (tmp_path / "killed.py").write_text(KILLED.format(number=int(signal.Signals[name])))
    run = subprocess.run(
        [sys.executable, "-m", "snakemake", "--cores", "1", "--show-failed-logs"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(folders["library"]), "XDG_CACHE_HOME": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert run.returncode == 1, run.stdout
    lines = [line for line in run.stdout.splitlines() if line.startswith("error: ")]
    assert len(lines) == (name == "SIGKILL"), run.stdout
    assert all("a job of killed was killed (SIGKILL)" in line for line in lines)
    assert "last lines of the job's log" in run.stdout, "the log after an empty one is shown, too"


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """Puts programs on an otherwise empty PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    shell = shutil.which("sh")
    monkeypatch.setenv("PATH", str(folder))

    def put(*names, does="exit 0"):
        for name in names:
            (folder / name).write_text(f"#!{shell}\n{does}\n")
            (folder / name).chmod(0o755)

    return put


ALL = ("sbatch", "scancel", "squeue", "sacct")


@pytest.mark.parametrize("missing", ALL)
def test_a_program_of_slurm_that_is_missing_is_named(programs, missing):
    programs(*(name for name in ALL if name != missing))
    needed = {"sacct"} if missing == "sacct" else {"squeue", None} - {missing}
    for status in needed:
        with pytest.raises(UserError, match=f"Slurm's program {missing} is not on PATH"):
            executors.require("slurm", status)


def test_a_program_that_is_not_needed_may_be_missing(programs):
    executors.require("local")
    executors.require("dryrun", "squeue")
    programs("sbatch", "scancel", "squeue")
    executors.require("slurm", "squeue")
    programs("sacct")
    executors.require("slurm", "sacct")


def test_what_a_status_program_says_is_said(programs):
    """Otherwise it is asked for ever, in silence: as sacct is where there is no accounting."""
    programs("sbatch", "scancel", "squeue")
    programs("sacct", does="echo 'Slurm accounting storage is disabled' >&2; exit 1")
    executors.require("slurm", "squeue")
    with pytest.raises(UserError, match=r"sacct fails \(Slurm accounting storage is disabled\)"):
        executors.require("slurm", "sacct")


SHELL = ("sh", "bash", "which", "cat", "tail")
IMAGES = "results/demo/base_images/images.safetensors"


@pytest.fixture
def cluster(project):
    """A project on a machine whose programs are the shell's and those that a test writes."""
    folder = project.folder / "bin"
    folder.mkdir()
    for name in SHELL:
        (folder / name).symlink_to(shutil.which(name))
    environment = project.environment
    project.environment = lambda: {**environment(), "PATH": str(folder)}

    def run(*arguments, **scripts):
        for name, text in scripts.items():
            (folder / name).write_text(f"#!{folder}/sh\n{text}\n")
            (folder / name).chmod(0o755)
        profile = project.folder / "profiles/slurm/config.yaml"
        profile.write_text(profile.read_text().replace('account: ""', "account: lab"))
        options = ("--profile", "slurm", "--configfile", "config/demo.yaml", "--retries", "0")
        return project.run(*arguments, *options, *QUICK, timeout=200)

    run.project = project
    return run


QUICK = (
    *("--slurm-init-seconds-before-status-checks", "1"),
    *("--seconds-between-status-checks", "1", "--latency-wait", "1"),
)
ACCOUNTS = {"sacctmgr": "echo lab", "scancel": "exit 0", "scontrol": "exit 1", "sinfo": "exit 1"}


def test_without_slurm_its_profile_ends_with_a_line(cluster):
    ended = cluster(IMAGES)
    assert ended.returncode == 1
    (line,) = (line for line in ended.stdout.splitlines() if "error" in line.lower())
    assert line.startswith("error: Slurm's program sbatch is not on PATH"), ended.stdout
    assert "Traceback" not in ended.stdout
    assert not list((cluster.project.folder / ".snakemake/locks").glob("*"))


@pytest.mark.parametrize("groups", [(), ("--groups", "prepare_base_images=images")])
def test_what_sbatch_says_is_said(cluster, groups):
    """Of a job alone and of one in a group."""
    refuse = "echo 'sbatch: error: QOSMaxGRESPerUser: no hours left' >&2; exit 1"
    ended = cluster(IMAGES, *groups, sbatch=refuse, squeue="exit 0", sacct="exit 0", **ACCOUNTS)
    assert ended.returncode == 1
    assert ("Error in group" in ended.stdout) == bool(groups)
    assert "QOSMaxGRESPerUser: no hours left" in ended.stdout, ended.stdout


def test_a_queue_that_does_not_answer_is_told_of_once(cluster):
    count = "echo x >> asked; read -r n <<E\n$(cat asked | tail -n 99 | cat -n | tail -n 1)\nE\n"
    queue = f"{count}case $n in 1*) exit 0;; 2*|3*|4*|5*) exit 1;; esac; echo '7|NODE_FAIL'"
    ended = cluster(IMAGES, sbatch="echo 7", squeue=queue, **ACCOUNTS)
    assert ended.returncode == 1
    assert ended.stdout.count("squeue does not give the status of jobs") == 1, ended.stdout
    assert "node failure" in ended.stdout


def test_sacct_s_word_on_a_cancelled_job_is_understood(cluster):
    """It names who cancelled it."""
    states = "case \"$*\" in *JobIdRaw*) echo '7|CANCELLED by 1000';; esac"
    ended = cluster(
        *(IMAGES, "--slurm-status-command", "sacct"),
        **{"sbatch": "echo 7", "squeue": "exit 0", "sacct": states, **ACCOUNTS},
    )
    assert ended.returncode == 1
    assert "SLURM-job '7' failed, SLURM status is: 'CANCELLED'" in ended.stdout, ended.stdout
