"""The picture of subpopulations: the images that a class helps most, and what they share."""

import re

import numpy as np
import pandas as pd
import pytest
from support import helped_images
from support.helped_images import SOURCES
from support.small_images import small_natural

from invariance.figures import style
from invariance.figures.influence import subpopulations
from transforms2d.spec import DatasetSpec
from transforms2d.storage.shards import make_shard


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


def test_natural_images_without_lists_have_no_parameters_to_share():
    natural = small_natural(count=200)
    specs = {
        name: DatasetSpec(
            split="train",
            samples=0,
            seed=1,
            foreground="none",
            background="natural",
            natural_classes=classes,
            labels="background",
        )
        for name, classes in (("source", tuple(range(10))), ("target", (2, 5)))
    }
    shards = {name: make_shard(spec, None, natural) for name, spec in specs.items()}
    found = np.random.default_rng(2).normal(size=(10, len(shards["target"])))
    names = [f"class {number}" for number in range(10)]
    figure, table = subpopulations.draw(found, names, shards, 20, 1)
    words = [text.get_text() for text in figure.texts]
    assert ("class 3" not in words and "scene 3" in words) or table.source.ne("class 3").all()
    assert len([text for text in words if "(of all: " in text]) == 6
    assert set(table["class"]) <= {f"scene {number}" for number in range(10)}


def test_the_same_influences_give_the_same_files(influence, shards, tmp_path):
    written = []
    for folder in ("a", "b"):
        figure, table = subpopulations.draw(influence, SOURCES, shards, 50, 1)
        paths = [tmp_path / folder / f"s.{suffix}" for suffix in ("png", "csv")]
        style.save(figure, paths, table)
        written.append([path.read_bytes() for path in paths])
    assert written[0] == written[1]
    assert {"source", "effect", "influence", "hue.hue_turns"} <= set(pd.read_csv(paths[1]).columns)
