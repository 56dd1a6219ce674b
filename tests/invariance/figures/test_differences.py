"""Figures 3, 12 and 13: ranges with known answers, and bars at their place on the axis."""

import itertools

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection, PathCollection
from scipy import stats

from invariance.analysis.cells import measured_cells
from invariance.artefacts import figures
from invariance.figures import differences
from invariance.figures.published import published_spans
from invariance.scorecard.judging import judge_all
from invariance.studies.invariance_vs_factors import Study
from transforms2d.errors import UserError

RELATIONSHIPS = {"subset": 0.5, "disjoint": 0.6, "same": 0.9, "superset": 0.8}


def make(config, domains=("t2d", "cifar10", "cifar100"), seeds=3):
    """The study and a table: ``same`` varies twice as much, and seeds are 0.01 apart."""
    config["studies"]["invariance_vs_factors"] |= {"seeds": seeds, "domains": list(domains)}
    study, rows = Study(config), []
    for domain, seed in itertools.product(study.domains, study.seeds):
        for model in study.models(domain):
            level = RELATIONSHIPS[model.class_relationship]
            accuracy = level if model.transforms == "same" else 0.2 + level / 2
            cell = {**study.cell(domain, seed, model.name), "quantity": "test_accuracy"}
            value = accuracy + 0.01 * seed
            rows.append({**cell, "method": "linear_probe", "value": value})
            for samples in study.settings["sizes"][domain]["fine_tuning_samples"]:
                tuned = {"method": "fine_tuning", "target_samples": samples}
                rows.append({**cell, **tuned, "value": value + samples / 1e5})
    return study, pd.DataFrame(rows)


def bar(table, domain, factor, name):
    rows = table[(table.domain == domain) & (table.factor == factor) & (table.bar == name)]
    return rows.squeeze()


@pytest.mark.parametrize("name", ["fig3", "fig12", "fig13"])
def test_differences_are_those_of_means_over_seeds(config, name):
    table = differences.table(*make(config)[::-1], name)
    assert len(table) == 3 * 3 * 3
    for domain in ("t2d", "cifar10", "cifar100"):
        expected = {"within_same": 0.4, "within_different": 0.2, "same_vs_different": 0.15}
        for which, value in expected.items():
            found = bar(table, domain, "class_relationship", which)
            assert found.difference == pytest.approx(value)
            # All seeds agree, so the interval is a point.
            assert (found.low, found.high) == pytest.approx((value, value))
        # All other models share one class relationship.
        assert bar(table, domain, "architecture", "within_same").difference == pytest.approx(0)


def test_the_interval_of_the_difference_is_the_paired_one():
    rng = np.random.default_rng(0)
    cube = rng.normal(0.5, 0.1, size=(5, 1, 1)) + 0.02 * rng.normal(size=(5, 2, 4))
    bars = {bar["bar"]: bar for bar in differences._bars(cube)}
    same, different = cube.mean(axis=2).T
    ends = stats.ttest_rel(same, different).confidence_interval(0.95)
    found = bars["same_vs_different"]
    assert (found["low"], found["high"]) == pytest.approx((ends.low, ends.high))
    assert found["difference"] == pytest.approx((same - different).mean())


def test_the_interval_of_a_range_covers_what_seeds_differ_in():
    rng = np.random.default_rng(0)
    inside, runs = 0, 300
    for _ in range(runs):
        cube = 0.5 + 0.1 * rng.standard_normal((3, 2, 4))
        cube[:, 0, 0] += 0.3
        within = differences._bars(cube)[0]
        inside += within["low"] <= 0.3 <= within["high"]
    assert inside / runs > 0.93


