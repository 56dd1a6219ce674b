"""Tables of the study of source classes: the right numbers and intervals, in four formats."""

import re

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from support.influence_tables import DEMO, PAPER, study, table

from invariance.artefacts import ARTEFACTS
from invariance.tables import layout
from transforms2d.errors import UserError

TABLES = [n for n, one in ARTEFACTS.items() if one.study == "influence" and one.kind == "tables"]
BOTH = {**PAPER, "seeds": 3, "masks": {**PAPER["masks"], "models": 96}}
DESCRIPTION = {
    "run": "results/my_run",
    "preset": "paper",
    "switches": {},
    "scale": {"influence": "reduced"},
    "differences": ["a", "b"],
    "table_spread": "seeds",
    "made_with": "Made with torch 2.",
}


def numbers(results, name: str) -> pd.DataFrame:
    return layout.module_of(name).numbers(results, name, "test")


def cell(found, **key):
    (row,) = found[(found[list(key)] == pd.Series(key)).all(axis=1)].itertuples()
    return row


@pytest.fixture(scope="module")
def demo():
    return table(study())


@pytest.fixture(scope="module")
def both():
    return table(study(BOTH))


def accuracies(results, arm: str, quantity="test_accuracy") -> pd.Series:
    """Means over repeats, by number of removed classes and seed."""
    rows = results[(results.target == arm) & (results.quantity == quantity)]
    rows = rows[rows.method == "counterfactuals"]
    return rows.groupby(["change", "seed"]).value.mean()


def test_areas_and_differences_are_those_of_each_seed(demo):
    found = numbers(demo, "influence_areas")
    areas = {arm: accuracies(demo, arm).groupby("seed").mean() for arm in ("bottom", "random")}
    row = cell(found, block="area", row="bottom", column="t2d")
    assert row.mean == pytest.approx(areas["bottom"].mean())
    difference = (areas["bottom"] - areas["random"]).to_numpy()
    row = cell(found, block="difference", row="bottom - random", column="t2d")
    ends = stats.t.interval(0.95, 2, difference.mean(), stats.sem(difference))
    assert (row.low, row.high) == pytest.approx(ends) and row.n_seeds == 3
    assert row.std_seeds == pytest.approx(difference.std(ddof=1))


def test_the_best_point_is_chosen_on_one_half_and_told_on_the_other(demo):
    chosen = (demo.quantity == "val_accuracy") & (demo.target == "bottom")
    chosen &= demo.change == "18 removed"
    told = (demo.quantity == "test_accuracy") & (demo.target == "bottom")
    told &= demo.change == "18 removed"
    changed = demo.assign(value=demo.value.mask(chosen, 0.99).mask(told, 0.3))
    found = numbers(changed, "influence_areas")
    assert cell(found, block="best", row="removed", column="t2d").mean == 18
    assert cell(found, block="best", row="accuracy", column="t2d").mean == pytest.approx(0.3)
    full = accuracies(demo, "none").mean()
    gain = cell(found, block="best", row="gain", column="t2d").mean
    assert gain == pytest.approx(0.3 - full)


def test_mended_predictions_are_compared_with_random_removal_of_as_many(demo):
    found = numbers(demo, "influence_areas")
    wrong = accuracies(demo, "wrong", "wrong_accuracy")
    random = accuracies(demo, "random", "wrong_accuracy")["6 removed"]
    row = cell(found, block="wrong", row="mended", column="t2d")
    assert row.mean == pytest.approx(wrong.mean() - random.mean())


def test_domains_are_columns_and_what_one_lacks_stays_empty(both):
    found = numbers(both, "influence_areas")
    assert list(dict.fromkeys(found.column)) == ["t2d", "cifar"]
    assert set(found[found.row == "planted"].column) == {"t2d"}
    texts, bold = layout.module_of("influence_areas").grid(
        "influence_areas", found, DESCRIPTION, latex=False
    )
    assert list(texts.columns) == ["Transforms-2D", "CIFAR-100 to CIFAR-10"]
    empty = texts[texts["CIFAR-100 to CIFAR-10"] == ""]
    assert {row[1] for row in empty.index} == {
        "least overlap first",
        "least overlap first minus random order",
    }
    assert not bold.to_numpy().any()


def test_reliability_has_a_row_per_masks_and_number_in_order(both):
    found = numbers(both, "influence_reliability_table")
    rows = found[["domain", "masks", "models"]].drop_duplicates()
    expected = [
        (d, m, n) for d in ("t2d", "cifar") for m in ("bernoulli", "half") for n in (24, 48, 96)
    ]
    assert list(rows.itertuples(index=False, name=None)) == expected
    shown = both[(both.quantity == "split_half") & (both.domain == "cifar")]
    shown = shown[(shown.model == "half") & (shown.change == "48 models")]
    row = cell(found, domain="cifar", masks="half", models=48, column="split_half")
    assert row.mean == pytest.approx(shown.value.mean())


def test_without_repeated_masks_there_is_no_ceiling(demo, both):
    for results, has_any in ((demo, False), (both, True)):
        found = numbers(results, "influence_reliability_table")
        assert ("ceiling" in set(found.column)) == has_any


def test_baselines_are_correlated_with_influence_by_seed(demo):
    found = numbers(demo, "influence_baselines")
    rows = demo[(demo.target == "all") & (demo.method.isin(["influence", "influence_baselines"]))]
    values = []
    for seed in range(3):
        wide = rows[rows.seed == seed].pivot(index="change", columns="quantity", values="value")
        wide = wide[~wide.index.str.startswith("leak")]
        values.append(stats.spearmanr(wide.influence, wide.mapping).statistic)
    row = cell(found, row="mapping", column="without_leaks", domain="t2d", masks="bernoulli")
    assert row.mean == pytest.approx(np.mean(values))
    first = cell(found, row="influence", column="first", domain="t2d", masks="bernoulli")
    assert first.mean == 1


