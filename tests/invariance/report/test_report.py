"""Snakemake's report: what its rows say, and what a reader finds by searching and by links."""

import base64
import json
import re
import shutil
import subprocess

import pytest
from support.project import Project, one_seed
from support.tidy_tables import tidy_tables

from invariance.artefacts import ARTEFACTS
from invariance.provenance import notes
from invariance.provenance.source_digests import artefact_digests
from invariance.records.made_with import made_with
from invariance.records.results import write_results
from invariance.studies import load_studies

FOLDER = "results/tried"
SHOWN = ("fig2", "fig8", "fig10", "tab1", "tab2")
RULES = ("draw_factors", "write_table", "scorecard")
BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
needs_browser = pytest.mark.skipif(BROWSER is None, reason="no chromium here")


@pytest.fixture(scope="module")
def report(tmp_path_factory, repository):
    """The report of a run whose figures and tables come from tables made up: nothing is trained."""
    import yaml

    config = yaml.safe_load((repository / "config/config.yaml").read_text(encoding="utf-8"))
    for name, changes in one_seed().items():
        config["studies"][name] |= changes
    folder = tmp_path_factory.mktemp("report") / "project"
    folder.mkdir()
    project = Project(folder)
    overlay = project.overlay({"results": FOLDER, "studies": one_seed()})
    for name, table in tidy_tables(config, lambda row: 0.5).items():
        place = folder / FOLDER / name
        place.mkdir(parents=True)
        write_results(place / "results.csv", table)
        of = {"of": artefact_digests(name, config, load_studies(config))}
        made = [place / "results.csv", place / "results.csv.sha256"]
        notes.write(place.parent, made, of, provenance=made_with([]))
    targets = (*SHOWN, "scorecard", "--configfile", overlay)
    made = project.run(*targets, "--cores", "2", "--allowed-rules", *SHOWN, *RULES)
    assert made.returncode == 0, made.stdout
    shown = project.run(*targets, "--report", "report.html", "--allowed-rules", *SHOWN, *RULES)
    assert shown.returncode == 0, shown.stdout
    return folder / "report.html"


def content(report, name) -> dict:
    """One of the values that the report is made of."""
    text = report.read_text(encoding="utf-8")
    found = re.search(rf'<script id="{name}">\s*var \w+ = (.*);\s*</script>', text)
    return json.loads(found[1])


def after(report, tmp_path, script) -> str:
    """The report as it stands in a browser after it ran a script."""
    text, end, rest = report.read_text(encoding="utf-8").rpartition("</body>")
    changed = tmp_path / "changed.html"
    run = f"<script>setTimeout(() => {{ {script} }}, 1000)</script>"
    changed.write_text(f"{text}{run}{end}{rest}", encoding="utf-8")
    options = ("--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=15000")
    command = [BROWSER, *options, f"--user-data-dir={tmp_path}/user", "--dump-dom"]
    done = subprocess.run(
        [*command, changed.as_uri()], capture_output=True, text=True, timeout=120, check=True
    )
    return done.stdout.split('<div id="app">')[1].split("<script")[0]


def rows(page) -> list[str]:
    return re.findall(r'<td class="p-1 pl-2 [^"]*">([^<]*)</td>', page)


def test_rows_begin_with_numbers_and_figures_stand_first(report):
    labels = {
        path.rsplit("/")[-1]: one["labels"] for path, one in content(report, "results").items()
    }
    for name in SHOWN:
        suffix = "png" if ARTEFACTS[name].kind == "figures" else "html"
        assert labels[f"{name}.{suffix}"] == {"shows": ARTEFACTS[name].title}
    # A second label might become a switch, whose pages break where a search leaves one side out.
    assert {tuple(one) for one in labels.values()} == {("shows",)}
    categories = content(report, "categories")
    assert sorted(categories) == ["Figures", "Scorecard", "Tables"]
    assert all(len(inner) == 1 for inner in categories.values())


def test_what_the_description_refers_to_is_there(report):
    """A reference to nothing is said within the text."""
    assert "system-message" not in report.read_text(encoding="utf-8")
    assert "Time and memory" not in content(report, "workflow-desc")


@needs_browser
def test_figure_2_comes_before_figure_10(report, tmp_path):
    found = rows(after(report, tmp_path, 'app.showCategory("Figures")'))
    assert found == [ARTEFACTS[name].title for name in ("fig2", "fig8", "fig10")]


@needs_browser
@pytest.mark.parametrize(
    ("term", "names"),
    [
        ("figure 2", ["fig2"]),
        ("CIFAR-100", ["fig8", "tab2"]),
        ("re:^table \\\\d", ["tab1", "tab2"]),
        ("re:[", []),
        ("no such thing", []),
    ],
)
def test_the_search_finds_numbers_and_names(report, tmp_path, term, names):
    """Also where another search went before."""
    script = f"""
    app.setView({{navbarMode: "searchresults", searchTerm: "Figure"}});
    setTimeout(() => app.setView({{navbarMode: "searchresults", searchTerm: "{term}"}}), 500);
    """
    assert rows(after(report, tmp_path, script)) == [ARTEFACTS[name].title for name in names]


def page_that_runs(report, script) -> tuple[str, str]:
    """The scorecard's path among the results, and its address if it ran a script at its end."""
    path = next(path for path in content(report, "results") if path.endswith("scorecard.html"))
    text = (report.parent / path).read_text(encoding="utf-8")
    text += f"<script>setTimeout(() => {{ {script} }}, 500)</script>"
    return path, f"data:text/html;base64,{base64.b64encode(text.encode()).decode()}"


@needs_browser
@pytest.mark.parametrize("name", ["figures/fig10.png", "tables/tab2.html"])
def test_links_of_pages_within_the_report_show_results_of_it(report, tmp_path, name):
    click = f"document.querySelector('a[data-shows=\"{name}\"]').click()"
    scorecard, address = page_that_runs(report, click)
    script = f'results["{scorecard}"].data_uri = "{address}"; app.showCategory("Scorecard")'
    page = after(report, tmp_path, script)
    results = content(report, "results")
    path = next(path for path in results if path.endswith(name))
    assert f"<li>{path}" in page or f">{path}</a>" in page  # where one is, at the head
    kind = "img" if name.endswith("png") else "iframe"
    shown = re.findall(rf'<{kind} src="(data:[^"]*)"', page)
    assert results[path]["data_uri"] in shown


@needs_browser
@pytest.mark.parametrize(("answer", "links"), [("[]", 0), ('["figures/fig2.png"]', 1)])
def test_links_that_lead_nowhere_are_words(report, tmp_path, answer, links):
    """Where nobody answers, as in other viewers, and where what shows the page lacks a result."""
    count = "new Set([...document.querySelectorAll('a[data-shows][href]')].map((a) => a.href)).size"
    _, address = page_that_runs(report, f"parent.postMessage({count}, '*')")
    harness = tmp_path / "harness.html"
    harness.write_text(
        f"""<body><div id="app"></div><iframe src="{address}"></iframe><script>
        addEventListener("message", ({{ data, source }}) => {{
          if (typeof data === "number") document.getElementById("app").textContent = data;
          else if ({answer}.length) source.postMessage({{ has: {answer} }}, "*");
        }});
        </script></body>""",
        encoding="utf-8",
    )
    assert after(harness, tmp_path, "").startswith(f"{links}</div>")
