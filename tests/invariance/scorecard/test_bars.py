"""Bars of figures 3, 12 and 13 are compared over the values of the factor that were run."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from invariance.analysis.cells import KEY, published_cells
from invariance.scorecard import values

STUDY = "invariance_vs_factors"
ROW = {"domain": "t2d", "method": "difference", "factor": "class_relationship"}


@pytest.fixture(scope="module")
def published(repository):
    return pd.read_csv(repository / "config/paper_values.csv", keep_default_na=False)


@pytest.fixture(scope="module")
def cells(published):
    """Ten seeds whose means are the published values; every cell varies for itself."""
    rng, exact = np.random.default_rng(0), published_cells(published, STUDY)
    noise = rng.normal(0, 0.01, size=(10, len(exact)))
    noise -= noise.mean(axis=0)
    return pd.concat(
        [exact.assign(seed=s, value=exact.value + noise[s]) for s in range(len(noise))]
    )


def bars(published, cells, scale="paper", artefact="fig3", **where):
    found = values.compare(published, {STUDY: cells}, {STUDY: cells}, {STUDY: scale})
    found = found[found.artefact == artefact]
    for column, value in {**ROW, **where}.items():
        found = found[found[column] == value]
    return found.set_index(["series", "x"])


def run_with(cells, *chosen, factor="class_relationship"):
    return cells[(cells.factor != factor) | cells.x.isin(chosen)]


def test_a_run_of_all_values_is_compared_with_the_printed_bars(published, cells):
    found = bars(published, cells)
    assert set(found.over) == {"disjoint, same, subset, superset"}
    assert found.compared_with.tolist() == found.value.tolist()
    assert set(found.verdict) == {"match"}


def test_a_run_of_some_values_is_compared_over_these(published, cells):
    """Over two of the four values, the range of same models is 0.017, printed over four 0.05."""
    found = bars(published, run_with(cells, "disjoint", "same"))
    assert set(found.over) == {"disjoint, same"}
    expected = {
        ("within_same", ""): 1.0 - 0.983,
        ("within_disjoint", ""): 0.906 - 0.862,
        ("same_vs_disjoint", ""): (1.0 + 0.983) / 2 - (0.906 + 0.862) / 2,
        ("within_same", "min"): 0.983,
        ("within_disjoint", "max"): 0.906,
        ("within_disjoint", "mean"): 0.884,
    }
    for key, value in expected.items():
        assert found.compared_with[key] == pytest.approx(value), key
        assert found.difference[key] == pytest.approx(0, abs=1e-9), key
    assert found.value["within_same", ""] == 0.05
    assert set(found.verdict) == {"match"}


def test_a_wrong_bar_over_the_same_values_is_no_match(published, cells):
    """It equals the bar that is printed over more values."""
    wide = cells.series.eq("disjoint") & cells.x.eq("disjoint") & cells.factor.eq(ROW["factor"])
    wide = cells.assign(value=cells.value - 0.106 * wide)
    found = bars(published, run_with(wide, "disjoint", "same")).loc["within_disjoint", ""]
    assert found.ours == pytest.approx(0.15, abs=0.001) and found.value == 0.15
    assert found.verdict == "same direction" and found.z > 10


@pytest.mark.parametrize("scale", ["paper", "reduced"])
@pytest.mark.parametrize("values_run", [("10000", "4000"), ("10000", "4000", "50000"), ("10000",)])
def test_bars_over_values_without_published_curves_are_not_comparable(
    published, cells, scale, values_run
):
    factor = {"factor": "pretraining_samples"}
    other = cells[(cells.factor == factor["factor"]) & (cells.x == "1000")].assign(x="4000")
    run = run_with(pd.concat([cells, other]), *values_run, **factor)
    found = bars(published, run, scale, **factor)
    assert set(found.verdict) == {"not comparable"}
    assert found.difference.isna().all() and found.compared_with.isna().all()
    assert set(found.over) == {", ".join(sorted(values_run, key=int))}


def test_a_factor_that_was_not_run_says_so(published, cells):
    found = bars(published, cells[cells.factor != ROW["factor"]])
    assert set(found.verdict) == {"not run"} and set(found.over) == {""}


def test_the_tolerance_of_a_bar_follows_its_spread(published, cells):
    """A bar that is linear in means: its spread is that of the seeds' own bars."""
    for factor, floor in ((1, True), (20, False)):
        wide = cells.groupby(KEY).value.transform("mean")
        wide = cells.assign(value=wide + factor * (cells.value - wide))
        found = bars(published, wide).loc["same_vs_disjoint", ""]
        lines = wide[(wide.domain == "t2d") & (wide.factor == ROW["factor"])]
        lines = lines[lines.method == "linear_probe"].groupby(["series", "seed"]).value.mean()
        sd = (lines["same"] - lines["disjoint"]).std()
        assert found.sd == pytest.approx(sd)
        expected = stats.t.ppf(0.975, 9) * sd * np.sqrt(1 / 10 + 1 / 10)
        assert (expected < 0.03) == floor
        assert found.tolerance == pytest.approx(max(0.03, expected) + 0.005)


def test_two_seeds_know_no_tolerance_of_bars(published, cells):
    found = bars(published, cells[cells.seed < 2], "reduced")
    assert found.tolerance.isna().all() and set(found.verdict) == {"not comparable"}
