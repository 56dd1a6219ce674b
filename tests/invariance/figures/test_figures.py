"""Figures show the rows they should, and the files they are saved to are the same each time."""

import itertools

import pandas as pd
import pytest

from invariance.artefacts import ARTEFACTS
from invariance.figures import factors, style
from invariance.studies.invariance_vs_factors import Study
from invariance.studies.vs_factors.models import FACTORS, TARGET_SAMPLES
from transforms2d.errors import UserError


@pytest.fixture
def study(config):
    config["studies"]["invariance_vs_factors"]["seeds"] = 2
    return Study(config)


@pytest.fixture
def results(study):
    """A tidy table whose accuracies are known: same 0.9, different 0.6, seed 1 0.05 higher."""
    rows = []
    for domain, seed in itertools.product(study.domains, study.seeds):
        for model in study.models(domain):
            cell = study.cell(domain, seed, model.name)
            accuracy = {"same": 0.9, "different": 0.6}[model.transforms] + 0.05 * seed
            probe = {"method": "linear_probe", "quantity": "test_accuracy", "value": accuracy}
            pooled = {**probe, "quantity": "pooled_macro_accuracy", "value": accuracy + 0.01}
            own = {"method": "pretraining", "quantity": "test_accuracy", "value": 0.97}
            own_pooled = {**own, "quantity": "pooled_macro_accuracy", "value": 0.98}
            chosen = {**own, "quantity": "val_accuracy", "value": 0.99}  # chose the kept epoch
            tuned = {**probe, "method": "fine_tuning", "value": accuracy + 0.02}
            amounts = study.settings["sizes"][domain]["fine_tuning_samples"]
            rows += [{**cell, **row} for row in (probe, pooled, own, own_pooled, chosen)]
            rows += [{**cell, **tuned, "target_samples": samples} for samples in amounts]
            few = study.linear_probe(domain, seed, model.name).get("samples", [])
            for samples in few:
                less = {"target_samples": samples, "value": accuracy - 0.1}
                rows.append({**cell, **probe, **less})
                rows.append({**cell, **probe, **less, "method": "fine_tuning_few"})
            for settings in study.fine_tuning(domain, seed, model.name)[len(amounts) :]:
                if "head_samples" not in settings:
                    rows.append({**cell, **tuned, "target_samples": settings["samples"]})
    return pd.DataFrame(rows)


def test_a_panel_varies_its_factor_and_holds_the_others(study, results):
    table = factors.table(results, study, "fig2")
    transfer = table[table.task == "transfer"]
    for factor in FACTORS:
        part = transfer[transfer.factor == factor]
        values = study.values(factor, "t2d")
        assert set(part.value) == set(values)
        assert len(part) == len(values) * 2 * 2
    assert set(table[table.task == "pretraining"].accuracy) == {0.97}


def test_own_tasks_are_shown_in_the_accuracy_of_the_protocol(config, results):
    config["protocol"]["accuracy"] = "pooled_macro"
    table = factors.table(results, Study(config), "fig2")
    assert set(table[table.task == "pretraining"].accuracy) == {0.98}
    same = table[(table.task == "transfer") & (table.transforms == "same") & (table.seed == 0)]
    assert set(same[same.factor.isin(FACTORS)].accuracy) == {0.91}


def test_fine_tuning_figures_show_the_low_amount_of_data(study, results):
    table = factors.table(results, study, "fig9")
    table = table[table.factor.isin(FACTORS)]
    same = table[(table.task == "transfer") & (table.transforms == "same") & (table.seed == 0)]
    assert set(same.accuracy) == {0.92}
    assert len(same) == 4 + 5 + 5


@pytest.mark.parametrize(
    ("name", "same"),
    [
        ("fig2", [0.8] * 5),
        ("fig9", [0.8] * 5),
        # The whole target is what every probe has, and one more fine-tuning.
        ("fig7", [0.8] * 4 + [0.9]),
        ("fig10", [0.8] * 4 + [0.92]),
    ],
)
def test_the_panel_of_target_samples(study, results, published, name, same):
    table = factors.table(results, study, name)
    domain = ARTEFACTS[name].domains[0]
    panel = table[(table.factor == TARGET_SAMPLES) & (table.transforms == "same")]
    panel = panel[panel.seed == 0].sort_values("value")
    transfer = panel[panel.task == "transfer"]
    assert transfer.value.tolist() == study.values(TARGET_SAMPLES, domain)
    assert transfer.accuracy.tolist() == pytest.approx(same)
    assert panel[panel.task == "pretraining"].accuracy.tolist() == [0.97] * 5
    assert len(factors.draw(table, study, name, published).axes) == 8