def test_a_whisker_is_the_interval_of_the_scorecard(config, repository):
    """Where both show the same bar, both say the same of it, to rounding."""
    rng = np.random.default_rng(0)
    study, results = make(config, seeds=5)
    results["value"] += 0.02 * rng.standard_normal(len(results))
    whiskers = differences.table(results, study, "fig3")
    cells = {study.name: measured_cells(results, study, "test")}
    _, conditions = judge_all(cells, cells, "test")
    rows = conditions[conditions.check == "samples: same against disjoint > 0"]
    assert set(rows.condition) == {"cifar10", "cifar100"}
    for row in rows.itertuples():
        found = bar(whiskers, row.condition, "pretraining_samples", "same_vs_different")
        assert found.high > found.low
        ours = row.value, row.low, row.high
        assert (found.difference, found.low, found.high) == pytest.approx(ours, rel=1e-12)


def test_a_mean_is_taken_before_the_largest_and_smallest():
    # Each seed prefers another value; the means are equal.
    cube = np.array([[[0.2, 0.8], [0.5, 0.5]], [[0.8, 0.2], [0.5, 0.5]]])
    found = [bar["difference"] for bar in differences._bars(cube)]
    assert found == pytest.approx([0, 0, 0])


def test_ranges_and_the_difference_of_their_means_have_their_place_on_the_axis(config):
    table = differences.table(*make(config, seeds=1)[::-1], "fig3")
    places = {
        name: bar(table, "t2d", "class_relationship", name)[["start", "end", "centre"]].tolist()
        for name in differences.BARS
    }
    assert places["within_same"] == pytest.approx([0.5, 0.9, 0.7])
    assert places["within_different"] == pytest.approx([0.45, 0.65, 0.55])
    assert places["same_vs_different"] == pytest.approx([0.55, 0.7, np.nan], nan_ok=True)
    assert (table.end - table.start).tolist() == pytest.approx(table.difference.tolist())


@pytest.mark.parametrize("domains", [("t2d",), ("t2d", "cifar100")])
@pytest.mark.parametrize("seeds", [1, 3])
def test_bars_stand_for_the_domains_that_are_configured(config, published, domains, seeds):
    study, results = make(config, domains, seeds)
    assert {"fig3", "fig12", "fig13"} <= set(figures({study.name: study}))
    table = differences.table(results, study, "fig3")
    axes = differences.draw(table, study, "fig3", published).axes
    assert len(axes) == len(domains)
    drawn = sorted((bar.get_y(), bar.get_height()) for bar in axes[0].patches)
    rows = table[table.domain == "t2d"]
    places = sorted(zip(rows.start, rows.difference, strict=True))
    assert np.ravel(drawn) == pytest.approx(np.ravel(places))
    dots = sorted(line.get_ydata()[0] for line in axes[0].lines if line.get_marker() == "o")
    assert dots == pytest.approx(sorted(rows.centre.dropna()))


def test_the_bar_between_ranges_goes_from_one_dot_to_the_other(config, published):
    study, results = make(config, ("t2d",))
    results.loc[results.transforms == "same", "value"] -= 0.3  # worse than with different ones
    table = differences.table(results, study, "fig3")
    row = bar(table, "t2d", "class_relationship", "same_vs_different")
    assert row.difference < 0
    axis = differences.draw(table, study, "fig3", published).axes[0]
    leads = [line for line in axis.lines if line.get_color() == differences.LEAD["color"]]
    ends = {(round(line.get_xdata()[0], 2), line.get_ydata()[0]) for line in leads}
    assert {(-0.31, row.start), (0.31, row.end)} <= ends
    assert "\u2212.15" in [text.get_text() for text in axis.texts]


@pytest.mark.parametrize(
    ("difference", "words"), [(0.046, ".05"), (-0.3, "\u2212.30"), (-0.001, ".00"), (1.0, "1.00")]
)
def test_a_length_is_written_in_two_decimals(difference, words):
    assert differences._length(difference) == words


