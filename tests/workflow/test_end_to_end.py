"""The whole pipeline in a folder of its own: from base images to figures, whatever is killed."""

import io
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from importlib import import_module
from pathlib import Path

import pandas as pd
import pytest
import yaml
from support import (
    contrastive_tables,
    helped_images,
    influence_tables,
    model_tables,
    results_page,
)
from support.influence_tables import PAPER
from support.links import followed
from support.picture_tables import SHOWN, check_rows
from support.project import only
from support.tidy_tables import tidy_tables
from support.tiny_config import TINY

from invariance.artefacts import ARTEFACTS
from invariance.figures import sweeps
from invariance.figures.influence import subpopulations
from invariance.provenance.recipes import RECIPES
from invariance.studies import load_studies
from invariance.studies.stages import BY_METHOD, up_to
from invariance.tables.layout import module_of
from transforms2d.storage.shards import read_shard

pytestmark = pytest.mark.timeout(900)

STUDY = "results/tiny/invariance_vs_factors"


def finish(project, config=TINY):
    overlay = project.overlay(config)
    done = project.run("--cores", "2", "--configfile", overlay, timeout=800)
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """An undisturbed run; tests may look at it but not change it."""
    from support.project import Project

    folder = tmp_path_factory.mktemp("finished") / "project"
    folder.mkdir()
    project = Project(folder)
    finish(project)
    return project


def dry_run(project, config) -> dict:
    """Jobs of each rule that a changed configuration would run."""
    plan = project.run("-n", "--configfile", project.overlay(config))
    assert plan.returncode == 0, plan.stdout
    _, _, stats = plan.stdout.rpartition("Job stats:")
    rows = (line.split() for line in stats.splitlines())
    return {row[0]: int(row[1]) for row in rows if len(row) == 2 and row[1].isdigit()}


def test_every_figure_is_made_with_its_numbers(finished):
    for figure in (1, 2, 3, 4, 5, 6, 9, 12, 13, 15, 16, 17):
        for suffix in ("png", "pdf", "csv"):
            assert (finished.folder / f"results/tiny/figures/fig{figure}.{suffix}").stat().st_size
    for table in (1, 2):
        for suffix in ("csv", "md", "tex", "html"):
            assert (finished.folder / f"results/tiny/tables/tab{table}.{suffix}").stat().st_size
    verdicts = pd.read_csv(finished.folder / "results/tiny/scorecard/scorecard.csv").verdict
    assert len(verdicts) > 1000
    assert "match" not in set(verdicts)
    table = pd.read_csv(finished.folder / f"{STUDY}/results.csv")
    assert set(table.method) == {
        "pretraining",
        "linear_probe",
        "fine_tuning",
        "fine_tuning_few",
    }
    assert set(table.model) == {
        f"{transforms}/{classes}/n100/resnet-18"
        for transforms in ("same", "different")
        for classes in ("disjoint", "same")
    }
    accuracies = table[table.quantity.str.endswith("accuracy")].value
    assert accuracies.between(0, 1).all()


@pytest.mark.parametrize("figure", SHOWN)
def test_pictures_are_drawn_from_the_shards_of_their_examples(finished, figure):
    shards = {
        path.stem: read_shard(path)
        for path in (finished.folder / f"results/tiny/examples/{figure}").iterdir()
    }
    made = finished.folder / f"results/tiny/figures/{figure}.csv"
    table = pd.read_csv(made)
    assert len(table) == SHOWN[figure]
    check_rows(table, shards)
    for suffix in ("png", "pdf"):
        assert made.with_suffix(f".{suffix}").stat().st_size > 10_000


def read(path) -> pd.DataFrame:
    return pd.read_csv(path) if path.suffix == ".csv" else pd.read_json(path, lines=True)


def sweeps_of(config) -> pd.DataFrame:
    """The table of figure 14."""
    only_study = {**config, "studies": {**config["studies"], **only("irrelevant_features")}}
    (study,) = load_studies(only_study).values()
    (table,) = tidy_tables(only_study, lambda row: 0.5).values()
    return sweeps.table(table, study, "fig14")


