"""Captions speak of what is shown: this result's images, methods, networks, seeds and scale."""

import html
import re

import pandas as pd
import pytest
from support.drawn_figures import demo, description
from support.project import REPOSITORY

from invariance.artefacts import ARTEFACTS, available, figures, pictures
from invariance.figures import captions
from invariance.report.figures import caption
from invariance.studies import load_studies

PICTURES = [name for name, one in ARTEFACTS.items() if one.is_picture]
NO_MEANS = [*PICTURES, *(name for name, one in ARTEFACTS.items() if one.own_rule)]
# Figures of what the protocol calls accuracy.
PROBED_OR_TUNED = [
    name
    for name, one in ARTEFACTS.items()
    if one.kind == "figures" and {"linear_probe", "fine_tuning"} & {*one.methods}
]


def texts(config: dict) -> dict[str, str]:
    """Every caption of a configuration in plain text, by its figure."""
    studies, said = load_studies(config), description(config)
    told = {
        name: captions.caption_parameters(figure, studies[figure.study], said)
        for name, figure in figures(studies).items()
    }
    for name, figure in available(studies).items():
        if figure.own_rule:
            told[name] = captions.caption_parameters(figure, studies[figure.study], said)
    for name, picture in pictures(studies).items():
        told[name] = captions.picture_parameters(picture, said)
    folder = REPOSITORY / "workflow/report"
    pages = {
        name: caption(folder / f"{ARTEFACTS[name].caption}.rst", name, of_figure, config)
        for name, of_figure in told.items()
    }
    for name, page in pages.items():
        assert f"<strong>{ARTEFACTS[name].label}.</strong>" in page
        assert "{" not in page and "system-message" not in page
    return {
        name: " ".join(html.unescape(re.sub("<[^>]*>", "", page)).split())
        for name, page in pages.items()
    }


@pytest.fixture(scope="module")
def of_demo():
    return texts(demo(2))


@pytest.fixture
def of_paper(config):
    return texts(config)


PROBED, TUNED = "Accuracy of linear probes", "Accuracy after full fine-tuning on 10 % of each class"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("fig2", f"{PROBED} on target tasks of Transforms-2D"),
        ("fig7", f"{PROBED} on target tasks of CIFAR-10 after"),
        ("fig8", f"{PROBED} on target tasks of CIFAR-100 after"),
        ("fig9", "after full fine-tuning on 200 images on target tasks of Transforms-2D after"),
        ("fig10", f"{TUNED} on target tasks of CIFAR-10 after"),
        ("fig11", f"{TUNED} on target tasks of CIFAR-100 after"),
        ("fig3", "of linear probes on target tasks of Transforms-2D, CIFAR-10 and CIFAR-100"),
        ("fig12", "fine-tuning on 200 images (Transforms-2D) and 10 % of each class (CIFAR-10 and"),
        ("fig13", "fine-tuning on 600 images (Transforms-2D) and 50 % of each class (CIFAR-10 and"),
        ("fig4", "linear probes of ResNet-18 on"),
        ("fig18", "linear probes of VGG-11, DenseNet-121 and ViT on"),
    ],
)
def test_images_methods_and_networks_are_named(of_demo, name, words):
    assert words in of_demo[name]


def test_seeds_protocol_and_scale_are_said(of_demo, of_paper, config):
    for name, text in of_demo.items():
        assert "Protocol paper with transform_sets=one_per_category" in text
        if name not in NO_MEANS:
            assert "Mean over 2 seeds" in text and "reduced scale, not the paper's" in text
    for name, text in of_paper.items():
        assert "Protocol paper" in text and "transform_sets" not in text
        if name not in NO_MEANS:
            seeds = config["studies"][ARTEFACTS[name].study]["seeds"]
            assert f"Mean over {seeds} seeds" in text and "reduced" not in text


def test_drawings_are_named_where_they_are_shown(of_demo, of_paper):
    named = {
        "fig2": "Transforms-2D",
        "fig7": "CIFAR-10",
        "fig8": "CIFAR-100",
        "fig3": "Transforms-2D, CIFAR-10 and CIFAR-100",
        "fig14": "Transforms-2D and CIFAR-10",
        "fig16": "Transforms-2D",
        "fig6": "Transforms-2D and CIFAR-10",
    }
    for name, words in named.items():
        assert f"Drawings replace the photographs of {words}." in of_demo[name]
    assert "rawings" not in of_demo["fig17"], "random patterns are no photographs"
    assert not [name for name, text in of_paper.items() if "rawings" in text]


