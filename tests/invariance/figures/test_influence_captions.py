"""Captions of the study of source classes speak of what was planted, chosen and repeated."""

import html
import re
from types import SimpleNamespace

import jinja2
import pytest
from docutils.core import publish_parts
from support.influence_tables import DEMO, PAPER, study
from support.project import REPOSITORY

from invariance.artefacts import ARTEFACTS
from invariance.figures import captions
from invariance.report.figures import caption

OURS = {name: one for name, one in ARTEFACTS.items() if one.study == "influence"}
FIGURES = {name: one for name, one in OURS.items() if one.kind == "figures"}
CIFAR = {**PAPER, "domains": ["cifar"]}
SAID = {
    "accuracy": "test",
    "preset": "paper",
    "switches": {},
    "scale": {"influence": "reduced"},
    "sources": {"base_images": "procedural", "cifar10": "torchvision", "cifar100": "procedural"},
    "seeds": {"influence": 3},
}


def texts(settings: dict) -> dict[str, str]:
    """The caption of every figure in plain text."""
    one, found = study(settings), {}
    for name, figure in FIGURES.items():
        told = captions.caption_parameters(figure, one, SAID)
        page = caption(REPOSITORY / f"workflow/report/{figure.caption}.rst", name, told, {})
        assert f"<strong>{figure.label}.</strong>" in page
        assert "{" not in page and "system-message" not in page
        found[name] = " ".join(html.unescape(re.sub("<[^>]*>", "", page)).split())
    return found


@pytest.fixture(scope="module")
def demo():
    return texts(DEMO)


def test_what_is_planted_is_said_where_it_is(demo):
    both, cifar = texts(PAPER), texts(CIFAR)
    for name, words in {
        "influence_by_class": "Leak: an object of the target",
        "counterfactuals": "leaks last (blue)",
        "influence_predictors": "share of the target's transformations",
        "influence_map": "Leak 1 shows the object of target class 1",
    }.items():
        assert words in demo[name] and words in both[name] and words not in cifar[name], name
    assert "24 classes of Transforms-2D (target: 8 others)." in demo["influence_map"]
    assert (
        "(target: 16 others) and 100 classes of CIFAR-100 (target: CIFAR-10)."
        in (both["influence_map"])
    )


def test_arms_masks_and_estimators_are_those_of_the_settings(demo):
    assert "pink" not in demo["counterfactuals"] and "pink" in texts(PAPER)["counterfactuals"]
    assert "optimistic" not in demo["counterfactuals"]
    assert "least squares with an intercept" in demo["counterfactuals"]
    removal = {"order_from": "test", "estimator": "difference_of_means", "repeats": 7}
    faithful = {
        **DEMO,
        "counterfactuals": {**DEMO["counterfactuals"], **removal},
        "masks": {**DEMO["masks"], "kinds": ["half"]},
        "training": {"fixed": "epochs"},
    }
    found = texts(faithful)
    for words in ("optimistic", "difference of means with and", "epochs", "mean of 7 networks"):
        assert words in found["counterfactuals"]
    assert "sum to zero" in found["influence_by_class"]
    assert "sum to zero" not in demo["influence_by_class"]
    assert "Orange: a subset has half" in texts(PAPER)["influence_reliability"]
    assert "Orange" not in demo["influence_reliability"]


def test_seeds_intervals_and_images_are_said(demo):
    for name, text in demo.items():
        marks = FIGURES[name].module in captions.MARKS
        assert ("are 95 % t intervals over seeds" in text) == marks, name
        assert ("Mean over 3 seeds" in text) == (name != "subpopulations")
        assert "reduced scale" in text and "top-1 on the test split" not in text
        assert "Drawings replace the photographs of Transforms-2D." in text
    assert "Seed 0." in demo["subpopulations"]
    text = texts(PAPER)["influence_map"]
    assert "Drawings replace the photographs of Transforms-2D and CIFAR-100." in text


@pytest.mark.parametrize("name", [name for name, one in OURS.items() if one.kind == "tables"])
def test_the_caption_of_a_table_in_the_report_is_its_own(name):
    path = REPOSITORY / f"workflow/report/{OURS[name].caption}.rst"
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
    job = SimpleNamespace(
        wildcards=SimpleNamespace(table=name), params=SimpleNamespace(description=SAID), config={}
    )
    text = environment.from_string(path.read_text(encoding="utf-8")).render(snakemake=job)
    page = publish_parts(text, writer="html", settings_overrides={"halt_level": 2})["body"]
    assert f"<strong>{OURS[name].label}.</strong>" in page and page.count("<strong>") == 1
    assert "Means over 3 seeds" in page and "No value of this study is published." in page


def test_every_figure_of_the_report_is_in_a_part_of_this_study():
    assert {one.report_category for one in OURS.values()} == {"Source classes"}
    others = {one.report_category for name, one in ARTEFACTS.items() if name not in OURS}
    assert others == {"Figures", "Tables", "Learnt invariances", "Measures of invariance"}
    words = (REPOSITORY / "workflow/report/workflow.rst").read_text(encoding="utf-8")
    assert '"Source classes": "`Source classes`_' in words
