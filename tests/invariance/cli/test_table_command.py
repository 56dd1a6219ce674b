"""What ``python -m invariance table`` prints are the numbers of the files, whole and plain."""

import importlib
import re
import subprocess
import sys
import zlib

import numpy as np
import pandas as pd
import pytest
import yaml
from scipy import stats
from support.tidy_tables import tidy_tables

from invariance.__main__ import main
from invariance.artefacts import figures
from invariance.cli.show_numbers import of_study, over_seeds
from invariance.records.results import read_results, write_results
from invariance.studies import load_studies

FACTORS = "invariance_vs_factors"


def value(row):
    """Any value that differs from row to row, the same in each run."""
    return zlib.crc32(repr(sorted(map(str, row.values()))).encode()) / 2**32


@pytest.fixture(scope="module")
def demo(repository):
    from invariance.config.loading import read_config

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(repository)
        config = read_config(["config/demo.yaml"])
    config["studies"][FACTORS]["seeds"] = 3
    return config


@pytest.fixture(scope="module")
def results(demo, tmp_path_factory):
    """Tables of studies and figures as the workflow writes them."""
    folder, studies = tmp_path_factory.mktemp("results"), load_studies(demo)
    tables = tidy_tables(demo, value)
    (folder / "figures").mkdir()
    for name, table in tables.items():
        (folder / name).mkdir()
        write_results(folder / name / "results.csv", table)
    for name, figure in figures(studies).items():
        module = importlib.import_module(f"invariance.figures.{figure.module}")
        shown = module.table(tables[figure.study], studies[figure.study], name)
        shown.to_csv(folder / f"figures/{name}.csv", index=False)
    return folder


@pytest.fixture
def ask(repository, monkeypatch, capsys):
    """Status, output and errors of the command in the repository's root."""
    monkeypatch.chdir(repository)

    def asked(name, results, *more):
        arguments = ["table", name, "--configfile", "config/demo.yaml", *more]
        status = main([*arguments, "--results", str(results)])
        return status, *capsys.readouterr()

    return asked


def test_figures_are_means_over_seeds(ask, results):
    status, page, _ = ask("fig2", results)
    assert status == 0
    table = pd.read_csv(results / "figures/fig2.csv")
    cells = table.groupby(["factor", "value", "transforms", "task"])
    rows = [line.split() for line in page.splitlines() if len(line.split()) == 8]
    rows = {tuple(row[:4]): row[4:] for row in rows if row[0] != "factor"}
    assert len(rows) == cells.ngroups > 20
    for (factor, amount, transforms, task), part in cells:
        at = f"{float(amount):g}" if amount.replace(".", "").isdigit() else amount
        mean, n, low, high = map(float, rows[factor, at, transforms, task])
        ends = stats.t.interval(0.95, 2, part.accuracy.mean(), stats.sem(part.accuracy))
        assert n == 3 and mean == pytest.approx(part.accuracy.mean(), abs=6e-3)
        assert (low, high) == pytest.approx(ends, abs=6e-3)
    assert page.rstrip().endswith(f"{results}/figures/fig2.csv")


def test_intervals_are_students():
    seeds = np.random.default_rng(3).random(10)
    table = pd.DataFrame({"panel": "a", "seed": range(10), "accuracy": seeds})
    table = pd.concat([table, pd.DataFrame({"panel": ["b"], "seed": [0], "accuracy": [0.5]})])
    found = over_seeds(table).set_index("panel")
    ends = stats.t.interval(0.95, 9, seeds.mean(), stats.sem(seeds))
    assert found.loc["a", ["low", "high"]].tolist() == pytest.approx(ends)
    assert found.loc["b", "n"] == 1 and found.loc["b", ["low", "high"]].isna().all()


def test_numbers_have_the_decimals_that_their_interval_is_worth(tmp_path, ask):
    (tmp_path / "figures").mkdir()
    rows = [
        {"factor": "a", "value": x, "seed": seed, "accuracy": 0.5 + width * seed}
        for x, width in (("wide", 0.1), ("narrow", 0.001))
        for seed in range(3)
    ]
    pd.DataFrame(rows).to_csv(tmp_path / "figures/fig2.csv", index=False)
    _, page, _ = ask("fig2", tmp_path)
    assert re.search(r"wide +0\.60 +3 +0\.35 +0\.85\n", page), page
    assert re.search(r"narrow +0\.5010 +3 +0\.4985 +0\.5035\n", page), page
    points = {line.rindex(".") for line in page.splitlines() if line.split()[:1] == ["a"]}
    assert len(points) == 1