def test_texts_end_where_a_quantity_does_and_the_csv_does_not(demo):
    first = (demo.method == "influence_baselines") & (demo.quantity == "similarity")
    changed = demo.assign(value=demo.value.mask(first & (demo.seed == 1), -demo.value))
    found = numbers(changed, "influence_baselines")
    assert found.high.max() > 1 and found.low.min() < -1
    text = layout.markdown("influence_baselines", found, DESCRIPTION).split("\n\n")[1]
    shown = [float(one.replace("\u2212", "-")) for one in re.findall(r"\u2212?\d\.\d\d", text)]
    assert max(shown) == 1 and min(shown) == -1


@pytest.mark.parametrize(
    ("without", "blocks"),
    [("bottom", ["area", "difference", "wrong"]), ("random", ["area", "best", "half"])],
)
def test_an_arm_that_is_not_trained_leaves_out_what_needs_it(demo, without, blocks):
    results = demo[demo.target != without].convert_dtypes(dtype_backend="pyarrow")
    found = numbers(results, "influence_areas")
    assert list(dict.fromkeys(found.block)) == blocks and found["mean"].notna().all()
    assert not found.row.str.contains(without).any()
    assert layout.markdown("influence_areas", found, DESCRIPTION)


def test_no_interval_leaves_what_accuracies_and_numbers_of_classes_can_be(demo):
    best = (demo.quantity == "val_accuracy") & (demo.target == "none") & (demo.seed == 1)
    wide = (demo.quantity == "test_accuracy") & (demo.seed == 2) & (demo.target == "bottom")
    changed = demo.assign(value=demo.value.mask(best | wide, 1.0))
    found = numbers(changed, "influence_areas")
    removed = cell(found, block="best", row="removed", column="t2d")
    assert removed.low < 0 and cell(found, block="area", row="bottom", column="t2d").high > 1
    text = layout.markdown("influence_areas", found, DESCRIPTION).split("\n\n")[1]
    removed = [line for line in text.splitlines() if "most harmful classes removed" in line]
    assert "[0.0, " in removed[0]
    areas = [line for line in text.splitlines() if line.startswith("| Area")]
    assert any(", 1.000]" in line for line in areas)
    ends = [float(end) for line in areas for end in re.findall(r"\d\.\d+", line)]
    assert len(ends) >= 12 and max(ends) == 1
    assert "[\u2212" in text  # of a difference


def test_what_carriers_are_planted_by_does_not_find_them(demo, both):
    found = numbers(demo, "influence_baselines")
    columns = found.groupby("row").column.unique()
    assert "carrier" not in columns["overlap"] and "carrier" in columns["mapping"]
    assert set(columns["influence"]) == {"carrier", "leak", "first"}
    cifar = numbers(both, "influence_baselines").query("domain == 'cifar'")
    assert set(cifar.column) == {"correlation"} and "overlap" not in set(cifar.row)


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("settings", [DEMO, BOTH])
def test_every_format_has_every_number_and_says_what_it_is(name, settings):
    found = numbers(table(study(settings)), name)
    digits = 3 if name == "influence_areas" else 2
    shown = [f"{mean:.{digits}f}" for mean in found["mean"] if 0.1 < mean < 1]
    assert len(shown) > 8
    for suffix, form in layout.FORMATS.items():
        text = form(name, found, DESCRIPTION)
        assert all(number in text for number in shown)
        run = r"my\_run" if suffix == ".tex" else "my_run"
        for part in ("3 seeds", "t interval", "reduced scale", "No value", "torch 2", run):
            assert part in text, (suffix, part)
        assert "nan" not in text.lower() and "None" not in text


@pytest.mark.parametrize("name", TABLES)
def test_latex_is_balanced_and_has_signs_of_minus(name):
    text = layout.latex(name, numbers(table(study(BOTH)), name), DESCRIPTION)
    assert text.count("{") == text.count("}")
    assert text.count(r"\toprule") == text.count(r"\bottomrule") == 1
    columns = len(re.search(r"\\begin\{tabular\}\{(l+)\}", text)[1])
    for line in text.splitlines():
        if line.endswith(r"\\"):
            wide = sum(int(n) - 1 for n in re.findall(r"\\multicolumn\{(\d)", line))
            assert line.count("&") + 1 + wide == columns, line
    body = text.split(r"\begin{tabular}")[1]
    assert not re.search(r"(?<!\\)[_#%]", text) and "\u2212" not in text
    assert not re.search(r"(?<![$\w])-\d", body), "a minus is in mathematics"


@pytest.mark.parametrize("name", TABLES)
def test_below_three_seeds_there_is_no_interval(name):
    for seeds, words in ((1, "One seed"), (2, "Mean over 2 seeds")):
        found = numbers(table(study({**DEMO, "seeds": seeds})), name)
        assert found.low.isna().all() and (found.n_seeds == seeds).all()
        text = layout.markdown(name, found, DESCRIPTION)
        assert words in text and "t interval" not in text and " [" not in text.split("\n\n")[1]


@pytest.mark.parametrize("name", TABLES)
def test_no_results_are_an_error_with_the_table(demo, name):
    method = ARTEFACTS[name].methods[0]
    with pytest.raises(UserError, match=f"{name}: no results"):
        numbers(demo[~demo.method.str.startswith(method)], name)
