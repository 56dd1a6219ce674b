"""Published values beside ours: closed forms of spreads, z and tolerance, and each verdict."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from support.tidy_tables import tidy_tables

from invariance.analysis.cells import KEY, measured_cells, published_cells, published_keys
from invariance.analysis.factor_differences import bars, ends, lines
from invariance.analysis.seed_means import Means
from invariance.scorecard import values
from invariance.scorecard.card import scorecard
from invariance.studies import load_studies

STUDIES = ("invariance_vs_factors", "irrelevant_features", "invariance_transfer")
STUDIES += ("invariance_mismatch",)
PAPER = dict.fromkeys(STUDIES, "paper")


@pytest.fixture(scope="module")
def published(repository):
    return pd.read_csv(repository / "config/paper_values.csv", keep_default_na=False)


@pytest.fixture(scope="module")
def exact(published):
    """Cells of a run of four seeds whose means are the published values, seeds 0.01 apart."""
    seeds = range(4)
    return {
        name: pd.concat(
            [
                cells.assign(seed=seed, value=cells.value + 0.01 * (seed - 1.5))
                for cells in [published_cells(published, name)]
                for seed in seeds
            ]
        )
        for name in STUDIES
    }


def compared(published, cells, scale=None):
    return values.compare(published, cells, cells, scale or PAPER)


@pytest.fixture(scope="module")
def matched(published, exact):
    return compared(published, exact)


def test_bars_are_ranges_and_differences_of_averages():
    rows = [
        ("t2d", "linear_probe", "architecture", x, series, "", "accuracy", 0, value)
        for series, line in (("same", (0.9, 0.8)), ("disjoint", (0.4, 0.7)))
        for x, value in zip(("vit", "vgg-11"), line, strict=True)
    ]
    means = Means(pd.DataFrame(rows, columns=[*KEY, "seed", "value"]))
    both = lines(means, "t2d", "linear_probe", "architecture")
    found = {name: bar.rows.item() for name, bar in bars(*both).items()}
    found |= {name: end.item() for name, end in ends(*both).items()}
    assert found == pytest.approx(
        {
            "same_vs_disjoint": 0.3,
            "within_same": 0.1,
            "within_same min": 0.8,
            "within_same max": 0.9,
            "within_same mean": 0.85,
            "within_disjoint": 0.3,
            "within_disjoint min": 0.4,
            "within_disjoint max": 0.7,
            "within_disjoint mean": 0.55,
        }
    )
    assert lines(means, "t2d", "linear_probe", "class_relationship") == ()


def test_z_is_the_difference_over_its_standard_error():
    table = pd.DataFrame(
        {
            "artefact": ["table1", "table2", "fig2", "fig2"],
            "std": ["0.06", "0.5", "", ""],
            "n_seeds": [10, 10, 10, 10],
            "sd": [0.03, 0.03, 0.03, np.nan],
            "n": [5, 5, 5, 1],
            "difference": [0.1, 0.1, -0.1, 0.1],
        }
    )
    table1 = 0.1 / np.sqrt(0.03**2 / 5 + 0.06**2 / 10)
    alike = 0.1 / (0.03 * np.sqrt(1 / 5 + 1 / 10))
    found = table.difference / values.standard_error(table)
    assert found[:3].tolist() == pytest.approx([table1, alike, -alike])
    assert np.isnan(found[3])


def test_tolerance_is_run_noise_and_precision(published):
    found = published.assign(tolerance=values.tolerance(published))
    of = found.groupby(["artefact", "precision"]).tolerance.unique().explode()
    assert of["table1", "printed"] == pytest.approx(0.035)
    assert of["fig2", "digitised"] == pytest.approx(0.032)
    assert of["fig18", "digitised"] == pytest.approx(0.035)
    assert of["fig4", "approximate"] == pytest.approx(0.04)
    extra = found[found.artefact == "extra"].groupby("quantity").tolerance.unique().explode()
    assert extra["correlation"] == pytest.approx(0.065)
    assert extra["mean_rank"] == pytest.approx(0.155)


@pytest.mark.parametrize(
    ("difference", "direction", "reduced", "expected"),
    [
        (0.03, "other", False, "match"),
        (-0.04, "published", False, "same direction"),
        (-0.04, "other", False, "mismatch"),
        (0.04, "", False, "mismatch"),
        (0.0, "published", True, "same direction"),
        (0.0, "other", True, "other direction"),
        (0.0, "", True, "not comparable"),
        (np.nan, "published", True, "not comparable"),
        (np.nan, "", False, "not comparable"),
    ],
)
def test_verdicts(difference, direction, reduced, expected):
    assert values.verdict(difference, 0.035, direction, reduced) == expected


@pytest.mark.parametrize(
    ("difference", "direction", "expected"),
    [
        (0.09, "", "not comparable"),
        (0.09, "other", "not comparable"),
        (0.09, "published", "same direction"),
        (0.11, "", "mismatch"),
        (-0.11, "other", "mismatch"),
        (0.03, "other", "match"),
    ],
)
def test_a_mismatch_is_more_than_seeds_alone_explain(difference, direction, expected):
    assert values.verdict(difference, 0.035, direction, False, chance=0.1) == expected


def test_published_values_match_themselves(matched):
    measured = matched[matched.verdict != "not run"]
    plain_cells = measured[
        ~measured.method.eq("difference") & measured.quantity.isin(["accuracy", "sensitivity"])
    ]
    assert set(plain_cells.verdict) == {"match"}
    assert plain_cells.difference.abs().max() < 1e-9
    assert plain_cells.sd.tolist() == pytest.approx(
        [np.std(range(4), ddof=1) / 100] * len(plain_cells)
    )
    assert set(measured.n) == {4}


def test_bars_computed_from_published_accuracies_match_the_printed_bars(matched):
    bars = matched[matched.method == "difference"]
    assert len(bars) == 135 and set(bars.verdict) == {"match"}


def test_correlations_computed_from_published_means_match_the_printed_ones(matched):
    """Means are printed with two digits, which moves the correlations by up to 0.004."""
    found = matched[matched.quantity == "correlation"]
    assert len(found) == 4 and found.difference.abs().max() < 0.005


def test_only_stored_results_outside_the_paper_are_not_run(matched):
    assert set(matched[matched.verdict == "not run"].artefact) == {"extra"}


def test_bounds_of_intervals_are_compared(published, exact, matched):
    bound = matched[(matched.quantity == "ci95_low") & (matched.artefact == "fig4")].iloc[0]
    assert bound.n == 4
    seeds = [0.275 + 0.01 * (seed - 1.5) for seed in range(4)]
    expected = stats.t.interval(0.95, 3, 0.275, stats.sem(seeds))[0]
    assert bound.ours == pytest.approx(expected)


def test_the_spread_of_a_bound_is_that_of_mean_and_width_together():
    """Simulated: the ends of t intervals of ten normal values vary 1.1 times as much as means."""
    rng = np.random.default_rng(0)
    seeds = rng.normal(size=(20000, 10))
    low = seeds.mean(1) - stats.t.ppf(0.975, 9) * stats.sem(seeds, axis=1)
    cells = pd.DataFrame(
        [("t2d", "m", "", "x", "s", "", "accuracy", i, v) for i, v in enumerate(seeds[0])],
        columns=[*KEY, "seed", "value"],
    )
    measured = values.ours(cells)
    mean = measured["t2d", "m", "", "x", "s", "", "accuracy"][1]
    bound = measured["t2d", "m", "", "x", "s", "", "ci95_low"][1]
    assert bound / mean == pytest.approx(low.std() / seeds.mean(1).std(), rel=0.02)


def test_two_seeds_have_no_bounds_to_compare(published, exact):
    two = {name: cells[cells.seed < 2] for name, cells in exact.items()}
    found = compared(published, two)
    bounds = found.quantity.str.startswith("ci95")
    assert set(found[bounds].verdict) == {"not run"} and set(found[bounds].n) == {0}
    assert set(found[~bounds & (found.artefact == "fig4")].verdict) == {"match"}


def test_a_run_at_another_scale_never_matches(published, exact):
    found = compared(published, exact, dict.fromkeys(STUDIES, "reduced"))
    assert "match" not in set(found.verdict) and "mismatch" not in set(found.verdict)
    assert set(found[found.artefact == "table1"].verdict) <= {"same direction", "not comparable"}
    one = compared(published, exact, {**PAPER, "irrelevant_features": "reduced"})
    assert "match" not in set(one[one.study == "irrelevant_features"].verdict)
    assert "match" in set(one[one.study == "invariance_transfer"].verdict)


def test_studies_that_were_not_run_say_so(published, exact):
    only = {"invariance_mismatch": exact["invariance_mismatch"]}
    found = compared(published, only, {"invariance_mismatch": "paper"})
    rest = found[found.study != "invariance_mismatch"]
    assert set(rest.verdict) == {"not run"} and rest.ours.isna().all()
    assert set(found[found.artefact == "fig18"].verdict) == {"match"}


def test_direction_is_the_order_among_peers(published, exact):
    """Turn one model of table 1 from the best to the worst on one target."""
    cells = exact["irrelevant_features"].copy()
    best = (cells.domain == "cifar10_random") & (cells.x == "CO_O") & (cells.series == "CO_O")
    cells.loc[best, "value"] = 0.0
    found = compared(published, {**exact, "irrelevant_features": cells})
    column = found[(found.artefact == "table1") & (found.x == "CO_O")].set_index("series")
    assert set(column.direction) == {"other"}
    assert column.verdict["CO_O"] == "mismatch" and column.verdict["C_C"] == "match"
    others = found[(found.artefact == "table1") & (found.x == "CO_C")]
    assert set(others.direction) == {"published"}


def test_peers_closer_than_the_tolerance_decide_nothing(published, exact):
    """All four models of table 1 were published with an accuracy of 0.98 or 1.00 on objects."""
    found = compared(published, exact)
    column = found[(found.artefact == "table1") & (found.x == "O_O")]
    assert set(column.direction) == {""}


def test_keys_agree_with_the_cells_of_a_run(config, published):
    """Every published number of the paper is found in what the full configuration measures."""
    for study in config["studies"].values():
        study["seeds"] = 1
    tables = tidy_tables(config, lambda row: 0.5)
    studies = load_studies(config)
    keyed = published_keys(published)
    for name, table in tables.items():
        cells = measured_cells(table, studies[name], "pooled_macro")
        assert not cells.duplicated([*KEY, "seed"]).any()
        wanted = keyed[(keyed.study == name) & (keyed.artefact != "extra")]
        wanted = wanted[wanted.quantity.isin(["accuracy", "sensitivity"])]
        wanted = wanted[wanted.method != "difference"]
        missing = wanted.merge(cells, on=KEY, how="left", suffixes=("", "_ours"))
        assert not missing.value_ours.isna().any(), missing[missing.value_ours.isna()][KEY].head()


def test_pooled_accuracies_are_compared_with_pooled_ones(config, published):
    for study in config["studies"].values():
        study["seeds"] = 2
    accuracy = {"pooled_macro_accuracy": 0.9, "test_accuracy": 0.6}
    tables = tidy_tables(config, lambda row: accuracy.get(row["quantity"], 0.3))
    studies = load_studies(config)
    cells, test = (
        {name: measured_cells(table, studies[name], how) for name, table in tables.items()}
        for how in ("pooled_macro", "test")
    )
    found = values.compare(published, cells, test, PAPER)
    row = found[(found.artefact == "fig7") & (found.series == "same")].iloc[0]
    assert (row.ours, row.ours_test) == (pytest.approx(0.9), pytest.approx(0.6))
    own = found[(found.artefact == "fig7") & (found.series == "same_training")].iloc[0]
    assert (own.ours, own.ours_test) == (pytest.approx(0.9), pytest.approx(0.6))


def test_a_full_run_computes_every_published_value(config, published):
    """All cells of the full configuration, in five seeds, with numbers of no meaning."""
    numbers = np.random.default_rng(0)
    for study in config["studies"].values():
        study["seeds"] = 5
    tables = tidy_tables(config, lambda row: numbers.uniform())
    studies = load_studies(config)
    cells = {
        name: measured_cells(table, studies[name], "pooled_macro") for name, table in tables.items()
    }
    found = values.compare(published, cells, cells, PAPER)
    absent = found[found.verdict == "not run"]
    assert len(found) == 1181 and absent.empty, absent.value_counts(["artefact", "quantity", "x"])


@pytest.mark.parametrize(
    ("samples", "run"),
    [
        ({"t2d": [200, 2000], "cifar10": [0.01, 0.1]}, {"t2d": "lh", "cifar10": "lh"}),
        ({"t2d": [200, 600], "cifar10": [0.1, 0.5]}, {"t2d": "l", "cifar10": ""}),
        ({"t2d": [20, 200, 2000], "cifar10": [0.01]}, {"t2d": "h", "cifar10": "l"}),
        ({"t2d": [2000], "cifar10": [0.01, 0.05, 0.1]}, {"t2d": "", "cifar10": "lh"}),
    ],
)
def test_fine_tuning_is_compared_on_the_published_amount_of_data(published, config, samples, run):
    """A run on 10 % of each class is no run on 1 %; of several amounts the last is the high one."""
    study = config["studies"]["invariance_vs_factors"]
    study["seeds"], study["domains"] = 1, list(samples)
    for domain, amounts in samples.items():
        study["sizes"][domain]["fine_tuning_samples"] = amounts
    config["studies"] = {"invariance_vs_factors": study}
    tables = tidy_tables(config, lambda row: 0.5)
    about = {"accuracy": "test", "scale": PAPER, "run": "", "preset": "paper", "switches": {}}
    found, _, _ = scorecard(published, tables, load_studies(config), about)
    kept = found[found.verdict != "not run"]
    for domain, parts in run.items():
        here = kept[(kept.domain == domain) & (kept.factor != "finetuning_samples")]
        figures = set(here.artefact) & {"fig9", "fig10", "fig12", "fig13"}
        low = {"fig12", {"t2d": "fig9", "cifar10": "fig10"}[domain]}
        assert figures == (low if "l" in parts else set()) | ({"fig13"} if "h" in parts else set())
        assert "fig3" in set(here.artefact)


def test_an_unknown_tolerance_makes_no_mismatch(published, exact):
    two = {name: cells[cells.seed < 2] for name, cells in exact.items()}
    found = compared(published, two)
    unknown = found[found.tolerance.isna()]
    assert len(unknown) > 100 and "mismatch" not in set(unknown.verdict)
