"""The picture of subpopulations: the images that a class helps most, and what they share."""

import re

import numpy as np
import pandas as pd
import pytest
from support import helped_images
from support.helped_images import SOURCES

from invariance.figures import style
from invariance.figures.influence import subpopulations


@pytest.fixture(scope="module")
def shards():
    return helped_images.shards()


@pytest.fixture(scope="module")
def influence(shards):
    return helped_images.influences(shards)


def test_the_classes_with_the_largest_effects_are_chosen(influence):
    rows = subpopulations.chosen(influence)
    assert rows[:2] == [(0, 1), (1, 1)] and rows[-1] == (5, -1) and len(rows) == 6


def test_the_images_with_the_largest_influence_are_shown_first(influence, shards):
    figure, table = subpopulations.draw(influence, SOURCES, shards, 100, 1)
    assert figure.get_figwidth() <= style.PAGE_INCHES
    assert len(figure.axes) == len(table) == 6 * (2 + 6)
    leak = table[(table.source == "leak 1") & (table.example == "target")]
    best = np.argsort(-influence[0], kind="stable")[:6]
    assert leak["index"].tolist() == best.tolist() and set(leak.effect) == {"helps"}
    assert leak.influence.tolist() == pytest.approx(influence[0, best].tolist())
    assert set(leak["class"]) == {shards["target"].class_names[0]}
    harmed = table[(table.effect == "harms") & (table.example == "target")]
    assert set(harmed.source) == {"neutral 3"} and (harmed.influence < 0).all()
    own = table[table.example == "source"]
    assert own.influence.isna().all()
    assert own.label.tolist() == [at for at, _ in subpopulations.chosen(influence) for _ in "ab"]


def test_what_the_images_share_is_said_and_what_they_do_not_is_not(influence, shards):
    figure, _ = subpopulations.draw(influence, SOURCES, shards, 200, 1)
    words = " ".join(text.get_text() for text in figure.texts)
    name = shards["target"].class_names[0].replace("_", " ")
    assert f"{name}: 100 %" in words
    assert len(re.findall(r"hue [\u2212\d]", words)) == 1 and "angle" not in words
    assert "rotate" in words and "leak 1" in words


def test_the_same_influences_give_the_same_files(influence, shards, tmp_path):
    written = []
    for folder in ("a", "b"):
        figure, table = subpopulations.draw(influence, SOURCES, shards, 50, 1)
        paths = [tmp_path / folder / f"s.{suffix}" for suffix in ("png", "pdf", "csv")]
        style.save(figure, paths, table)
        written.append([path.read_bytes() for path in paths])
    assert written[0] == written[1]
    assert {"source", "effect", "influence", "hue.hue_turns"} <= set(pd.read_csv(paths[2]).columns)