def test_no_panel_of_target_samples_where_none_is_asked_for(config, results, published):
    config["studies"]["invariance_vs_factors"]["sizes"]["t2d"]["target_samples"] = []
    study = Study(config)
    few = results.method.eq("fine_tuning_few") | (
        results.method.eq("linear_probe") & results.target_samples.notna()
    )
    table = factors.table(results[~few], study, "fig2")
    assert TARGET_SAMPLES not in set(table.factor)
    assert len(factors.draw(table, study, "fig2", published).axes) == 6


def test_factors_that_all_have_one_value_are_still_drawn(study, results, published):
    table = factors.table(results, study, "fig2")
    table = table[table.groupby("factor").value.transform("first") == table.value]
    assert len(factors.draw(table, study, "fig2", published).axes) == 8


def test_the_protocol_chooses_the_accuracy(config, results):
    config["protocol"]["accuracy"] = "pooled_macro"
    table = factors.table(results, Study(config), "fig2")
    assert table[table.task == "transfer"].accuracy.min() == pytest.approx(0.61)


def test_the_gap_is_taken_within_seeds(study, results):
    gaps = factors.gaps(factors.table(results, study, "fig2"))
    assert gaps.gap.tolist() == pytest.approx([0.3] * len(gaps))
    assert len(gaps) == (4 + 5 + 5 + 5) * 2


@pytest.mark.parametrize("values", [[1000, 10000, 50000, 100000, 500000], [1000, 3000, 50000]])
def test_published_values_are_drawn_where_a_value_is_one_of_theirs(
    config, results, published, values
):
    config["studies"]["invariance_vs_factors"]["sizes"]["t2d"]["pretraining_samples"] = values
    study = Study(config)
    table = factors.table(results, study, "fig2")
    figure = factors.draw(table, study, "fig2", published[published.artefact == "fig2"])
    axis = figure.axes[2]  # accuracies against pretraining samples
    drawn = [
        (values[int(x)], y)
        for marks in axis.collections
        for x, y in marks.get_offsets()
        if (x, y) != (0, 0)
    ]
    known = published[
        (published.artefact == "fig2")
        & (published.factor == "pretraining_samples")
        & published.series.isin(["same", "disjoint"])
        & (published.quantity == "accuracy")
    ]
    expected = {(int(x), y) for x, y in zip(known.x, known.value, strict=True) if int(x) in values}
    assert len(expected) == (10 if len(values) == 5 else 4)
    assert set(drawn) == expected


def diamonds(axis) -> set[tuple[int, float]]:
    offsets = [mark.get_offsets().tolist() for mark in axis.collections]
    return {(int(x), y) for marks in offsets for x, y in marks if (x, y) != (0, 0)}


def test_all_images_of_cifar_100_have_the_published_values_of_500_per_class(
    study, results, published
):
    assert study.values("pretraining_samples", "cifar100")[-1] == 450
    axis = factors.draw(factors.table(results, study, "fig8"), study, "fig8", published).axes[2]
    known = published[
        (published.artefact == "fig8")
        & (published.factor == "pretraining_samples")
        & (published.x.astype(str) == "500")
        & published.series.isin(["same", "disjoint"])
    ]
    assert {y for x, y in diamonds(axis) if x == 4} == set(known.value)
    assert len(known) == 2


@pytest.mark.parametrize(("amount", "shown"), [(200, True), (300, False)])
def test_published_values_after_another_amount_of_fine_tuning_are_not_drawn(
    config, results, published, amount, shown
):
    config["studies"]["invariance_vs_factors"]["sizes"]["t2d"]["fine_tuning_samples"][0] = amount
    study = Study(config)
    tuned = (results.domain == "t2d") & (results.target_samples == 200)
    results = results.assign(target_samples=results.target_samples.mask(tuned, amount))
    table = factors.table(results, study, "fig9")
    axes = factors.draw(table, study, "fig9", published).axes
    assert [bool(diamonds(axis)) for axis in axes[:3]] == [shown] * 3


def test_no_results_is_an_error_with_the_figure(study, results):
    with pytest.raises(UserError, match="fig2: no results of linear_probe in domain t2d"):
        factors.table(results[results.method == "pretraining"], study, "fig2")


def test_files_are_the_same_each_time(study, results, published, tmp_path):
    table = factors.table(results, study, "fig2")
    for name in ("a", "b"):
        figure = factors.draw(table, study, "fig2", published)
        style.save(figure, [tmp_path / f"{name}.{s}" for s in ("png", "pdf", "csv")], table)
    for suffix in ("png", "pdf", "csv"):
        first, second = (tmp_path / f"{name}.{suffix}" for name in ("a", "b"))
        assert first.read_bytes() == second.read_bytes()
        assert first.stat().st_size > 1000
