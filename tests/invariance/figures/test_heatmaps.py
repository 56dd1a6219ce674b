"""Figures 16 and 17 show mean sensitivities, each in its place."""

import itertools

import pandas as pd
import pytest

from invariance.figures import heatmaps, style
from invariance.studies.invariance_transfer import Study
from transforms2d.errors import UserError


def study_of(config, transformations, seeds=2):
    config["studies"]["invariance_transfer"] |= {"transformations": transformations, "seeds": seeds}
    return Study(config)


def results_of(study) -> pd.DataFrame:
    """A tidy table: 0.1 on a model's own transformation, else 0.6; seed 1 scores 0.2 higher."""
    rows = []
    for seed, model in itertools.product(study.seeds, study.models("t2d")):
        cell = {**study.cell("t2d", seed, model.name), "method": "sensitivity"}
        for target, change in itertools.product(
            ("in_distribution", "mild_ood"), study.transformations
        ):
            value = (0.1 if change == model.transformation else 0.6) + 0.2 * seed
            value += 0.05 * (model.kind == "random") + 0.03 * (target == "mild_ood")
            value += 0.01 * (model.architecture != "resnet-18")
            scored = {**cell, "target": target, "change": change}
            rows.append({**scored, "quantity": "l2", "value": value})
            rows.append({**scored, "quantity": "cosine", "value": 9.0})
    return pd.DataFrame(rows)


@pytest.mark.parametrize(("name", "more"), [("fig16", 0.0), ("fig17", 0.05)])
def test_rows_are_training_and_columns_evaluated(config, name, more):
    study = study_of(config, ["hue", "rotate", "blur"])
    table = heatmaps.table(results_of(study), study, name)
    assert len(table) == 2 * 4 * 3
    assert table.seed.tolist()[:2] == [0, 1]
    values = heatmaps.means(table, study)
    assert list(values.columns) == ["rotate", "hue", "blur"]
    assert list(values.index) == ["rotate", "hue", "blur", "none"]
    for training, evaluated in itertools.product(values.index, values.columns):
        expected = (0.1 if training == evaluated else 0.6) + 0.1 + more
        assert values.loc[training, evaluated] == pytest.approx(expected)


def test_a_score_that_is_missing_is_named_and_no_mean_leaves_it_out(config):
    study = study_of(config, ["rotate", "hue"], seeds=2)
    results = results_of(study)
    gone = (results.transformation == "none") & (results.change == "hue") & (results.seed == 1)
    for harmed in (results.assign(value=results.value.mask(gone)), results[~gone]):
        with pytest.raises(UserError, match=r"fig16: .*seed1/sensitivity/.*record\.json"):
            heatmaps.table(harmed, study, "fig16")


def test_another_architecture_alone_is_an_error_with_the_figure(config):
    study = study_of(config, ["rotate"])
    results = results_of(study)
    with pytest.raises(UserError, match="fig16: no sensitivity of resnet-18 trained on image data"):
        heatmaps.table(results[results.architecture == "vit"], study, "fig16")


@pytest.mark.parametrize("count", [1, 3, 18])
def test_pictures_fit_a_page_and_are_the_same_each_time(config, tmp_path, count):
    names = config["studies"]["invariance_transfer"]["transformations"]
    study = study_of(config, names[:: -(-len(names) // count)], seeds=1)
    table = heatmaps.table(results_of(study), study, "fig16")
    for name in ("a", "b"):
        figure = heatmaps.draw(table, study, "fig16", None)
        assert figure.get_figwidth() <= style.PAGE_INCHES + 0.3
        assert len(figure.axes[0].texts) >= count * (count + 1)
        style.save(figure, [tmp_path / f"{name}.{s}" for s in ("png", "pdf", "csv")], table)
    for suffix in ("png", "pdf", "csv"):
        first, second = (tmp_path / f"{name}.{suffix}" for name in ("a", "b"))
        assert first.read_bytes() == second.read_bytes()
