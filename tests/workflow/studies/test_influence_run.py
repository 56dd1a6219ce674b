"""The study without models, in its tiny configuration: more networks, killed jobs, single files."""

import copy
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import time

import pandas as pd
import pytest
from support.project import Project, only
from support.runs import Runs
from support.tiny_config import TINY

pytestmark = pytest.mark.timeout(900)

FOLDER = "results/tiny/influence"
SEED = f"{FOLDER}/t2d/seed0"
TABLE = f"{FOLDER}/results.csv"
STAGES = ("draw_masks", "train_subsets", "estimate_influence", "train_counterfactuals")


def settings(**changes) -> dict:
    """The tiny configuration with this study alone, and changes of its blocks."""
    config = copy.deepcopy(TINY)
    config["studies"] = {**only("influence"), "influence": config["studies"]["influence"]}
    for block, values in changes.items():
        config["studies"]["influence"][block] |= values
    return config


RUNS = Runs(settings)
run, make, planned = RUNS.run, RUNS.make, RUNS.planned


def digests(project, pattern="subsets/**/outputs.safetensors") -> dict[str, str]:
    files = sorted((project.folder / SEED).glob(pattern))
    return {
        path.relative_to(project.folder / SEED).as_posix(): hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for path in files
    }


def read(project, path) -> dict:
    return json.loads((project.folder / SEED / path).read_text())


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("influence") / "project"
    folder.mkdir()
    project = Project(folder)
    make(project, TABLE)
    return project


@pytest.fixture
def copied(finished, tmp_path):
    """The finished run, in a folder of its own, to be changed."""
    shutil.copytree(finished.folder, tmp_path / "project", symlinks=True)
    project = object.__new__(Project)
    project.folder = tmp_path / "project"
    return project


def test_the_table_has_every_unit_and_arm(finished):
    table = pd.read_csv(finished.folder / TABLE)
    parts = {f"{kind}/{part}" for kind in ("bernoulli", "half") for part in (0, 1)}
    assert set(table[table.method == "subsets"].model) == {*parts, "repeated/0", "full/0"}
    influences = table[table.method == "influence"]
    assert set(influences.model) == {"bernoulli", "half"}
    assert set(influences.target) == {"all", "class 1", "class 2", "class 3"}
    assert len(set(influences.change)) == 6
    removals = table[table.method == "counterfactuals"]
    assert set(removals.model) == {"repeat0", "repeat1"}
    arms = removals[removals.quantity == "test_accuracy"].groupby("target").change.nunique()
    assert arms.to_dict() == {
        **dict.fromkeys(("bottom", "top", "random", "planted", "mapping"), 2),
        **{"none": 1, "wrong": 1},
    }
    assert table.value.notna().all()


def test_nothing_is_left_to_do_and_no_state_stays(finished):
    assert "Nothing to be done" in make(finished, TABLE)
    assert not list((finished.folder / SEED).rglob("resume"))


def test_masks_are_what_the_networks_saw(finished):
    from safetensors.torch import load_file

    for path in sorted((finished.folder / SEED / "masks").rglob("masks.csv")):
        unit = path.parent.relative_to(finished.folder / SEED / "masks")
        table = pd.read_csv(path)
        outputs = load_file(finished.folder / SEED / "subsets" / unit / "outputs.safetensors")
        assert outputs["masks"].tolist() == table.iloc[:, 2:].to_numpy().tolist()
        assert outputs["seeds"].tolist() == table.seed.tolist()


def test_repeats_share_the_orders_but_not_the_random_one(finished):
    orders = read(finished, "influence/bernoulli/record.json")["details"]["orders"]
    assert all(sorted(order) == list(range(6)) for order in orders.values())
    seeds = {
        read(finished, f"counterfactuals/repeat{n}/record.json")["stages"]["counterfactuals"][
            "settings"
        ]["order_seed"]
        for n in (0, 1)
    }
    assert len(seeds) == 2


def test_more_networks_train_only_the_new_ones(copied):
    larger = settings(masks={"models": 24, "kinds": ["bernoulli", "half"], "repeated": 1 / 3})
    # 8 repeated ones in place of 4: the first part of these grows.
    assert planned(copied, TABLE, config=larger) == {
        **{"draw_masks": 3, "train_subsets": 3, "estimate_influence": 2},
        **{"train_counterfactuals": 2, "collect_results": 1, "total": 11},
    }
    same = settings(masks={"models": 24, "repeated": 1 / 6})
    plan = planned(copied, TABLE, config=same)
    assert plan["train_subsets"] == plan["draw_masks"] == 2
    before, masks = digests(copied), digests(copied, "masks/**/masks.csv")
    make(copied, TABLE, config=same)
    after = digests(copied)
    assert {path: after[path] for path in before} == before
    assert set(after) - set(before) == {
        f"subsets/{kind}/2/outputs.safetensors" for kind in ("bernoulli", "half")
    }
    assert masks.items() <= digests(copied, "masks/**/masks.csv").items()
    assert len(read(copied, "influence/half/record.json")["stages"]["masks"]["settings"]) == 4


