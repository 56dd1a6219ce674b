"""The overview of a run and the page of its figures, and how figures stand in the report."""

from itertools import pairwise

import pandas as pd
import pytest
import yaml
from PIL import Image

from invariance.about import describe
from invariance.figures import captions
from invariance.figures.catalogue import FIGURES, SECTIONS, available
from invariance.ledger import TOTAL
from invariance.pages.figures import figures_page
from invariance.pages.overview import HEADLINES, overview
from invariance.scorecard.claims import CLAIMS
from invariance.studies import load_studies
from invariance.tables.catalogue import TABLES

COLUMNS = ["claim", "artefact", "says", "effect_of", "effect", "low", "high"]
COLUMNS += ["conditions", "met", "verdict"]


def load(repository, name):
    return yaml.safe_load((repository / "config" / name).read_text(encoding="utf-8"))


@pytest.fixture
def texts(repository, config):
    config["studies"] = {"invariance_mismatch": config["studies"]["invariance_mismatch"]}
    studies = load_studies(config)
    about = describe(config, load(repository, "paper_scale.yaml"))
    claims = pd.DataFrame(
        [
            ("F4", "fig4", "It costs <much>", "loss", 0.2, 0.1, 0.3, 31, 30, "holds"),
            (
                "F2",
                "fig2",
                "It helps",
                "",
                float("nan"),
                float("nan"),
                float("nan"),
                0,
                0,
                "not run",
            ),
        ],
        columns=[
            "claim",
            "artefact",
            "says",
            "effect_of",
            "effect",
            "low",
            "high",
            "conditions",
            "met",
            "verdict",
        ],
    )
    ledger = pd.DataFrame(
        [(name, "", 1240, 3000, 12.5, 11.25, "H100") for name in (TOTAL, *studies, "fig4")],
        columns=["name", "study", "models", "jobs", "hours", "gpu_hours", "devices"],
    )
    return overview(claims, ledger, studies, about, "<svg></svg>")


def test_the_overview_says_what_was_run_what_holds_and_what_it_cost(texts):
    page, text = texts[".html"], texts[".rst"]
    for said in (page, text):
        assert "Too few and too many transformations (5.2)" in said
        assert "1,240" in said and "3,000" in said and "12.50" in said and "11.25" in said
        assert "✓ holds" in said and "· not run" in said and "0.200 [0.100, 0.300]" in said
    assert "It costs &lt;much&gt;" in page and "<much>" not in page
    assert "30 of 31" in page and "<svg></svg>" in page and "fig4</td>" not in page


def test_headlines_are_claims_of_every_study():
    studies = {claim.study for claim in CLAIMS if claim.name in HEADLINES}
    assert {claim.name for claim in CLAIMS} >= set(HEADLINES)
    assert studies == {claim.study for claim in CLAIMS}


def test_the_page_shows_figures_in_order_with_captions(tmp_path, repository, config):
    for name in ("fig2", "fig4"):
        Image.new("RGB", (30, 20)).save(tmp_path / f"{name}.png")
    rst, studies = repository / "workflow/report", load_studies(config)
    about, shown = describe(config, load(repository, "paper_scale.yaml")), available(studies)
    figures = [
        {
            "picture": tmp_path / f"{name}.png",
            "caption": rst / f"{FIGURES[name].module}.rst",
            "params": captions.told(name, shown[name], studies[shown[name].study], about),
        }
        for name in ("fig2", "fig4")
    ]
    page = figures_page(figures, config)
    places = [page.index(part) for part in ('src="fig2.png"', "Figure 2.", 'src="fig4.png"')]
    assert all(left < right for left, right in pairwise(places))
    assert 'width="30" height="20"' in page and 'name="viewport"' in page


def switch(labels: list[dict]) -> str | None:
    """The label that the report makes a switch of: two values after the first, half of each."""
    names = list(dict.fromkeys(name for one in labels for name in one))
    found = []
    for name in names[1:]:
        values = [one[name] for one in labels if name in one]
        if len(set(values)) == 2 and all(2 * values.count(v) == len(labels) for v in values):
            found.append(name)
    return found[0] if len(found) == 1 else None


def sections(figures) -> list[list[dict]]:
    return [
        labels
        for module in SECTIONS
        if (labels := [one.labels for one in figures.values() if one.module == module])
    ]


@pytest.mark.parametrize("domains", [["t2d"], ["t2d", "cifar10"], ["t2d", "cifar10", "cifar100"]])
def test_a_switch_of_the_report_has_both_figures_of_every_row(config, domains):
    """Where one were missing, the report could not be opened."""
    config["studies"]["invariance_vs_factors"]["domains"] = domains
    found = sections(available(load_studies(config)))
    found += [
        [t.labels for t in TABLES.values() if t.section == s]
        for s in dict.fromkeys(t.section for t in TABLES.values())
    ]
    switches = [switch(labels) for labels in found]
    assert set(switches) == {None, "networks", "trained on", "transfer"}
    for labels, name in zip(found, switches, strict=True):
        if name:
            rows = [tuple(v for k, v in one.items() if k != name) for one in labels]
            assert all(rows.count(row) == 2 for row in rows)
        assert len({tuple(one.values()) for one in labels}) == len(labels)
