"""Results that were copied, shared or half deleted: nothing of other settings passes for these."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys

import pytest
import yaml
from support.small_run import FOLDER, SMALL, TRANSFER, new_project

RECORD = f"{TRANSFER}/pretrain/image/rotate/resnet-18/record.json"
CONFIG, PICTURE = f"{FOLDER}/config.yaml", f"{FOLDER}/figures/fig5.png"
TARGETS = (RECORD, CONFIG, PICTURE)
STAGES = {"render_dataset", "pretrain", "render_fig5", "draw_fig5"}
OVERLAY = "config/overlay.yaml"


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    project = new_project(tmp_path_factory.mktemp("finished"))
    done = project.run(*TARGETS, "--cores", "2", "--configfile", OVERLAY, timeout=900)
    assert done.returncode == 0, done.stdout
    return project


@pytest.fixture
def copied(finished, tmp_path):
    """The finished project elsewhere; its files are of the same times."""
    return copy_of(finished, tmp_path / "project")


def copy_of(project, folder, **how):
    shutil.copytree(project.folder, folder, symlinks=True, **how)
    other = object.__new__(type(project))
    other.folder = folder
    return other


def planned(project, *targets, changes=None) -> dict:
    """Jobs of each rule that would run; empty where there is nothing to do."""
    if changes:
        project.overlay({**SMALL, **changes})
    done = project.run(*(targets or TARGETS), "-n", "--configfile", OVERLAY)
    assert done.returncode == 0, done.stdout
    if "Nothing to be done" in done.stdout:
        return {}
    _, _, stats = done.stdout.rpartition("Job stats:")
    rows = (line.split() for line in stats.splitlines())
    found = {row[0]: int(row[1]) for row in rows if len(row) == 2 and row[1].isdigit()}
    return {rule: count for rule, count in found.items() if rule != "total"}


def forget(project):
    shutil.rmtree(project.folder / ".snakemake")


EPOCHS = {"pretraining": {**SMALL["pretraining"], "epochs": 3}}
SEED = {"base_images": {**SMALL["base_images"], "seed": 2}}


def test_there_is_nothing_to_do_with_and_without_snakemakes_records(copied):
    assert planned(copied) == {}
    forget(copied)
    assert planned(copied) == {}


@pytest.mark.parametrize("remembers", [True, False])
def test_changed_settings_make_the_same_jobs_run_whoever_remembers(copied, remembers):
    if not remembers:
        forget(copied)
    assert planned(copied, RECORD, changes=EPOCHS) == {"pretrain": 1}
    assert set(planned(copied, changes=EPOCHS)) == {"pretrain", "write_config"}
    images = {"download_base_images", "prepare_base_images"}
    assert set(planned(copied, changes=SEED)) == images | STAGES | {"write_config"}
    assert planned(copied, changes={"device": "auto"}) == {"write_config": 1}


def raise_recipe(project, stage):
    path = project.folder / "workflow/lib/invariance/provenance/recipes.py"
    text = path.read_text(encoding="utf-8")
    changed, times = re.subn(rf'("{stage}": )(\d+)', r"\g<1>99", text, count=1)
    assert times == 1
    path.write_text(changed, encoding="utf-8")


def test_a_raised_recipe_is_noticed_without_records(copied):
    forget(copied)
    raise_recipe(copied, "pretrain")
    assert planned(copied, RECORD) == {"pretrain": 1}
    raise_recipe(copied, "dataset")
    assert planned(copied, RECORD, PICTURE) == dict.fromkeys(STAGES, 1)


def test_half_deleted_results_of_an_older_recipe_are_made_again_as_a_whole(copied):
    forget(copied)
    raise_recipe(copied, "dataset")
    (copied.folder / RECORD).unlink()
    (copied.folder / PICTURE).unlink()
    done = copied.run(RECORD, "--cores", "2", "--configfile", OVERLAY, timeout=900)
    assert done.returncode == 0, done.stdout
    stages = json.loads((copied.folder / RECORD).read_text())["stages"]
    assert stages["dataset"]["recipe"] == 99
    assert "Finished jobid" in done.stdout and "rule render_dataset" in done.stdout


def test_readers_refuse_by_name_what_nobody_may_make_again(copied):
    forget(copied)
    raise_recipe(copied, "dataset")
    (copied.folder / RECORD).unlink()
    done = copied.run(
        *(RECORD, "--rerun-triggers", "mtime", "--allowed-rules", "pretrain"),
        *("--cores", "1", "--configfile", OVERLAY),
    )
    assert done.returncode != 0 and not (copied.folder / RECORD).exists()
    (line, *_) = [line for line in done.stdout.splitlines() if line.startswith("error: ")]
    assert re.search(
        r"data/image/rotate/train\.safetensors: made for something else: dataset\.recipe is \d, "
        r"not 99; delete it",
        line,
    )
    assert "Traceback" not in done.stdout


def test_explain_says_what_is_of_something_else(copied):
    forget(copied)
    copied.overlay({**SMALL, **EPOCHS})
    asked = copied.python("-m", "invariance", "explain", RECORD, "--configfile", OVERLAY)
    assert asked.returncode == 0, asked.stderr
    assert "everything exists" not in asked.stdout
    assert re.search(r"pretrain +0 +1\n", asked.stdout) and "params changed (1)" in asked.stdout


def test_a_file_of_another_configuration_is_noticed_although_it_is_remembered(copied, tmp_path):
    """Two clones share a folder: each notices what the other has made since."""
    other = copy_of(copied, tmp_path / "clone", ignore=shutil.ignore_patterns(".snakemake"))
    shutil.rmtree(other.folder / FOLDER)
    (other.folder / FOLDER).symlink_to(copied.folder / FOLDER)
    other.overlay({**SMALL, **EPOCHS})
    done = other.run(RECORD, "--cores", "2", "--configfile", OVERLAY, timeout=900)
    assert done.returncode == 0, done.stdout
    settings = json.loads((copied.folder / RECORD).read_text())["details"]["settings"]
    assert settings["epochs"] == 3
    assert planned(copied, RECORD) == {"pretrain": 1}
    assert planned(other, RECORD) == {}


HOLD = """
import os, signal, sys
from invariance.launch import results_lock
results_lock.take(sys.argv[1])
print("taken", flush=True)
signal.pause()
"""


def held(project, results) -> subprocess.Popen:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(results)],
        cwd=project.folder,
        env={**os.environ, "PYTHONPATH": "workflow/lib"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "taken\n"
    return process


def test_one_run_writes_to_a_folder_at_a_time(copied, tmp_path):
    """Whichever clone it runs in, and by whichever path; who is killed keeps nothing."""
    (tmp_path / "clone").mkdir()
    clone = new_project(tmp_path / "clone")
    (clone.folder / "results").mkdir()
    (clone.folder / FOLDER).symlink_to(copied.folder / FOLDER)
    running = held(copied, FOLDER)
    try:
        for project, changes in ((clone, EPOCHS), (copied, {})):
            project.overlay({**SMALL, **changes})
            refused = project.refused(RECORD, "--cores", "1", "--configfile", OVERLAY)
            assert refused.returncode != 0 and "Traceback" not in refused.stdout
            (line,) = [one for one in refused.stdout.splitlines() if one.startswith("error: ")]
            assert f"{FOLDER}: another run writes there, process {running.pid} on " in line
            assert f"in {copied.folder} since 20" in line and "wait until it ends" in line
            # Looking is allowed, and so is a folder of one's own.
            planned(project, RECORD)
            unlocked = project.run("--unlock", "--configfile", OVERLAY)
            assert unlocked.returncode == 0, unlocked.stdout
        elsewhere = {**SMALL, "results": "results/own"}
        clone.overlay(elsewhere)
        done = clone.run("results/own/config.yaml", "--cores", "1", "--configfile", OVERLAY)
        assert done.returncode == 0, done.stdout
    finally:
        running.send_signal(signal.SIGKILL)
        running.wait()
    assert (copied.folder / FOLDER / ".lock").is_file()
    copied.overlay(SMALL)
    (copied.folder / CONFIG).unlink()
    done = copied.run(CONFIG, "--cores", "1", "--configfile", OVERLAY)
    assert done.returncode == 0, done.stdout
    assert not (copied.folder / FOLDER / ".lock").exists()


def test_two_clones_that_start_together_make_no_mixture(copied, tmp_path):
    clone = copy_of(copied, tmp_path / "clone", ignore=shutil.ignore_patterns(".snakemake"))
    shutil.rmtree(clone.folder / FOLDER)
    (clone.folder / FOLDER).symlink_to(copied.folder / FOLDER)
    (copied.folder / RECORD).unlink()
    clone.overlay({**SMALL, **EPOCHS})
    started = [
        subprocess.Popen(
            project.command(RECORD, "--cores", "1", "--configfile", OVERLAY),
            cwd=project.folder,
            env=project.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for project in (copied, clone)
    ]
    said = [process.communicate(timeout=900)[0] for process in started]
    ended = [process.returncode for process in started]
    assert 0 in ended
    for code, words in zip(ended, said, strict=True):
        assert code == 0 or "another run writes there" in words, words
    last = planned(copied, RECORD), planned(clone, RECORD)
    # What lies there is of one of both, as a whole.
    assert {} in last and {"pretrain": 1} in last


def test_the_commit_is_found_once_and_told_to_jobs(copied):
    def git(*arguments):
        who = ["-c", "user.name=a", "-c", "user.email=a@b"]
        subprocess.run(
            ["git", *who, *arguments], cwd=copied.folder, check=True, capture_output=True
        )

    def made():
        (copied.folder / RECORD).unlink()
        done = copied.run(RECORD, "--cores", "1", "--configfile", OVERLAY, timeout=900)
        assert done.returncode == 0, done.stdout
        return json.loads((copied.folder / RECORD).read_text())["provenance"]["workflow"]

    assert made() == {"commit": None, "clean": None}
    git("init", "--quiet")
    git("add", "Snakefile", "workflow", "config")
    git("commit", "--quiet", "-m", "a")
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=copied.folder, capture_output=True, text=True, check=True
    ).stdout.strip()
    assert made() == {"commit": head, "clean": True}
    (copied.folder / "workflow/lib/invariance/mine.py").write_text("'''A module of a fork.'''\n")
    assert made() == {"commit": head, "clean": False}


def test_the_configuration_beside_the_results_is_that_of_the_last_run(copied):
    forget(copied)
    copied.overlay({**SMALL, **EPOCHS})
    done = copied.run(CONFIG, "--cores", "1", "--configfile", OVERLAY)
    assert done.returncode == 0, done.stdout
    assert yaml.safe_load((copied.folder / CONFIG).read_text())["pretraining"]["epochs"] == 3
    assert planned(copied, CONFIG) == {}