@pytest.mark.parametrize(
    ("changes", "rules"),
    [
        ({"statistics": {"resamples": 30}}, STAGES[2:]),
        ({"counterfactuals": {"arms": ["bottom", "top"]}}, STAGES[3:]),
        ({"training": {"steps": 5}}, STAGES[1:]),
        ({"stack": {"models": 2}}, STAGES[1:]),
        ({"target": {"transformations": ["rotate", "blur"]}}, ("render_dataset", *STAGES[1:])),
    ],
)
def test_a_changed_setting_reruns_what_depends_on_it(finished, changes, rules):
    plan = planned(finished, TABLE, config=settings(**changes))
    assert set(plan) == {*rules, "collect_results", "total"}


def test_a_single_file_needs_only_what_leads_to_it(project):
    plan = planned(project, f"{SEED}/subsets/half/1/record.json")
    images = {"download_base_images": 1, "prepare_base_images": 1}
    assert plan == {
        **images,
        **{"render_dataset": 2, "draw_masks": 1, "train_subsets": 1, "total": 6},
    }
    assert planned(project, f"{SEED}/masks/full/0/masks.csv") == {"draw_masks": 1, "total": 1}
    plan = planned(project, f"{SEED}/influence/half/record.json")
    assert plan["train_subsets"] == 3  # two parts, and networks of all classes


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("subsets/bernouli/0/record.json", "unknown 'bernouli'; valid here: bernoulli, half, rep"),
        ("subsets/half/7/record.json", "unknown '7'; valid here: 0, 1"),
        ("influence/full/record.json", "unknown 'full'; valid here: bernoulli, half"),
        ("counterfactuals/repeat2/record.json", "unknown 'repeat2'; valid here: repeat0, repeat1"),
        ("pretrain/x/model.safetensors", "unknown 'pretrain'; valid here: data, masks, subsets"),
        ("subsets/full/1/record.json", "no rule makes this file"),
    ],
)
def test_a_wrong_request_is_one_line(project, target, message):
    asked = run(project, f"{SEED}/{target}", "-n")
    assert asked.returncode != 0
    said = ("Using ", "Config file ")
    lines = [line for line in asked.stdout.splitlines() if not line.startswith(said)]
    assert len(lines) == 1 and lines[0].startswith(f"error: {SEED}/{target}: {message}"), lines


def test_recipes_and_cold_starts_give_the_same_results(finished, project):
    config = {**settings(), "datasets": {"keep": "recipe"}}
    cold = {**project.environment(), "WORKFLOW_WARM_START": ""}
    done = subprocess.run(
        project.command(TABLE, "--cores", "2", "--configfile", project.overlay(config)),
        cwd=project.folder,
        env=cold,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    whole = (finished.folder / TABLE).read_bytes()
    assert (project.folder / TABLE).read_bytes() == whole
    assert digests(project) == digests(finished)
    data = "data/source/train.safetensors"
    sizes = [(one.folder / SEED / data).stat().st_size for one in (project, finished)]
    assert sizes[0] < sizes[1] / 5


def test_a_killed_job_goes_on_after_its_last_stack(copied):
    """Of eight networks one at a time; the same bytes as without a kill."""
    config = settings(stack={"models": 1, "backend": "loop"}, training={"steps": 300})
    target = f"{SEED}/subsets/bernoulli/0/record.json"
    state = copied.folder / SEED / "subsets/bernoulli/0/resume"
    path = copied.overlay(config)
    process = subprocess.Popen(
        copied.command(target, "--cores", "1", "--configfile", path),
        cwd=copied.folder,
        env=copied.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while process.poll() is None and len(list(state.rglob("[!.]*.safetensors"))) < 2:
        time.sleep(0.02)
    assert process.poll() is None, "finished before it was killed"
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    kept = len(list(state.rglob("[!.]*.safetensors")))  # not a half-written one
    assert copied.run("--unlock", "--configfile", path).returncode == 0
    make(copied, target, config=config)
    log = (
        copied.folder / "results/tiny/logs/influence/t2d/seed0/subsets/bernoulli/0.log"
    ).read_text()
    assert len(re.findall(r"was finished before", log)) == kept >= 2
    once = digests(copied, "subsets/bernoulli/0/outputs.safetensors")
    (copied.folder / target).unlink()
    make(copied, target, config=config)
    assert digests(copied, "subsets/bernoulli/0/outputs.safetensors") == once
    assert not state.exists()


@pytest.mark.parametrize("name", ["masks", "outputs", "record"])
def test_an_intact_file_of_another_unit_is_refused_or_made_again(copied, name):
    files = {
        "masks": ("masks/bernoulli/{}/masks.csv", "subsets/bernoulli/0/record.json"),
        "outputs": ("subsets/bernoulli/{}/outputs.safetensors", "influence/bernoulli/record.json"),
        "record": ("counterfactuals/repeat{}/record.json", "../../results.csv"),
    }
    pattern, made = files[name]
    place = copied.folder / SEED
    shutil.copy(place / pattern.format(1), place / pattern.format(0))
    target = os.path.normpath(f"{SEED}/{made}")
    (copied.folder / target).unlink()
    done = run(copied, target, "--cores", "1", "--rerun-triggers", "mtime", timeout=800)
    assert done.returncode != 0 and not (copied.folder / target).exists()
    named = [line for line in done.stdout.splitlines() if line.startswith("error: ")]
    assert named and all(pattern.format(0) in line for line in named), done.stdout
    assert "Traceback" not in done.stdout
    plan = run(copied, target, "-n")
    assert plan.returncode == 0 and "Params have changed" in plan.stdout, plan.stdout
