"""The study of views in its tiny configuration: its table, killed jobs, single files, own views."""

import copy
import csv
import json
import os
import shutil
import signal
import subprocess
import time

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from support.project import Project, only
from support.runs import Runs
from support.tiny_config import TINY

pytestmark = pytest.mark.timeout(900)

FOLDER = "results/tiny/contrastive"
SEED = f"{FOLDER}/t2d/seed0"
TABLE = f"{FOLDER}/results.csv"
NETWORKS = (
    *("moco/ventral/resnet-18", "moco/dorsal/resnet-18"),
    *("supervised/ventral/resnet-18", "none/random/resnet-18"),
)
FUSED = ("ventral-dorsal", "ventral-ventral", "dorsal-dorsal")
MEASURED = {"represent", "collect_results", "total"}


def settings(**changes) -> dict:
    """The tiny configuration with this study alone, and changes of its blocks."""
    config = copy.deepcopy(TINY)
    config["studies"] = {**only("contrastive"), "contrastive": config["studies"]["contrastive"]}
    for block, values in changes.items():
        config["studies"]["contrastive"][block] |= values
    return config


RUNS = Runs(settings)
run, make, planned = RUNS.run, RUNS.make, RUNS.planned


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("contrastive") / "project"
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


@pytest.fixture(scope="module")
def table(finished):
    return pd.read_csv(finished.folder / TABLE)


def test_the_table_has_every_network_and_fusion(table):
    of_networks = table[table.method.isin(["contrastive", "spectrum"])]
    assert set(of_networks.model) == set(NETWORKS) and set(table.seed) == {0, 1}
    assert set(table.model) == {*NETWORKS, *FUSED}
    names = table[["model", "objective", "condition"]].drop_duplicates().to_numpy().tolist()
    assert sorted(names) == sorted(
        [
            *([name, *name.split("/")[:2]] for name in NETWORKS),
            ["ventral-dorsal", "fusion", "ventral-dorsal"],
            *([name, "ensemble", name] for name in FUSED[1:]),
        ]
    )
    assert set(table.architecture) == {"resnet-18"}
    assert np.isfinite(table.value).all()


def test_the_table_has_every_measure_on_its_datasets(table):
    one = table[(table.model == NETWORKS[0]) & (table.seed == 0)]
    rows = one[["method", "target", "change"]].drop_duplicates().fillna("").to_numpy().tolist()
    views = [["views", name, name] for name in ("backgrounds", "places")]
    assert sorted(rows) == sorted(
        [
            ["contrastive", "", ""],
            *(["spectrum", name, ""] for name in ("source", "objects", "latents", "cifar10")),
            ["invariance", "source", "rotate"],  # noise has no grid
            *(["invariance_draws", "source", name] for name in ("rotate", "noise")),
            *(["sensitivity", on, name] for on in ("objects", "cifar10") for name in NAMES),
            *views,
            *(["regression", "latents", name] for name in LATENTS),
            *(["downstream", "objects", name] for name in ("classes", "place")),
            ["downstream", "cifar10", "classes"],
        ]
    )
    scores = set(one[(one.method == "invariance")].quantity)
    assert {"centred_cosine", "sensitivity", "whitened_cosine@0.01"} <= scores
    assert {"mahalanobis@ledoit_wolf", "whitened_sensitivity@0.1"} <= scores
    assert set(one[one.change == "classes"].quantity) == {"accuracy", "class_accuracy"}
    fused = table[(table.model == FUSED[0]) & (table.seed == 0)]
    assert set(fused.method) == {"regression", "downstream"}
    key = ["method", "target", "change", "quantity"]
    of_network = one[one.method.isin(fused.method.unique())]
    assert fused[key].to_numpy().tolist() == of_network[key].to_numpy().tolist()


NAMES = ("rotate", "noise")
LATENTS = ("place", "rotate", "brightness", "background")


def test_nothing_is_left_to_do_and_no_state_stays(finished):
    assert "Nothing to be done" in make(finished, TABLE)
    assert not list((finished.folder / SEED).rglob("resume"))