def interval_lines(axis) -> list:
    """Ends of the vertical lines of intervals, beside the bars."""
    return [
        sorted(line[:, 1])
        for marks in axis.collections
        if isinstance(marks, LineCollection) and marks.get_linewidth()[0] == 0.8
        for line in marks.get_segments()
        if line[0, 0] == line[1, 0]
    ]


@pytest.mark.parametrize("seeds", [1, 2, 3, 10])
def test_intervals_are_those_of_lengths_and_stay_on_the_axis(config, published, seeds):
    rng = np.random.default_rng(0)
    study, results = make(config, ("t2d",), seeds)
    results["value"] = (results.value + 0.1 * rng.standard_normal(len(results))).clip(0, 1)
    table = differences.table(results, study, "fig3")
    found = interval_lines(differences.draw(table, study, "fig3", published).axes[0])
    if seeds < 3:
        assert not found and table.low.isna().all()
        return
    expected = np.clip([table.start + table.low, table.start + table.high], 0, 1).T
    assert len(expected) == 9
    assert np.ravel(sorted(found)) == pytest.approx(np.ravel(sorted(expected.tolist())))


def diamonds(axis) -> list[float]:
    marks = [mark for mark in axis.collections if isinstance(mark, PathCollection)]
    return sorted(y for mark in marks for _, y in mark.get_offsets().tolist())


def test_published_ranges_are_drawn_at_the_paper_s_values(config, published):
    study, results = make(config, ("cifar10",))
    axis = differences.draw(
        differences.table(results, study, "fig3"), study, "fig3", published
    ).axes[0]
    known = published[
        (published.artefact == "fig3")
        & (published.domain == "cifar10")
        & (published.quantity == "accuracy")
    ]
    assert len(known) == 3 * 2 * 3
    # Read from another picture of the same paper, to 0.002.
    assert diamonds(axis) == pytest.approx(sorted(known.value), abs=0.003)


@pytest.mark.parametrize("values", [["same"], ["subset", "same"], ["subset", "new"]])
def test_published_ranges_are_those_over_the_values_of_the_run(config, published, values):
    study, _ = make(config, ("t2d",))
    study.settings["factors"]["class_relationship"] = values
    found = published_spans(published, study, "fig3", "t2d", "class_relationship")
    if values != ["subset", "same"]:
        assert found == {}
        return
    start, end, centre = found["within_same"]
    assert (start, end, centre) == pytest.approx((0.953, 1.0, 0.9765), abs=0.001)
    assert found["within_disjoint"][:2] == pytest.approx((0.773, 0.906), abs=0.001)
    assert found["same_vs_disjoint"][:2] == pytest.approx((0.8395, 0.9765), abs=0.001)


@pytest.mark.parametrize(("amount", "shown"), [(0.01, True), (0.1, False)])
def test_published_ranges_are_those_after_the_same_amount_of_fine_tuning(
    config, published, amount, shown
):
    study, _ = make(config, ("cifar100",))
    study.settings["sizes"]["cifar100"]["fine_tuning_samples"] = [amount, 0.5]
    for factor in ("class_relationship", "pretraining_samples"):  # 450 means the published 500
        found = published_spans(published, study, "fig12", "cifar100", factor)
        assert bool(found) == shown


def test_no_results_is_an_error_with_the_figure(config):
    study, results = make(config, ("t2d",))
    with pytest.raises(UserError, match="fig12: no results of fine_tuning in domain t2d"):
        differences.table(results[results.method == "linear_probe"], study, "fig12")


def test_they_are_not_drawn_where_no_factor_varies(config):
    settings = config["studies"]["invariance_vs_factors"]
    settings["domains"] = ["t2d"]
    settings["factors"] = {"class_relationship": ["disjoint"], "architecture": ["resnet-18"]}
    assert {"fig3", "fig12", "fig13"} <= set(figures({Study.name: Study(config)}))
    settings["sizes"]["t2d"]["pretraining_samples"] = [1000]
    assert list(figures({Study.name: Study(config)})) == ["fig2", "fig9"]
