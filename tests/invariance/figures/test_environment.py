"""Figures have the same bytes whatever the user's settings of matplotlib are."""

import hashlib
import os
import subprocess
import sys

import pytest
import yaml
from support.tidy_tables import tidy_tables

# Draws figures with all kinds of marks from tables, as the script of its rule does.
DRAW = """
import sys
from importlib import import_module
from pathlib import Path
import pandas as pd
import yaml
from invariance.figures import style
from invariance.artefacts import figures
from invariance.studies import load_studies

folder, out = map(Path, sys.argv[1:])
studies = load_studies(yaml.safe_load((folder / "config.yaml").read_text()))
published = pd.read_csv(folder / "published.csv")
kinds = {figure.module: (name, figure.study) for name, figure in figures(studies).items()}
for module in ("heatmaps", "mismatch", "sweeps"):
    name, study = kinds[module]
    draws = import_module(f"invariance.figures.{module}")
    tidy = pd.read_csv(folder / f"{study}.csv", low_memory=False)
    table = draws.table(tidy, studies[study], name)
    values = published[published.study == study]
    paths = [out / f"{name}{suffix}" for suffix in (".png", ".pdf", ".csv")]
    style.save(draws.draw(table, studies[study], name, values), paths, table)
"""
SETTINGS = """
backend: svg
font.family: monospace
font.sans-serif: Liberation Sans
axes.linewidth: 7
lines.solid_capstyle: round
savefig.pad_inches: 2
figure.dpi: 31
text.usetex: True
pdf.compression: 0
no.such.setting: 1
"""


@pytest.fixture(scope="module")
def tables(tmp_path_factory, repository):
    folder = tmp_path_factory.mktemp("tables")
    config = yaml.safe_load((repository / "config/config.yaml").read_text(encoding="utf-8"))
    for study in config["studies"].values():
        study["seeds"] = 2
    config["studies"]["invariance_vs_factors"] = None  # by far the longest table
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    published = (repository / "config/paper_values.csv").read_text(encoding="utf-8")
    (folder / "published.csv").write_text(published)
    drawn = tidy_tables(config, lambda row: len(str(sorted(row.items()))) % 17 / 17)
    for name, table in drawn.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    return folder


def draw(tables, out, repository, working_folder, **surroundings) -> dict[str, str]:
    """The digest of each file drawn by a process that begins in a folder, by its name."""
    out.mkdir()
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("MPL", "MATPLOTLIB"))}
    drawn = subprocess.run(
        [sys.executable, "-c", DRAW, tables, out],
        cwd=working_folder,
        env={**kept, "PYTHONPATH": str(repository / "workflow/lib"), **surroundings},
        capture_output=True,
        text=True,
    )
    assert drawn.returncode == 0, drawn.stderr
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(out.iterdir())}


@pytest.fixture(scope="module")
def plain(tables, repository, tmp_path_factory):
    folder = tmp_path_factory.mktemp("plain")
    found = draw(tables, folder / "out", repository, folder)
    assert len(found) == 3 * 3
    return found


def test_a_notebook_s_backend_and_settings_in_the_working_folder(
    tables, plain, repository, tmp_path
):
    (tmp_path / "matplotlibrc").write_text(SETTINGS)
    surroundings = {"MPLBACKEND": "module://a_notebook.backend", "SOURCE_DATE_EPOCH": "yesterday"}
    assert draw(tables, tmp_path / "out", repository, tmp_path, **surroundings) == plain


@pytest.mark.parametrize("variables", [("MATPLOTLIBRC", "MPLCONFIGDIR"), ("XDG_CONFIG_HOME",)])
def test_settings_where_variables_lead_to(tables, plain, repository, tmp_path, variables):
    home = tmp_path / "set"
    folder = home / "matplotlib" if "XDG_CONFIG_HOME" in variables else home
    styles = folder / "stylelib"
    (styles / "unreadable.mplstyle").mkdir(parents=True)
    (styles / "default.mplstyle").write_text("axes.linewidth: 9\n")
    (folder / "matplotlibrc").write_text(SETTINGS)
    surroundings = {"SOURCE_DATE_EPOCH": "86400", **dict.fromkeys(variables, str(home))}
    assert draw(tables, tmp_path / "out", repository, tmp_path, **surroundings) == plain


def test_settings_of_a_process_that_loaded_matplotlib_before(monkeypatch):
    import matplotlib

    from invariance.figures import style

    changed = {"axes.linewidth": 7, "savefig.pad_inches": 2, "pdf.compression": 0}
    default = {name: matplotlib.rcParamsDefault[name] for name in changed}
    matplotlib.rcParams.update(changed)
    plt = style.pyplot()
    assert {name: plt.rcParams[name] for name in changed if name != "axes.linewidth"} == {
        name: value for name, value in default.items() if name != "axes.linewidth"
    }
    assert plt.rcParams["axes.linewidth"] != 7, "the look of these figures sets it"
    assert matplotlib.get_backend() == "agg"