@pytest.mark.parametrize(
    ("changes", "rules"),
    [
        ({"downstream": {"penalties": 3}}, {*MEASURED, "fuse"}),
        ({"invariance": {"grid": 3}}, MEASURED),
        ({"groups": {"places": None}}, MEASURED),
        ({"moco": {"queue": 60}}, {*MEASURED, "pretrain_contrastive", "fuse"}),
        (
            {"groups": {"places": {"vary": "places", "groups": 6, "views": 3}}},
            {*MEASURED, "prepare_views"},
        ),
        (
            {"measured": {"objects": {"fit": 70, "scored": 30}}},
            {*MEASURED, "render_dataset", "fuse"},
        ),
    ],
)
def test_a_changed_setting_reruns_what_depends_on_it(finished, changes, rules):
    assert set(planned(finished, TABLE, config=settings(**changes))) == rules


def test_existing_views_do_not_depend_on_the_size_of_a_dataset(copied):
    """Their files say what they are of, and a job that reads them compares it."""
    config = settings(measured={"objects": {"fit": 70, "scored": 30}})
    make(copied, f"{SEED}/represent/{NETWORKS[3]}/record.json", config=config)


def test_a_single_file_needs_only_what_leads_to_it(project):
    images = {"download_base_images": 1, "prepare_base_images": 1}
    plan = planned(project, f"{SEED}/encoders/moco/ventral/resnet-18/model.safetensors")
    assert plan == {**images, "render_dataset": 1, "pretrain_contrastive": 1, "total": 4}
    plan = planned(project, f"{SEED}/fusion/dorsal-dorsal/record.json")
    assert plan["pretrain_contrastive"] == 2 and "prepare_views" not in plan
    plan = planned(project, f"{SEED}/views/places/views.safetensors")
    assert plan == {**images, "prepare_views": 1, "total": 3}


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("encoders/moco/ventrl/resnet-18/record.json", "unknown 'ventrl'; valid here: ventral"),
        ("fusion/dorsal-ventral/record.json", "unknown 'dorsal-ventral'; valid here: ventral-d"),
        ("views/photos/views.safetensors", "unknown 'photos'; valid here: backgrounds, places"),
        ("pretrain/x/model.safetensors", "unknown 'pretrain'; valid here: data, views, encoders"),
        ("encoders/supervised/dorsal/resnet-18/record.json", "no rule makes this file"),
    ],
)
def test_a_wrong_request_is_one_line(project, target, message):
    asked = run(project, f"{SEED}/{target}", "-n")
    assert asked.returncode != 0
    said = ("Using ", "Config file ")
    lines = [line for line in asked.stdout.splitlines() if not line.startswith(said)]
    assert len(lines) == 1 and lines[0].startswith(f"error: {SEED}/{target}: {message}"), lines