def test_docs_results_tells_each_column_of_each_table(finished, config):
    """Its kind of values, and where there is none; and it tells nothing that no table has."""
    folder = finished.folder / "results/tiny"
    paths = [*folder.rglob("*.csv"), *folder.rglob("metrics.jsonl")]
    paths = [path for path in paths if path.name != "masks.csv"]  # a column per source class
    made = [(path.relative_to(folder).as_posix(), read(path)) for path in paths]
    made.append(("figures/fig14.csv", sweeps_of(config)))  # which this run does not draw
    made += of_source_classes() + of_views() + of_models()
    told = results_page.columns()
    found = {files: set() for files in told}
    for name, table in made:
        (files,) = [files for files in told if results_page.is_of(name, files)]
        lacking = set(table.columns) - set(told[files])
        assert not lacking, f"{name}: docs/results.md lacks {lacking}"
        found[files] |= set(table.columns)
        for column in table.columns:
            results_page.check_values(table[column], *told[files][column], f"{name}: {column}")
    for files, columns in told.items():
        assert set(columns) == found[files], f"{files}: no table has {set(columns) - found[files]}"


def of_source_classes() -> list:
    """Every CSV of the study of source classes, from a table that is made up."""
    study = influence_tables.study(PAPER)
    results, made = influence_tables.table(study), []
    for name, one in ARTEFACTS.items():
        path = f"{one.kind}/{name}.csv"
        if one.study == study.name and one.own_rule:
            shards = helped_images.shards()
            drawn = helped_images.influences(shards), helped_images.SOURCES, shards, 20, 1
            made.append((path, subpopulations.draw(*drawn)[1]))
        elif one.study == study.name and one.kind == "figures":
            module = import_module(f"invariance.figures.{one.module}")
            made.append((path, module.table(results, study, name)))
        elif one.study == study.name:
            made.append((path, module_of(name).numbers(results, name, "test")))
    return [(path, pd.read_csv(io.StringIO(one.to_csv(index=False)))) for path, one in made]


def of_views() -> list:
    """Every CSV of the study of views, from a table that is made up."""
    study = contrastive_tables.study(contrastive_tables.PAPER, seeds=3)
    results, made = contrastive_tables.table(study), []
    for name, one in ARTEFACTS.items():
        if one.study == study.name and one.kind == "figures":
            module = import_module(f"invariance.figures.{one.module}")
            made.append((f"figures/{name}.csv", module.table(results, study, name)))
        elif one.study == study.name:
            made.append((f"tables/{name}.csv", module_of(name).numbers(results, name, "test")))
    return [(path, pd.read_csv(io.StringIO(one.to_csv(index=False)))) for path, one in made]


def of_models() -> list:
    """Every CSV of the measures of all studies' models, from a table that is made up."""
    results, made = model_tables.table().drop(columns="place"), []
    for name, one in ARTEFACTS.items():
        if one.least_models:
            made.append((f"tables/{name}.csv", module_of(name).numbers(results, name, "test")))
    for name, rows in results.groupby("study"):
        made.append((f"{name}/measures.csv", rows.dropna(axis="columns", how="all")))
    return [(path, pd.read_csv(io.StringIO(one.to_csv(index=False)))) for path, one in made]


def test_docs_results_tells_each_quantity_and_each_method(finished):
    tables = [
        pd.read_csv(path) for path in (finished.folder / "results/tiny").glob("*/results.csv")
    ]
    assert len(tables) == 6
    for column in ("quantity", "method"):
        made_up = set(influence_tables.table(influence_tables.study(PAPER))[column])
        found = {name for one in tables for name in one[column]} | made_up
        found = {re.sub("@.*", "@<shrinkage>", name) for name in found}
        assert results_page.named(column) == found


def test_every_link_of_its_pages_leads_somewhere(finished):
    count, dead = followed(finished.folder / "results/tiny")
    assert not dead and count > 150


def test_the_merged_configuration_lies_beside_the_results(finished):
    merged = yaml.safe_load((finished.folder / "results/tiny/config.yaml").read_text())
    assert merged["pretraining"]["width"] == 4
    assert merged["pretraining"]["learning_rate"] == 0.001


def test_a_second_run_has_nothing_to_do(finished):
    assert "Nothing to be done" in finish(finished)


