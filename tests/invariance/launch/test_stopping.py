"""A run that is told to end says in one line what goes on next time, and leaves nothing running."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time

import psutil
import pytest
from support.small_run import FACTORS, FOLDER, run

from invariance.__main__ import main
from invariance.provenance import manifest

MODEL = f"{FACTORS}/pretrain/same/disjoint/n60/resnet-18/model.safetensors"
CONFIG = ("--configfile", "config/overlay.yaml")


@contextlib.contextmanager
def started(project, *arguments):
    """A run in a session of its own, as in a terminal, and the file of what it says."""
    said = project.folder / "said.txt"
    with said.open("wb") as out:
        process = subprocess.Popen(
            project.command(*arguments, *CONFIG),
            cwd=project.folder,
            env=project.environment(),
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield process, said
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def until(process, seen) -> None:
    while not seen():
        assert process.poll() is None, "it ended before it was told to"
        time.sleep(0.02)


def jobs(process) -> list[psutil.Process]:
    """The scripts that a run has started and that live."""
    found = []
    for child in psutil.Process(process.pid).children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if any(".snakemake/scripts/" in word for word in child.cmdline()):
                found.append(child)
    return found


@pytest.mark.parametrize("whom", [os.killpg, os.kill], ids=["terminal", "snakemake alone"])
def test_ctrl_c_ends_all_jobs_in_one_line(small_project, whom):
    with started(small_project, MODEL, "--cores", "2") as (process, said):
        until(process, lambda: jobs(process))
        running = jobs(process)
        whom(process.pid, signal.SIGINT)
        assert process.wait(timeout=120) not in (0, None)
        assert not [child for child in running if child.is_running()]
    text = said.read_text()
    _, _, after = text.partition("Stopped. Finished work is kept: run the same command again")
    assert after and "A training continues at its last epoch." in after
    assert not re.search("Traceback|Exception|Error in rule|CalledProcess|KeyboardInterrupt", text)
    assert len(after.splitlines()) < 8, after
    # The folder is not locked, and the same command goes on.
    if whom is os.killpg:
        again = run(small_project, MODEL)
        assert again.returncode == 0, again.stdout


def test_an_end_that_is_asked_for_lets_jobs_finish(small_project):
    target = f"{FOLDER}/base_images/images.safetensors"
    with started(small_project, target, "--cores", "1") as (process, said):
        until(process, lambda: jobs(process))
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=120) not in (0, None)
    text = said.read_text()
    assert text.count("Ending: running jobs finish, and no new job starts") == 1
    assert (small_project.folder / FOLDER / "base_images/index.json").is_file()
    assert not (small_project.folder / target).exists()
    assert "Traceback" not in text and "Error in rule" not in text


def test_jobs_that_are_ended_with_the_run_are_no_errors(small_project):
    with started(small_project, MODEL, "--cores", "2") as (process, said):
        until(process, lambda: jobs(process))
        os.killpg(process.pid, signal.SIGTERM)
        assert process.wait(timeout=120) not in (0, None)
    text = said.read_text()
    assert "Ending: " in text and "Run the same command again" in text
    assert not re.search("Traceback|CalledProcess|Error in rule", text), text


def test_a_plan_is_stopped_too(small_project):
    # The paper's: it takes seconds.
    small_project.overlay({})
    with started(small_project, "-n") as (process, said):
        until(process, lambda: "Building DAG" in said.read_text())
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(timeout=60) == 130
    text = said.read_text()
    assert "Stopped. " in text and "Traceback" not in text


def test_a_job_that_fails_by_itself_is_still_told(small_project):
    with started(small_project, MODEL, "--cores", "1") as (process, said):
        until(process, lambda: jobs(process))
        for child in jobs(process):
            child.kill()
        process.wait(timeout=300)
    assert "Error in rule" in said.read_text() and "SIGKILL" in said.read_text()


def test_commands_end_without_a_traceback(monkeypatch, capsys):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("invariance.__main__.explain", interrupted)
    monkeypatch.setattr(manifest, "verify", interrupted)
    assert main(["explain", "fig2"]) == 130
    assert manifest.main("x") == "stopped"
    assert capsys.readouterr().err == "stopped\n"


@pytest.mark.parametrize(("deaf", "status"), [(False, 130), (True, 0)])
def test_ctrl_c_before_the_workflow_is_read(deaf, status):
    """A job is deaf to it, and stays so."""
    code = "import signal; from invariance.launch.environment import end_quietly; "
    # Set in either case: what starts the tests may be deaf to it, such as nohup in the background.
    code += f"signal.signal(signal.SIGINT, signal.{'SIG_IGN' if deaf else 'default_int_handler'}); "
    code += "end_quietly(); signal.raise_signal(signal.SIGINT)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == status
    assert done.stderr.split("\n")[1:] == ([] if deaf else ["Stopped before the run started.", ""])