def test_every_figure_and_study_is_shown_whole(ask, demo, results, monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    names = [*figures(load_studies(demo)), *demo["studies"]]
    assert len(names) > 14
    for name in names:
        status, page, _ = ask(name, results)
        assert status == 0 and "\x1b" not in page, name
        assert "..." not in page and len(page.splitlines()) > 3, name


def test_studies_are_means_over_models(results):
    table = read_results(results / FACTORS / "results.csv")
    found = of_study(table, "test_accuracy")
    row = found[
        (found.domain == "t2d") & (found.method == "linear_probe") & found.target_samples.isna()
    ]
    part = table[
        (table.domain == "t2d")
        & (table.method == "linear_probe")
        & (table.quantity == "test_accuracy")
        & table.target_samples.isna()
    ]
    models = part.groupby("model").value.mean()
    (row,) = row.to_dict("records")
    assert (row["models"], row["seeds"]) == (len(models), 3)
    assert row["mean"] == pytest.approx(part.value.mean())
    assert (row["lowest"], row["highest"]) == pytest.approx((models.min(), models.max()))
    assert set(found.quantity) == {"test_accuracy"}
    assert set(found.method) == {"pretraining", "linear_probe", "fine_tuning", "fine_tuning_few"}


def test_tables_and_the_scorecard_are_as_written(ask, tmp_path):
    written = {"tab2": ("tables/tab2.md", "tables/tab2.csv")}
    written["influence_areas"] = ("tables/influence_areas.md", "tables/influence_areas.csv")
    written["scorecard"] = ("scorecard/summary.txt", "scorecard/scorecard.csv")
    for name, (text, table) in written.items():
        (tmp_path / text).parent.mkdir(exist_ok=True)
        (tmp_path / text).write_text(f"| {name} | 0.31 \u00b1 0.02 |\n", encoding="utf-8")
        (tmp_path / table).touch()
        expected = f"| {name} | 0.31 \u00b1 0.02 |\n\n{tmp_path / table}\n"
        assert ask(name, tmp_path) == (0, expected, "")


def test_what_is_not_made_yet_names_its_command(ask, tmp_path):
    status, page, errors = ask("fig2", tmp_path)
    assert (status, page) == (1, "")
    assert errors == (
        f"error: {tmp_path}/figures/fig2.csv: not made yet; run: snakemake fig2 --cores 2 "
        f"--configfile config/demo.yaml --config results={tmp_path}\n"
    )


def test_an_unknown_name_is_one_line(ask, tmp_path):
    status, _, errors = ask("fig99", tmp_path)
    assert status == 1
    assert re.match(r"error: fig99: unknown name; valid here: fig1, .*tab1, .*scorecard", errors)
    assert errors.count("\n") == 1


def test_a_reader_that_stops_early_is_no_error(repository, results):
    command = [sys.executable, "-m", "invariance", "table", FACTORS, "--results", str(results)]
    with subprocess.Popen(
        command,
        cwd=repository,
        env={"PYTHONPATH": str(repository / "workflow/lib"), "PATH": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_the_documented_line_reads_results(repository, results, tmp_path, monkeypatch):
    page = (repository / "docs/looking.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    (path,) = re.findall(r'"(results/\S+)"', block)
    there = tmp_path / path
    there.parent.mkdir(parents=True)
    table = pd.read_csv(results / "invariance_mismatch/results.csv")
    write_results(there, table)
    monkeypatch.chdir(tmp_path)
    found = {}
    exec(block, found)
    assert found["frame"].equals(table)


def test_the_documented_configuration_is_the_default(repository):
    page = (repository / "docs/looking.md").read_text(encoding="utf-8")
    for name in re.findall(r"--configfile (\S+)", page):
        assert yaml.safe_load((repository / name).read_text(encoding="utf-8"))