def test_a_project_that_was_copied_or_moved_has_nothing_to_do(finished, tmp_path):
    """No input, parameter or page names the place of the project."""
    project = object.__new__(type(finished))
    for name in ("copied", "moved"):
        project.folder = tmp_path / name
        if name == "copied":
            shutil.copytree(finished.folder, project.folder, symlinks=True)
        else:
            (tmp_path / "copied").rename(project.folder)
        plan = project.run("-n", "--configfile", "config/overlay.yaml")
        assert plan.returncode == 0 and "Nothing to be done" in plan.stdout, plan.stdout
    made = project.run("--report", "report.html", "--configfile", "config/overlay.yaml")
    assert made.returncode == 0, made.stdout
    shared = [project.folder / "report.html", *project.folder.glob("results/tiny/**/*")]
    shared = [path for path in shared if path.is_file() and "logs" not in path.parts]
    assert len(shared) > 50
    for lies_in in (finished.folder, project.folder):
        assert [path for path in shared if str(lies_in).encode() in path.read_bytes()] == []


def test_features_and_resume_states_do_not_stay(finished):
    seed = finished.folder / f"{STUDY}/t2d/seed0"
    assert list(seed.glob("data/**/*.safetensors"))
    assert not list(seed.glob("features/**/*.safetensors"))
    assert not list(seed.glob("pretrain/**/resume"))


def test_every_record_says_how_it_was_made(finished):
    records = sorted((finished.folder / "results/tiny").glob("*/*/seed0/**/*.json"))
    assert {path.parts[-1] for path in records} >= {"record.json", "target.json"}
    methods = Counter()
    for path in records:
        record = json.loads(path.read_text())
        methods[record["method"]] += 1
        assert set(record["seeds"]) == {"run", "configuration", "sampling"}, path
        assert {one.name for one in up_to(BY_METHOD[record["method"]].name)} <= set(
            record["stages"]
        ), path
        for stage, entry in record["stages"].items():
            assert entry["recipe"] == RECIPES[stage] and entry["settings"], path
        how = record["provenance"]
        assert how["device"].startswith("cpu (") and how["threads"] == 1, path
        assert how["wall_seconds"] > 0 and how["peak_memory_mb"] > 50, path
        assert {"python", "torch", "torchvision", "numpy"} <= set(how["versions"]), path
    made = {method for method, stage in BY_METHOD.items() if not stage.on_request}
    assert set(methods) == made, methods


DATA, SAME, OTHER = f"{STUDY}/t2d/seed0", "same/disjoint/n100", "different/disjoint/n100"
# An intact file laid over another one, and what is made of that one.
SWAPPED = {
    "split of a target": ("data/target/train", "data/target/test", f"finetune/{SAME}/target.json"),
    "data": (f"data/{OTHER}/train", f"data/{SAME}/train", f"pretrain/{SAME}/record.json"),
    "weights": (f"pretrain/{OTHER}/model", f"pretrain/{SAME}/model", f"probe/{SAME}/record.json"),
    "heads": (f"probe/{OTHER}/heads", f"probe/{SAME}/heads", f"finetune/{SAME}/target.json"),
    "record": (f"probe/{OTHER}/record", f"probe/{SAME}/record", "../../results.csv"),
}


@pytest.mark.parametrize("kind", SWAPPED)
def test_an_intact_file_in_the_place_of_another_is_refused_or_made_again(finished, tmp_path, kind):
    shutil.copytree(finished.folder, tmp_path / "project", symlinks=True)
    project = object.__new__(type(finished))
    project.folder = tmp_path / "project"

    def place(name):
        model = name.replace("n100/", "n100/resnet-18/") if not name.startswith("data") else name
        suffix = ".json" if name.endswith("record") else ".safetensors"
        return os.path.normpath(f"{DATA}/{model}{'' if Path(model).suffix else suffix}")

    other, swapped, made = map(place, SWAPPED[kind])
    shutil.copy(project.folder / other, project.folder / swapped)
    (project.folder / made).unlink()
    command = (made, "--cores", "1", "--configfile", project.overlay(TINY))
    # Where changes of parameters make nothing run again, the reader refuses it.
    done = project.run(*command, "--rerun-triggers", "mtime", timeout=800)
    assert done.returncode != 0 and not (project.folder / made).exists()
    named = [line for line in done.stdout.splitlines() if line.startswith("error: ")]
    assert named and all(f"{swapped}: made for something else: " in line for line in named)
    assert "Traceback" not in done.stdout
    plan = project.run(*command, "-n")
    assert plan.returncode == 0 and "Params have changed" in plan.stdout, plan.stdout


