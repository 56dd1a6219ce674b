"""Figures 4 and 18: the rows they show, and what is drawn where."""

import itertools

import pandas as pd
import pytest

from invariance.artefacts import figures
from invariance.figures import mismatch
from invariance.studies.invariance_mismatch import Study
from transforms2d.errors import UserError


@pytest.fixture
def study(config):
    config["studies"]["invariance_mismatch"]["seeds"] = 2
    return Study(config)


@pytest.fixture
def results(study):
    """A tidy table of known accuracies: 0.1 less for each transformation that is missing."""
    rows = []
    for seed, model, size in itertools.product(study.seeds, study.models("t2d"), study.sizes):
        cell = {**study.cell("t2d", seed, model.name), "target": f"target/nested{size}"}
        accuracy = 1 - 0.1 * max(0, size - model.transformations)
        probe = {"method": "linear_probe", "quantity": "test_accuracy", "value": accuracy}
        rows += [{**cell, **probe}, {**cell, **probe, "quantity": "val_accuracy", "value": 0}]
        rows.append({**cell, "method": "pretraining", "quantity": "test_accuracy", "value": 0})
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("name", "architectures"),
    [("fig4", {"resnet-18"}), ("fig18", {"vgg-11", "densenet-121", "vit"})],
)
def test_a_figure_shows_its_architectures(study, results, name, architectures):
    table = mismatch.table(results, study, name)
    assert set(table.architecture) == architectures
    assert len(table) == len(architectures) * 8 * 8 * 2
    missing = (table.target - table.pretraining).clip(lower=0)
    assert table.accuracy.tolist() == pytest.approx((1 - 0.1 * missing).tolist())


@pytest.mark.parametrize("sizes", [[1, 2, 3, 4, 5, 6, 7, 8], [2, 5]])
def test_means_and_published_values_are_where_they_belong(config, results, published, sizes):
    config["studies"]["invariance_mismatch"]["sizes"] = sizes
    study = Study(config)
    shown = results[results.transformations.isin(sizes)]
    shown = shown[shown.target.isin(study.targets)]
    table = mismatch.table(shown, study, "fig4")
    known = published[published.artefact == "fig4"]
    [axis] = mismatch.draw(table, study, "fig4", known).axes
    lines = [line.get_ydata().tolist() for line in axis.lines if line.get_marker() != "None"]
    assert lines == [
        pytest.approx([1 - 0.1 * max(0, target - size) for target in sizes]) for size in sizes
    ]
    diamonds = {
        (round(x), round(float(y), 3))
        for marks in axis.collections
        if hasattr(marks, "get_offsets") and len(marks.get_offsets())
        for x, y in marks.get_offsets()
    }
    values = known[(known.quantity == "accuracy") & known.x.astype(int).isin(sizes)]
    values = values[values.series.isin([f"train_{size}" for size in sizes])]
    assert {(int(x), y) for x, y in zip(values.x, values.value, strict=True)} <= diamonds


def test_sets_larger_than_published_have_colours_of_their_own(config, results, published):
    config["studies"]["invariance_mismatch"]["sizes"] = [8, 9]
    study = Study(config)
    shown = results[results.transformations == 8]
    shown = shown[shown.target == "target/nested8"]
    larger = shown.assign(transformations=9, target="target/nested9")
    table = mismatch.table(pd.concat([shown, larger]), study, "fig4")
    figure = mismatch.draw(table, study, "fig4", published[published.artefact == "fig4"])
    colours = [handle.get_color() for handle in figure.legends[0].legend_handles[:2]]
    assert colours[0] != colours[1]


def test_a_figure_without_its_architectures_is_not_drawn(config):
    config["studies"]["invariance_mismatch"]["architectures"] = ["vit"]
    studies = {"invariance_mismatch": Study(config)}
    assert list(figures(studies)) == ["fig18"]


def test_no_results_is_an_error_with_the_figure(study, results):
    with pytest.raises(UserError, match="fig4: no results of resnet-18"):
        mismatch.table(results[results.method == "pretraining"], study, "fig4")
