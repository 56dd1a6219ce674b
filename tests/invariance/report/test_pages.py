"""The overview of a run, and the page of its figures."""

from itertools import pairwise

import pandas as pd
import pytest
import yaml
from PIL import Image

from invariance.artefacts import available, figures
from invariance.config.run_description import describe
from invariance.figures import captions
from invariance.records.cost import TOTAL
from invariance.report.figures import caption, figures_page
from invariance.report.overview import overview
from invariance.scorecard.claims import CLAIMS
from invariance.studies import STUDIES, load_studies

COLUMNS = ["claim", "artefact", "says", "effect_of", "effect", "low", "high"]
COLUMNS += ["conditions", "met", "verdict"]


def load(repository, name):
    return yaml.safe_load((repository / "config" / name).read_text(encoding="utf-8"))


@pytest.fixture
def texts(repository, config):
    config["studies"] = {"invariance_mismatch": config["studies"]["invariance_mismatch"]}
    studies = load_studies(config)
    description = describe(config, load(repository, "paper_scale.yaml"))
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
        [(name, "", 1240, 3000, 12.4, 11.25, "H100") for name in (TOTAL, *studies, "fig4")],
        columns=["name", "study", "models", "jobs", "hours", "gpu_hours", "devices"],
    )
    values = pd.DataFrame(
        [(1, "fig4", "match"), (1, "fig4", "match"), (2, "fig4", "mismatch"), (2, "fig4", "match")],
        columns=["comparison", "artefact", "verdict"],
    )
    return overview(values.assign(study="x"), claims, ledger, studies, description)


def test_the_overview_says_what_was_run_what_holds_and_what_it_cost(texts):
    page, text = texts[".html"], texts[".rst"]
    for said in (page, text):
        assert "Too few and too many transformations (5.2)" in said
        assert "1,240" in said and "3,000" in said and "12 h" in said and "11 h" in said
        assert "2 comparisons of 4 published values: 1 match, 1 mismatch" in said
        assert "✓ holds" in said and "· not run" in said and "0.20 [0.10, 0.30]" in said
    assert "It costs &lt;much&gt;" in page and "<much>" not in page
    assert "`Figure 4 <fig4.png_>`__" in text and ">Figure 4</a>" in page
    # Not in this run, so there is nothing to lead to.
    assert "(Figure 2)" in text and ">Figure 2</span>" in page
    assert "30 of 31" in page


def test_headlines_are_claims_of_every_study():
    headlines = {name: study.headlines for name, study in STUDIES.items()}
    of = {claim.name: claim.study for claim in CLAIMS}
    studies = {of[claim] for claims in headlines.values() for claim in claims}
    assert all(of[claim] == name for name, claims in headlines.items() for claim in claims)
    assert studies == {claim.study for claim in CLAIMS if claim.study in STUDIES}


def test_every_caption_names_its_figure_in_either_preset(repository, config):
    folder, paper = repository / "workflow/report", load(repository, "paper_scale.yaml")
    for preset in ("paper", "released_code"):
        config["protocol"] = {"preset": preset}
        description, studies = describe(config, paper), load_studies(config)
        for name, one in available(studies).items():
            if one.kind == "figures":
                said = (
                    captions.picture_parameters(one, description)
                    if one.is_picture
                    else captions.caption_parameters(one, studies[one.study], description)
                )
                text = caption(folder / f"{one.caption}.rst", name, said, config)
                assert f"<strong>{one.label}.</strong>" in text
                assert "{" not in text and "system-message" not in text


def test_the_page_shows_figures_in_order_with_captions(tmp_path, repository, config):
    for name in ("fig2", "fig4"):
        Image.new("RGB", (30, 20)).save(tmp_path / f"{name}.png")
    rst, studies = repository / "workflow/report", load_studies(config)
    description = describe(config, load(repository, "paper_scale.yaml"))
    shown = [
        {
            "picture": tmp_path / f"{name}.png",
            "caption": rst / f"{one.caption}.rst",
            "params": captions.caption_parameters(one, studies[one.study], description),
        }
        for name, one in figures(studies).items()
        if name in ("fig2", "fig4")
    ]
    page = figures_page(shown, config)
    places = [page.index(part) for part in ('src="fig2.png"', "Figure 2.", 'src="fig4.png"')]
    assert all(left < right for left, right in pairwise(places))
    assert 'width="30" height="20"' in page and 'name="viewport"' in page
