"""The measures of every model for real: made on request, from networks that are there."""

import copy
import json
import shutil

import numpy as np
import pandas as pd
import pytest
from support.project import Project, only
from support.runs import Runs
from support.tiny_config import TINY

pytestmark = pytest.mark.timeout(900)

STUDIES = ("invariance_mismatch", "irrelevant_features")
FOLDER = "results/tiny"
TABLES = ("model_invariance", "model_agreement")
RECORD = f"{FOLDER}/invariance_mismatch/t2d/seed0/measures/nested2/resnet-18/record.json"
MODELS = {"invariance_mismatch": 2, "irrelevant_features": 4}


def settings(**measures) -> dict:
    """The tiny configuration with two studies, and changes of what is measured."""
    config = copy.deepcopy(TINY)
    config["studies"] = {**only(*STUDIES), **{name: config["studies"][name] for name in STUDIES}}
    config["measures"] |= measures
    return config


RUNS = Runs(settings)
run, make, planned = RUNS.run, RUNS.make, RUNS.planned


def table(project, study: str) -> pd.DataFrame:
    return pd.read_csv(project.folder / f"{FOLDER}/{study}/measures.csv")


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("measures") / "project"
    folder.mkdir()
    project = Project(folder)
    make(project, "measures")
    return project


@pytest.fixture
def copied(finished, tmp_path):
    """The finished run, in a folder of its own, to be changed."""
    shutil.copytree(finished.folder, tmp_path / "project", symlinks=True)
    project = object.__new__(Project)
    project.folder = tmp_path / "project"
    return project


def test_every_model_is_measured_without_any_probe_or_score(finished):
    folders = {path.name for path in (finished.folder / FOLDER).glob("*/*/seed0/*")}
    assert folders == {"data", "pretrain", "measures"}
    for study, models in MODELS.items():
        found = table(finished, study)
        assert found.model.nunique() == models
        assert np.isfinite(found.value).all()
        ways = found[["method", "change"]].drop_duplicates().fillna("").to_numpy().tolist()
        assert sorted(ways) == [
            *(["invariance", "hue"], ["invariance", "rotate"]),
            *(["invariance_draws", name] for name in ("hue", "noise", "rotate")),
            ["spectrum", ""],
        ]
        assert {"sensitivity", "centred_cosine", "whitened_cosine@0.01"} <= set(found.quantity)
    assert set(table(finished, "irrelevant_features").target) == {"target/CO_C"}


def test_tables_are_made_in_four_formats(finished):
    for name in TABLES:
        for suffix in ("csv", "md", "tex", "html"):
            assert (finished.folder / f"{FOLDER}/tables/{name}.{suffix}").stat().st_size
    shown = pd.read_csv(finished.folder / f"{FOLDER}/tables/model_invariance.csv")
    assert shown.model.nunique() == sum(MODELS.values())
    agreement = pd.read_csv(finished.folder / f"{FOLDER}/tables/model_agreement.csv")
    assert set(agreement.study) == {"irrelevant_features"}  # the other has two models


def test_a_second_run_has_nothing_to_do_and_prints_its_table(finished):
    assert "Nothing to be done" in make(finished, "measures")
    overlay = finished.overlay(settings())
    for command in ("table", "explain"):
        said = finished.python(
            "-m", "invariance", command, "model_invariance", "--configfile", overlay
        )
        assert said.returncode == 0, said.stderr
        assert "model_invariance" in said.stdout
    asked = finished.python("-m", "invariance", "explain", RECORD, "--configfile", overlay)
    assert "every measure of invariance of the model nested2/resnet-18" in asked.stdout
    assert "everything exists; nothing to run" in asked.stdout


def test_nothing_else_needs_them(finished):
    plan = planned(finished, "all")
    assert not [rule for rule in plan if "measure" in rule or "model_table" in rule]
    for name in STUDIES:
        assert "measure_model" not in planned(finished, name)


@pytest.mark.parametrize(
    ("changes", "again"),
    [
        ({"grid": 3}, {"measure_model": 6, "collect_measures": 2}),
        ({"natural": {"fit": 25, "scored": 10}}, {"measure_model": 4, "collect_measures": 1}),
        ({"rendered": {"fit": 25, "scored": 10}}, {"measure_model": 2, "collect_measures": 1}),
    ],
)
def test_a_changed_setting_reruns_what_depends_on_it(finished, changes, again):
    plan = planned(finished, "measures", config=settings(**changes))
    # Tables of both studies name the sources of each.
    assert plan == {**again, "write_model_table": 2, "measures": 1, "total": plan["total"]}


def test_a_single_record_is_made_alone_and_is_the_same(copied):
    path = copied.folder / RECORD
    before = json.loads(path.read_text())["evaluations"]
    path.unlink()
    assert planned(copied, RECORD) == {"measure_model": 1, "total": 1}
    make(copied, RECORD)
    assert json.loads(path.read_text())["evaluations"] == before


@pytest.mark.parametrize("name", ["weights", "record"])
def test_an_intact_file_of_another_model_is_refused(copied, name):
    folder = copied.folder / f"{FOLDER}/invariance_mismatch/t2d/seed0"
    pattern = {"weights": "pretrain/{}/model.safetensors", "record": "measures/{}/record.json"}
    own, other = (pattern[name].format(f"nested{size}/resnet-18") for size in (2, 1))
    shutil.copy(folder / other, folder / own)
    target = RECORD if name == "weights" else f"{FOLDER}/invariance_mismatch/measures.csv"
    (copied.folder / target).unlink()
    done = run(copied, target, "--cores", "1", "--rerun-triggers", "mtime", timeout=800)
    assert done.returncode != 0 and not (copied.folder / target).exists()
    named = [line for line in done.stdout.splitlines() if line.startswith("error: ")]
    assert named and all(f"{own}: made for something else" in line for line in named), done.stdout
    assert "Traceback" not in done.stdout


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (RECORD.replace("nested2", "nested9"), "unknown 'nested9'; valid here: nested1, nested2"),
        (
            RECORD.replace("measures", "represent"),
            "unknown 'represent'; valid here: data, pretrain",
        ),
        (f"{FOLDER}/invariance_mismatch/measure.csv", "no rule makes this file; did you mean"),
        ("measure", "unknown name; did you mean measures"),
    ],
)
def test_a_wrong_request_is_one_line(finished, target, message):
    asked = run(finished, target, "-n")
    assert asked.returncode != 0
    said = ("Using ", "Config file ")
    lines = [line for line in asked.stdout.splitlines() if not line.startswith(said)]
    assert len(lines) == 1 and lines[0].startswith(f"error: {target}: {message}"), lines


def test_too_few_images_are_refused_before_any_job(project):
    config = settings(natural={"fit": 31, "scored": 10})
    asked = run(project, "measures", "-n", config=config)
    assert asked.returncode != 0
    assert "error: measures.natural: fit and scored are 41 images, but the classes of " in (
        asked.stdout
    )
    assert "Traceback" not in asked.stdout


def test_where_no_study_pretrains_there_are_no_measures(project):
    config = copy.deepcopy(TINY)
    config["studies"] = {**only("influence"), "influence": config["studies"]["influence"]}
    asked = run(project, "measures", "-n", config=config)
    assert asked.returncode != 0 and "error: measures: " in asked.stdout
    assert "not made from this configuration" in asked.stdout or "unknown name" in asked.stdout
    assert planned(project, "influence", config=config)["train_subsets"]