def test_recipes_and_cold_starts_give_the_same_results(finished, project):
    """Jobs that render their images again; then one of each kind in a process of its own."""
    config = {**settings(), "datasets": {"keep": "recipe"}}
    make(project, TABLE, config=config)
    assert (project.folder / TABLE).read_bytes() == (finished.folder / TABLE).read_bytes()
    names = [
        f"{SEED}/views/places/views.safetensors",
        f"{SEED}/encoders/{NETWORKS[0]}/model.safetensors",
        f"{SEED}/represent/{NETWORKS[0]}/record.json",
        f"{SEED}/fusion/{FUSED[0]}/record.json",
    ]
    files = [project.folder / name for name in names]
    before = [content(path) for path in files]
    for path in files:
        path.unlink()
    done = subprocess.run(
        project.command(*names, "--cores", "2", "--configfile", project.overlay(config)),
        cwd=project.folder,
        env={**project.environment(), "WORKFLOW_WARM_START": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert [content(path) for path in files] == before


def content(path):
    """The bytes of a file; of a record what it found, without the time that it took."""
    if path.suffix != ".json":
        return path.read_bytes()
    return json.loads(path.read_text())["evaluations"]


def test_a_killed_training_goes_on_to_the_same_bytes(copied):
    config = settings(pretraining={"epochs": 40})
    target = f"{SEED}/encoders/moco/ventral/resnet-18/model.safetensors"
    state = (copied.folder / target).with_name("resume")
    path = copied.overlay(config)
    process = subprocess.Popen(
        copied.command(target, "--cores", "1", "--configfile", path),
        cwd=copied.folder,
        env=copied.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while process.poll() is None and not (state / "state.safetensors").exists():
        time.sleep(0.02)
    assert process.poll() is None, "finished before it was killed"
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert copied.run("--unlock", "--configfile", path).returncode == 0
    make(copied, target, config=config)
    log = copied.folder / "results/tiny/logs/contrastive/t2d/seed0/encoders" / NETWORKS[0]
    assert "continu" in log.with_name(f"{log.name}.log").read_text()
    once = (copied.folder / target).read_bytes()
    (copied.folder / target).unlink()
    make(copied, target, config=config)
    assert (copied.folder / target).read_bytes() == once and not state.exists()


@pytest.mark.parametrize("name", ["encoder", "views", "record"])
def test_an_intact_file_of_another_seed_or_network_is_refused(copied, name):
    files = {
        "encoder": ("encoders/moco/{}/resnet-18/model.safetensors", "ventral", "dorsal"),
        "views": ("views/{}/views.safetensors", "places", "backgrounds"),
        "record": ("represent/moco/{}/resnet-18/record.json", "ventral", "dorsal"),
    }
    pattern, own, other = files[name]
    place = copied.folder / SEED
    shutil.copy(place / pattern.format(other), place / pattern.format(own))
    target = TABLE if name == "record" else f"{SEED}/represent/{NETWORKS[0]}/record.json"
    (copied.folder / target).unlink()
    done = run(copied, target, "--cores", "1", "--rerun-triggers", "mtime", timeout=800)
    assert done.returncode != 0 and not (copied.folder / target).exists()
    named = [line for line in done.stdout.splitlines() if line.startswith("error: ")]
    assert named and all(pattern.format(own) in line for line in named), done.stdout
    assert "Traceback" not in done.stdout


def test_a_person_s_own_views_are_measured(copied, tmp_path):
    """A table of pictures: a new picture in it is noticed, a missing one refused."""
    pictures, rng = copied.folder / "pictures", np.random.default_rng(0)
    pictures.mkdir()
    rows = [("group", "path", "factor")]
    for group in range(4):
        for view in range(3):
            pixels = rng.integers(0, 256, (40, 50, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(pictures / f"{group}-{view}.png")
            rows.append((f"thing {group}", f"{group}-{view}.png", "light" if view else "pose"))
            rows.append((f"thing {group}", f"{group}-0.png", "light")) if view == 1 else None
    rows += [(f"thing {group}", f"{group}-1.png", "pose") for group in range(4)]
    with (pictures / "views.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    config = settings(groups={"own": {"csv": "pictures/views.csv"}})
    target = f"{SEED}/represent/{NETWORKS[0]}/record.json"
    make(copied, target, config=config)
    record = json.loads((copied.folder / target).read_text())
    own = {one["change"]: one for one in record["evaluations"] if one["target"] == "own"}
    assert {change: (one["groups"], one["views"]) for change, one in own.items()} == {
        "light": (4, 12),
        "pose": (4, 8),
    }
    make(copied, TABLE, config=config)
    assert "Nothing to be done" in make(copied, target, config=config)
    time.sleep(1.1)
    shutil.copy(pictures / "3-2.png", pictures / "0-0.png")
    assert "prepare_views" in planned(copied, target, config=config)
    (pictures / "3-2.png").unlink()
    refused = run(copied, target, "-n", config=config)
    assert refused.returncode != 0 and "3-2.png'; correct it" in refused.stdout
