"""Figures of the study of source classes show the influences of their table, each in its place."""

import io
from importlib import import_module

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection, PathCollection, PolyCollection
from scipy import stats
from support.influence_tables import DEMO, PAPER, Values, rows, sources, study, table, targets

from invariance.artefacts import ARTEFACTS
from invariance.figures import captions, style
from invariance.figures.influence import by_class, curves, looks, predictors, target_map
from transforms2d.errors import UserError

NAMES = [n for n, one in ARTEFACTS.items() if one.study == "influence" and not one.own_rule]
FIGURES = [name for name in NAMES if ARTEFACTS[name].kind == "figures"]
BOTH = {**PAPER, "seeds": 3, "masks": {**PAPER["masks"], "models": 96}}


def module_of(name: str):
    return import_module(f"invariance.figures.{ARTEFACTS[name].module}")


def drawn(name: str, one, results=None):
    module = module_of(name)
    shown = module.table(table(one) if results is None else results, one, name)
    return module.draw(shown, one, name, None)


@pytest.fixture(scope="module")
def demo():
    one = study()
    return one, table(one)


@pytest.fixture(scope="module")
def both():
    one = study(BOTH)
    return one, table(one)


def test_classes_stand_in_the_order_of_the_source_and_nulls_are_those_of_all_models(demo):
    one, results = demo
    shown = by_class.table(results, one, "influence_by_class")
    first = shown[(shown.seed == 0) & (shown.quantity == "influence")]
    assert first["class"].tolist() == sources(DEMO, "t2d")
    assert set(first.kind) == {"leak", "carrier", "partial", "neutral"}
    assert len(shown) == 3 * (24 * 3 + 1)
    null = shown[shown.kind == "all"]
    expected = results[(results.quantity == "null_band") & (results.change == "64 models")]
    assert sorted(null.value) == sorted(expected.value) and set(null.quantity) == {"null_band"}


def test_a_panel_has_every_class_of_its_seed_from_the_most_useful_on(demo):
    one, results = demo
    axes = drawn("influence_by_class", one, results).axes
    assert len(axes) == 3 + 1
    for seed, axis in zip(one.seeds, axes, strict=False):
        points = {}
        for kind, look in looks.KINDS.items():
            for line in axis.lines:
                if line.get_marker() == look["marker"] and line.get_color() == look["color"]:
                    points |= dict(zip(line.get_xdata(), line.get_ydata(), strict=True))
                    of_kind = _influences(results, seed, kind)
                    assert sorted(line.get_ydata()) == pytest.approx(sorted(of_kind))
        heights = [points[at] for at in range(24)]
        assert heights == sorted(heights, reverse=True)
        (band,) = axis.patches
        null = results[(results.quantity == "null_band") & (results.change == "64 models")]
        assert band.get_y() == pytest.approx(-null[null.seed == seed].value.item())


def _influences(results, seed: int, kind: str, target="all") -> list[float]:
    rows = results[(results.method == "influence") & (results.quantity == "influence")]
    rows = rows[(rows.seed == seed) & (rows.target == target) & (rows.model == "bernoulli")]
    return rows[rows.change.str.startswith(f"{kind} ")].value.tolist()


def test_bootstrap_intervals_of_single_classes_are_drawn_of_one_seed(demo):
    _, results = demo
    alone = study(seeds=1)
    axis = drawn("influence_by_class", alone, results[results.seed == 0]).axes[0]
    ends = np.concatenate(
        [line.get_ydata() for line in axis.lines if np.isnan(line.get_ydata()).any()]
    )
    shown = results[(results.seed == 0) & results.quantity.isin(["low", "high"])]
    assert sorted(ends[~np.isnan(ends)]) == pytest.approx(sorted(shown.value))


def test_the_first_kind_of_masks_is_shown(both):
    one, results = both
    shown = by_class.table(results, one, "influence_by_class")
    t2d = shown[(shown.domain == "t2d") & (shown.quantity == "influence") & (shown.seed == 1)]
    assert sorted(t2d.value) == pytest.approx(
        sorted(
            value
            for kind in ("leak", "carrier", "partial", "neutral")
            for value in _influences(results[results.domain == "t2d"], 1, kind)
        )
    )


def test_classes_that_are_the_same_in_all_seeds_have_one_panel_of_means(both):
    one, results = both
    axes = drawn("influence_by_class", one, results).axes
    assert [axis.get_title() for axis in axes] == [
        "Transforms-2D",
        "",
        "",
        "CIFAR-100 to CIFAR-10",
        "Mean of each kind",
    ]
    (points,) = (line for line in axes[3].lines if len(line.get_xdata()) == 100)
    cifar = results[(results.domain == "cifar") & (results.model == "bernoulli")]
    cifar = cifar[(cifar.target == "all") & (cifar.method == "influence")]
    means = cifar[cifar.quantity == "influence"].groupby("change").value.mean()
    assert points.get_ydata() == pytest.approx(sorted(means, reverse=True))