def test_a_changed_key_reruns_what_depends_on_it(finished):
    def changed(*path, value):
        config = yaml.safe_load(yaml.safe_dump(TINY))
        inner = config
        for key in path[:-1]:
            inner = inner.setdefault(key, {})
        inner[path[-1]] = value
        return dry_run(finished, config)

    # Tables and scorecard say at which scale the run was made.
    pages = {"figures_page", "overview"}
    tables = {"write_table", "write_influence_table", "write_contrastive_table"}
    said = {"all", "total", "write_config", "ledger", "scorecard", *tables, *pages}
    drawn = {"draw_factors", "draw_differences"}
    tuned = {"fine_tune", "collect_results", *drawn, *said}
    probed = {"extract_features", "linear_probe", "draw_mismatch", *tuned}
    scored = {"score_sensitivity", "collect_results", "draw_heatmaps", *said}
    assert set(changed("linear_probe", "epochs", value=4)) == probed
    assert set(changed("fine_tuning", "epochs", value=3)) == tuned
    assert set(changed("sensitivity", "pairs", value=30)) == scored
    pooled = changed("protocol", "accuracy", value="pooled_macro")
    assert set(pooled) == {"draw_mismatch", *drawn, *said} - {"ledger"}
    more = {"threads": 2, "mem": "2GB", "runtime": "5m"}
    assert set(changed("resources", "pretraining", value=more)) <= {
        *("all", "total", "write_config", "overview")
    }
    trained = changed("studies", "irrelevant_features", "pretraining", "epochs", value=3)
    assert trained["pretrain"] == trained["linear_probe"] == 4
    assert not {"render_dataset", "fine_tune", "draw_factors", "draw_heatmaps"} & set(trained)


def test_a_killed_run_goes_on_and_ends_the_same(finished, project):
    draw = random.Random(0)
    one_study = {**TINY, "studies": {**TINY["studies"], **only("invariance_vs_factors")}}
    config = project.overlay(one_study)
    compared = (f"{STUDY}/results.csv", "results/tiny/figures/fig2.csv")
    command = (*compared, "--cores", "2", "--configfile", config)
    for _ in range(4):
        process = subprocess.Popen(
            project.command(*command),
            cwd=project.folder,
            env=project.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(draw.uniform(6, 14))
        # Only Snakemake itself: its jobs live on for a while, as after a crash.
        process.send_signal(signal.SIGKILL)
        process.wait()
        project.run("--unlock", "--configfile", config)
    done = project.run(*command, timeout=800)
    assert done.returncode == 0, done.stdout
    for name in compared:
        assert (project.folder / name).read_bytes() == (finished.folder / name).read_bytes()
    weights = f"{STUDY}/t2d/seed0/pretrain/same/disjoint/n100/resnet-18/model.safetensors"
    assert (project.folder / weights).read_bytes() == (finished.folder / weights).read_bytes()


def test_a_number_is_followed_back_to_its_pixels(finished, repository, tmp_path):
    """``docs/walkthrough.md``, on this run in place of the demo's."""
    text = (repository / "docs/walkthrough.md").read_text(encoding="utf-8")
    code = "".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL))
    (tmp_path / "results").symlink_to(finished.folder / "results")
    code = code.replace("results/demo", "results/tiny").replace("n1200", "n100")
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "scale.factor" in done.stdout
    assert (tmp_path / "one_image.png").stat().st_size


def test_threads_of_rendering_change_no_byte(finished, project):
    config = yaml.safe_load(yaml.safe_dump(TINY))
    config["resources"]["rendering"]["threads"] = 2
    shard = f"{STUDY}/t2d/seed0/data/target/test.safetensors"
    done = project.run("--cores", "2", "--notemp", shard, "--configfile", project.overlay(config))
    assert done.returncode == 0, done.stdout
    # The finished run rendered with one.
    assert (project.folder / shard).read_bytes() == (finished.folder / shard).read_bytes()
