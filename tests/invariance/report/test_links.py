"""Pages of a run link to what they name, no link is dead, and the demo's screen can be read."""

import os
import re
import shutil
import subprocess

import pytest
from support.links import Parsed, followed
from support.written_pages import write_pages

from invariance.artefacts import ARTEFACTS, mentioned
from invariance.report.links import PAGES, Links
from invariance.scorecard.claims import CLAIMS

NUMBER = 18 + 6 + 5 + 3 + 5 + 3


@pytest.fixture(scope="module")
def whole(repository, tmp_path_factory):
    """The pages of a run of the whole paper with one seed."""
    import yaml

    config = yaml.safe_load((repository / "config/config.yaml").read_text(encoding="utf-8"))
    for study in config["studies"].values():
        study["seeds"] = 1
    folder = tmp_path_factory.mktemp("whole")
    write_pages(folder, config, repository)
    return folder


def test_every_link_of_every_page_leads_somewhere(whole):
    count, dead = followed(whole)
    assert not dead
    assert len(list(whole.rglob("*.html"))) == 4 + 5 + 3 + 3 and count > 300


def test_nothing_is_linked_to_that_a_run_does_not_have(repository, config, tmp_path):
    config["studies"] = {"invariance_mismatch": {**config["studies"]["invariance_mismatch"]}}
    config["studies"]["invariance_mismatch"]["seeds"] = 1
    write_pages(tmp_path, config, repository)
    assert not (tmp_path / "figures/fig2.png").exists()
    assert "Figure 2" in (tmp_path / "scorecard/scorecard.html").read_text(encoding="utf-8")
    count, dead = followed(tmp_path)
    assert not dead and count > 60


def test_overview_and_scorecard_link_to_all_that_they_name(whole):
    of = {name: set(Parsed(whole / name).links) for name in PAGES.values() if "#" not in name}
    overview, scorecard = of["overview.html"], of["scorecard/scorecard.html"]
    for claim in CLAIMS:
        for name in mentioned(claim.artefact):
            is_figure = ARTEFACTS[name].kind == "figures"
            place = f"figures/index.html#{name}" if is_figure else f"tables/{name}.html"
            assert place in overview and f"../{place}" in scorecard, claim.name
    assert len({link for link in overview if "scorecard.html#" in link}) == len(CLAIMS) + 1
    shown = {link for link in overview if re.match(r"figures/index.html#|tables/", link)}
    assert len(shown) == NUMBER


def test_every_page_has_a_title_a_language_and_words_for_its_pictures(whole):
    titles = []
    for path in whole.rglob("*.html"):
        page = Parsed(path)
        assert page.head["lang"] == "en" and "width=device-width" in page.head["viewport"]
        assert all(page.alternatives), path
        assert page.tags.count("h1") == 1
        titles.append(page.head["title"])
    assert len(set(titles)) == len(titles) and all("results" in one for one in titles)


def test_links_within_the_report_name_what_it_shows(whole):
    """By the paths of results, which the report knows; what it lacks is named by nothing."""
    text = (whole / "overview.html").read_text(encoding="utf-8")
    named = {place.split("#")[0] for place in re.findall(r'data-shows="([^"]*)"', text)}
    known = {path.relative_to(whole).as_posix() for path in whole.rglob("*.png")}
    known |= {path.relative_to(whole).as_posix() for path in whole.rglob("*.html")}
    assert named <= known | {""} and 'href="config.yaml" data-shows=""' in text


def test_titles_begin_with_numbers_in_natural_order(whole):
    ordered = [name for name in ARTEFACTS if (whole / f"figures/{name}.png").exists()]
    assert len(ordered) == len(list(whole.rglob("*.png")))
    numbered = [name for name in ordered if ARTEFACTS[name].number]
    assert ordered[: len(numbered)] == numbered
    assert ordered[:3] == ["fig1", "fig2", "fig3"] and numbered[-1] == "fig18"
    assert ARTEFACTS["fig10"].title.startswith("Figure 10: ") and ARTEFACTS[
        "tab2"
    ].title.startswith("Table 2: ")
    page = (whole / "figures/index.html").read_text(encoding="utf-8")
    assert re.findall(r'<section id="(\w+)">', page) == ordered


def test_texts_name_figures_and_tables():
    assert mentioned("fig7, fig8") == ["fig7", "fig8"]
    assert mentioned("table2-5") == ["tab2", "tab3", "tab4", "tab5"]
    assert mentioned("extra") == []
    assert mentioned("counterfactuals, fig7/tab2") == ["counterfactuals", "fig7", "tab2"]
    assert mentioned("influence_reliability_table") == ["influence_reliability_table"]
    named = Links("overview.html", ["influence_areas"]).artefacts("influence_areas, influence_map")
    assert [(link.words, link.href) for link in named] == [
        ("Influence areas", "tables/influence_areas.html"),
        ("Influence map", ""),
    ]
    links = Links("scorecard/scorecard.html", ["tab2", "fig7"])
    found = [(link.words, link.href) for link in links.artefacts("fig7, table2-3")]
    assert found == [
        ("Figure 7", "../figures/index.html#fig7"),
        ("Table 2", "../tables/tab2.html"),
        ("Table 3", ""),
    ]


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not here")
def test_the_last_screen_of_the_demo_is_short_and_plain(whole, repository, tmp_path):
    """As a first user sees it: Snakemake itself is left out."""
    shutil.copy(repository / "Makefile", tmp_path)
    (tmp_path / ".venv").mkdir()
    shutil.copytree(whole, tmp_path / "results/demo")
    command = ["make", "--assume-old=setup", "demo", "SNAKEMAKE=true", "CORES=1"]
    # The suite itself may have been started by a make, which says so to those within.
    alone = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    done = subprocess.run(
        command, cwd=tmp_path, env=alone, capture_output=True, text=True, check=True
    )
    screen = done.stdout.split("\n\n", 1)[1].splitlines()
    assert len(screen) <= 25 and max(map(len, screen)) < 80
    text = "\n".join(screen)
    assert not re.search(r"\*\*|`|^:|<|\|", text, re.MULTILINE)
    said = " ".join(text.split())
    assert "Undecided: a verdict needs intervals over at least 5 seeds" in said
    first = said[said.index("Open first:") :]
    assert re.findall(r"results/demo/\S+", first)[0] == "results/demo/report.html"