def test_curves_are_means_over_repeats_and_mended_ones_those_of_the_fewest_removed(demo):
    one, results = demo
    shown = curves.table(results, one, "counterfactuals")
    value = Values(one)
    row = {"domain": "t2d", "seed": 2, "method": "counterfactuals", "target": "bottom"}
    row |= {"change": "12 removed", "quantity": "test_accuracy"}
    expected = np.mean([value({**row, "model": f"repeat{r}"}) for r in range(2)])
    found = shown[(shown.arm == "bottom") & (shown.removed == 12) & (shown.seed == 2)]
    assert found.value.tolist() == pytest.approx([expected])
    wrong = shown[shown.quantity == "wrong_accuracy"]
    assert set(zip(wrong.arm, wrong.removed, strict=True)) == {
        ("none", 0),
        ("random", 6),
        ("wrong", 6),
    }
    assert "wrong" not in set(shown[shown.quantity == "test_accuracy"].arm)


def test_differences_from_random_are_taken_within_seeds(demo):
    one, results = demo
    figure = drawn("counterfactuals", one, results)
    upper, lower = figure.axes[:2]
    shown = curves.table(results, one, "counterfactuals")
    accuracy = shown[shown.quantity == "test_accuracy"].groupby(["arm", "removed"]).value.mean()
    colour = looks.ARMS["bottom"]["color"]
    for axis, minus in ((upper, 0), (lower, accuracy["random"])):
        (line,) = (one for one in axis.lines if one.get_color() == colour)
        expected = (accuracy["bottom"] - minus).tolist()
        expected = [accuracy["none", 0], *expected] if axis is upper else expected
        assert line.get_ydata().tolist() == pytest.approx(expected)
    (chance,) = (one for one in upper.lines if one.get_linestyle() == ":" or _dotted(one))
    assert chance.get_ydata()[0] == 1 / 8


@pytest.mark.parametrize("left_out", [["random"], ["bottom", "top", "planted"]])
def test_without_random_removal_or_another_no_panel_is_empty(demo, left_out):
    one, results = demo
    figure = drawn("counterfactuals", one, results[~results.target.isin(left_out)])
    assert [axis.get_title() for axis in figure.axes] == ["Transforms-2D", "On wrong\npredictions"]
    assert figure.axes[0].get_ylabel() == "Target accuracy"
    assert figure.axes[0].get_xlabel() == "Classes removed (of 24)"


def _dotted(line) -> bool:
    return line._unscaled_dash_pattern == style.CHANCE["linestyle"]


def test_a_correlation_is_the_mean_of_those_of_the_seeds(both):
    one, results = both
    figure = drawn("influence_predictors", one, results)
    rows = results[(results.domain == "t2d") & (results.target == "all")]
    rows = rows[rows.model == "bernoulli"]
    expected = []
    for seed in one.seeds:
        of_seed = rows[rows.seed == seed]
        wide = of_seed[of_seed.quantity.isin(["influence", "similarity"])]
        wide = wide[wide.method != "influence_wrong"]
        wide = wide.pivot(index="change", columns="quantity", values="value")
        expected.append(stats.spearmanr(wide.influence, wide.similarity).statistic)
    assert figure.axes[0].get_title().startswith(f"\u03c1 = {np.mean(expected):.2f} [")


def test_every_class_is_a_point_in_every_panel_and_cifar_has_no_overlap(both):
    one, results = both
    axes = drawn("influence_predictors", one, results).axes
    assert [axis.axison for axis in axes] == [True] * 7 + [False]
    for domain, row in (("t2d", axes[:4]), ("cifar", axes[4:7])):
        for axis in row:
            points = [m.get_offsets() for m in axis.collections if isinstance(m, PathCollection)]
            assert sum(map(len, points)) == 3 * len(sources(BOTH, domain))


def test_points_of_one_overlap_stand_side_by_side_by_seed(demo):
    one, results = demo
    axis = drawn("influence_predictors", one, results).axes[3]
    places = np.concatenate([marks.get_offsets()[:, 0] for marks in axis.collections])
    assert len(np.unique(places.round(6))) == 3 * 3


def test_the_map_has_each_influence_in_its_place_and_a_frame_at_each_leak(demo):
    one, results = demo
    shown = target_map.table(results, one, "influence_map")
    means = target_map.means(shown)
    assert list(means.columns) == sources(DEMO, "t2d")
    assert list(means.index) == targets(DEMO, "t2d")
    leak = np.mean([_influences(results, seed, "leak", "class 2")[1] for seed in one.seeds])
    assert means.loc["class 2", "leak 2"] == pytest.approx(leak)
    axis = target_map.draw(shown, one, "influence_map", None).axes[0]
    frames = [patch.get_xy() for patch in axis.patches]
    assert frames == [(0, 0), (1, 1), (2, 2)]
    low, high = axis.collections[0].get_clim()
    assert low == -high < 0