def test_only_what_varies_is_a_panel(of_demo, of_paper):
    assert "against class relationship and pretraining samples;" in of_demo["fig2"]
    assert "class relationship, architecture and pretraining samples;" in of_paper["fig2"]
    assert "(disjoint classes, ResNet-18, 45 images per class)" in of_demo["fig7"]
    config = demo(3)
    for sizes in config["studies"]["invariance_vs_factors"]["sizes"].values():
        sizes["target_samples"] = []
    text = texts(config)["fig9"]
    assert "target samples" not in text and "head" not in text
    assert "panel of target samples" in of_demo["fig9"] and "head trained" in of_demo["fig9"]
    assert "head trained" not in of_demo["fig2"]


def test_domains_and_transformations_that_are_not_there_are_not_named(of_demo, of_paper):
    config = demo(3, invariance_vs_factors={"domains": ["cifar10"]})
    text = texts_of(config, "fig3")
    assert "CIFAR-10" in text and "CIFAR-100" not in text and "Transforms-2D" not in text
    assert "flips" in of_paper["fig16"] and "grayscale" in of_paper["fig16"]
    assert "flips" not in of_demo["fig16"] and "grayscale" not in of_demo["fig16"]


def texts_of(config: dict, name: str) -> str:
    studies = load_studies(config)
    figure = figures(studies)[name]
    told = captions.caption_parameters(figure, studies[figure.study], description(config))
    return caption(REPOSITORY / f"workflow/report/{figure.module}.rst", name, told, config)


def test_the_words_for_intervals_and_amounts_are_said_where_they_hold(of_demo, of_paper):
    assert "lines (for the length of the bar on their left) are 95 %" in of_paper["fig3"]
    assert "no interval is drawn for fewer than 3" in of_demo["fig3"]
    assert "for this amount of data" in of_paper["fig12"]
    assert "for this amount of data" not in of_paper["fig3"]


def test_the_kind_of_accuracy_changes_no_caption_of_what_has_none(config):
    before = texts(config)
    config["protocol"]["accuracy"] = "pooled_macro"
    config["protocol"]["table_spread"] = "cells"
    changed = {name for name, text in texts(config).items() if text != before[name]}
    assert changed == {*PROBED_OR_TUNED}


@pytest.mark.parametrize("preset", ["paper", "released_code"])
def test_the_accuracy_is_the_preset_s(config, preset):
    config["protocol"] = {"preset": preset}
    words = {"paper": "top-1 on the test split", "released_code": "pooled over all splits"}
    for name, text in texts(config).items():
        shows = name in PROBED_OR_TUNED
        assert (words[preset] in text) == shows, name


def test_a_network_of_one_s_own_is_named():
    own = demo(2, invariance_mismatch={"architectures": ["resnet-18", "vit", "resnet-50"]})
    assert "linear probes of ViT and ResNet-50 on" in texts(own)["fig18"]


def test_what_captions_of_bars_say_of_the_paper_is_so(of_paper, repository):
    published = pd.read_csv(repository / "config/paper_values.csv", keep_default_na=False)
    bars = published[(published.quantity == "accuracy_difference") & (published.domain == "t2d")]
    for name in ("fig3", "fig12", "fig13"):
        lengths = bars[bars.artefact == name].pivot(
            index="factor", columns="series", values="value"
        )
        grey = lengths.same_vs_disjoint
        blue, orange = (
            set(grey.index[grey > lengths[f"within_{s}"]]) for s in ("same", "disjoint")
        )
        if name == "fig3":
            assert blue == set(grey.index) and orange == blue - {"class_relationship"}
            assert (
                "grey is longer than blue on Transforms-2D, and longer than orange except for"
                in (" ".join(of_paper[name].split()))
            )
        else:
            assert "pretraining_samples" not in blue | orange
            assert "blue and orange are longer than grey on Transforms-2D where pretraining" in (
                " ".join(of_paper[name].split())
            )