def test_numbers_of_models_are_in_order_and_every_kind_of_masks_has_a_line(both):
    one, results = both
    figure = drawn("influence_reliability", one, results)
    axis = figure.axes[0]
    assert axis.get_xticks().tolist() == [24, 48, 96]
    colours = {line.get_color() for line in axis.lines}
    assert colours - {"#777777"} == {look["color"] for look in looks.MASKS.values()}
    assert len(axis.lines) == 3 * 2 + 1, "two estimators, the ceiling, the number of classes"
    assert axis.lines[-1].get_xdata() == [46, 46]
    words = {text.get_text() for text in figure.legends[0].texts}
    assert words == {
        "each class with probability 1/2",
        "half of the classes",
        "least squares",
        "difference of means",
        "ceiling: the same masks, other seeds",
        "as many models as classes",
    }


def test_no_axis_of_a_correlation_goes_beyond_its_range(demo):
    one, results = demo
    results = results.assign(value=results.value.mask(results.quantity == "r2", -9.0))
    for axis in drawn("influence_reliability", one, results).axes[:3]:
        low, high = axis.get_ylim()
        assert -1.1 < low <= 0 and 1 < high < 1.1


@pytest.mark.parametrize("name", FIGURES)
def test_an_interval_takes_three_seeds(name):
    for seeds in (1, 2, 3):
        figure = drawn(name, study({**DEMO, "seeds": seeds}))
        marks = [m for axis in figure.axes for m in axis.collections]
        marks = [m for m in marks if isinstance(m, PolyCollection | LineCollection)]
        has_any = ARTEFACTS[name].module in captions.MARKS
        assert any(bool(m.get_paths()) for m in marks) == (has_any and seeds == 3), seeds


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("settings", [DEMO, BOTH], ids=["demo", "both"])
def test_pictures_fit_a_page_and_are_the_same_each_time(tmp_path, name, settings):
    one = study(settings)
    results, module = table(one), module_of(name)
    suffixes = ("png", "csv") if settings is BOTH else ("png", "pdf", "csv")
    for folder in ("a", "b"):
        shown = module.table(results.sample(frac=1, random_state=len(folder)), one, name)
        figure = module.draw(shown, one, name, None)
        assert figure.get_figwidth() <= style.PAGE_INCHES + 1e-9
        assert figure.get_figheight() < 9
        style.save(figure, [tmp_path / folder / f"f.{s}" for s in suffixes], shown)
    for suffix in suffixes:
        first, second = (tmp_path / folder / f"f.{suffix}" for folder in ("a", "b"))
        assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("name", FIGURES)
def test_a_study_of_natural_images_alone_has_no_kinds(name):
    figure = drawn(name, study({**BOTH, "domains": ["cifar"], "seeds": 2}))
    words = {text.get_text() for legend in figure.legends for text in legend.texts}
    assert not words & {"leak", "carrier", "partial", "neutral", "class", "least overlap first"}


def test_no_word_of_a_table_is_lost_in_a_csv(both):
    one, results = both
    shown = [module_of(name).table(results, one, name) for name in FIGURES]
    for frame in (results, *shown):
        read = pd.read_csv(io.StringIO(frame.to_csv(index=False)))
        for column in frame.select_dtypes(exclude="number"):
            # An influence by chance is of no class.
            assert {*read[column].fillna("")} == {*frame[column].fillna("")}, column
            assert read[column].isna().sum() == frame[column].isin(["", None]).sum()


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("value", [0.93, 0.2])
def test_no_axis_is_cut(name, value):
    one = study()
    for axis in drawn(name, one, table(one, lambda row: value)).axes:
        low, high = sorted(axis.get_ylim())
        assert low <= 0 <= high, f"{name}: {low} to {high}"


@pytest.mark.parametrize("name", FIGURES)
def test_no_results_are_an_error_with_the_figure(demo, name):
    one, results = demo
    method = ARTEFACTS[name].methods[0]
    others = results[~results.method.str.startswith(method)]
    with pytest.raises(UserError, match=f"{name}: no .*make the table of influence"):
        module_of(name).table(others, one, name)


def test_a_result_that_one_seed_lacks_is_named(demo):
    one, results = demo
    lost = (results.seed == 1) & (results.change == "leak 2") & (results.target == "class 2")
    with pytest.raises(UserError, match=r"influence_map: lacks .*leak 2"):
        target_map.table(results[~lost], one, "influence_map")


def test_every_row_of_the_tidy_table_is_made_up_once():
    one = study(BOTH)
    keys = [tuple(sorted(row.items())) for row in rows(one)]
    assert len(keys) == len(set(keys)) > 10_000


def test_predictors_are_named_in_every_panel(demo):
    one, results = demo
    axes = drawn("influence_predictors", one, results).axes
    assert [axis.get_xlabel() for axis in axes] == list(predictors.PREDICTORS.values())
