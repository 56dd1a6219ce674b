"""Tables of the study of views: the right numbers and intervals, in four formats."""

import re

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from support.contrastive_tables import DEMO, PAPER, study, table

from invariance.analysis.contrastive import from_table
from invariance.artefacts import ARTEFACTS
from invariance.tables import layout
from transforms2d.errors import UserError

TABLES = [n for n, one in ARTEFACTS.items() if one.study == "contrastive" and one.kind == "tables"]
DESCRIPTION = {
    "run": "results/my_run",
    "preset": "paper",
    "switches": {},
    "scale": {"contrastive": "reduced"},
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
    return table(study(PAPER, seeds=3))


def test_axes_stand_beside_the_rank_of_the_features(demo):
    found = numbers(demo, "contrastive_invariance")
    axes = from_table.on_axes(from_table.invariances(demo))
    own = axes[(axes.condition == "moco/dorsal") & (axes.axis == "spatial")]
    own = own[own.quantity == "whitened_cosine@0.1"].value
    key = {"measure": "whitened_cosine@0.1", "condition": "moco/dorsal"}
    row = cell(found, **key, column="spatial")
    assert row.mean == pytest.approx(own.mean()) and row.n_seeds == 3
    ends = stats.t.interval(0.95, 2, own.mean(), stats.sem(own))
    assert (row.low, row.high) == pytest.approx(ends)
    ranks = demo[(demo.quantity == "effective_rank") & (demo.target == "source")]
    expected = ranks[ranks.model == "moco/dorsal/resnet-18"].value.mean()
    assert cell(found, **key, column="effective_rank").mean == pytest.approx(expected)


def test_what_carries_over_and_views_have_places_of_their_own(demo):
    found = numbers(demo, "contrastive_invariance")
    key = {"measure": "carried objects", "condition": "moco/ventral"}
    rows = demo[(demo.method == "sensitivity") & (demo.target == "objects")]
    rows = rows[rows.model == "moco/ventral/resnet-18"]
    rows = rows[rows.change.isin(from_table.AXES["appearance"])]
    assert cell(found, **key, column="appearance").mean == pytest.approx(rows.value.mean())
    views = demo[(demo.method == "views") & (demo.quantity == "centred_cosine")]
    views = views[(views.target == "own") & (views.model == "none/random/resnet-18")]
    row = cell(
        found, measure="centred_cosine", condition="none/random", column="views own viewpoint"
    )
    assert row.mean == pytest.approx(views.value.mean())
    texts, _ = layout.module_of("contrastive_invariance").grid(
        "contrastive_invariance", found, DESCRIPTION, latex=False
    )
    assert [*texts.columns] == [
        "Spatial",
        "Appearance",
        "Views: own viewpoint",
        "Views: photos",
        "Effective rank",
        "Condition number",
    ]
    assert ("Transforms-2D", "Sensitivity, CIFAR-10", "dorsal") in set(texts.index)


def test_texts_end_where_a_quantity_does_and_the_csv_does_not(demo):
    noisy = demo.quantity.isin(["centred_cosine", "effective_rank"]) & (demo.seed == 1)
    found = numbers(demo.assign(value=demo.value.mask(noisy, 1.0)), "contrastive_invariance")
    rows = found[found.measure == "centred_cosine"].set_index("column")
    assert rows.high["appearance"].max() > 1 and rows.low["effective_rank"].min() < 1
    texts, _ = layout.module_of("contrastive_invariance").grid(
        "contrastive_invariance", found, DESCRIPTION, latex=False
    )
    cosine = texts.xs("Centred cosine", level="Measure")
    assert cosine.Appearance.str.endswith("1.00]").any()
    assert cosine["Effective rank"].str.contains(r"\[1\.0,").any()
    ends = cosine.Appearance.str.extract(r", (.*)\]")[0].astype(float)
    assert ends.max() == 1


def test_a_fusion_stands_against_what_is_best_of_its_kind(demo):
    found = numbers(demo, "contrastive_downstream")
    scores = from_table.scores(demo)
    wide = scores[scores.task == "cifar10"].pivot(index="seed", columns="condition", values="value")
    ensembles = wide[["ventral-ventral", "dorsal-dorsal"]]
    best = ensembles.mean().idxmax()
    difference = wide["ventral-dorsal"] - wide[best]
    row = cell(found, block="minus ensemble", row="ventral-dorsal", column="cifar10")
    assert row.mean == pytest.approx(difference.mean())
    assert row.std_seeds == pytest.approx(difference.std(ddof=1))
    part = cell(found, block="minus part", row="ventral-dorsal", column="cifar10")
    parts = wide[["moco/ventral", "moco/dorsal"]].mean().max()
    assert part.mean == pytest.approx(wide["ventral-dorsal"].mean() - parts)


def test_mean_ranks_are_over_tasks_among_single_networks(demo):
    found = numbers(demo, "contrastive_downstream")
    ranks = found[found.column == "rank"]
    assert set(ranks.block) == {"network"} and ranks["mean"].sum() == pytest.approx(1 + 2 + 3)
    scores = from_table.of_networks(from_table.scores(demo))
    own = scores.groupby(["seed", "task"]).value.rank(ascending=False)
    expected = own[scores.condition == "moco/dorsal"].mean()
    assert cell(ranks, row="moco/dorsal").mean == pytest.approx(expected)


def test_correlations_have_p_and_q_and_say_over_what(both):
    found = numbers(both, "contrastive_correlations")
    key = {"domain": "t2d", "measure": "sensitivity", "axis": "spatial", "task": "place"}
    values = {c: cell(found, **key, column=c) for c in ("rho", "p", "q", "conditions")}
    assert values["conditions"].mean == 10 and values["rho"].n_seeds == 3
    assert values["rho"].low <= values["rho"].mean <= values["rho"].high
    assert 0 < values["p"].mean <= values["q"].mean <= 1
    text = layout.markdown("contrastive_correlations", found, DESCRIPTION)
    assert "bootstrap" in text and "t interval" not in text and "Mean over" not in text
    assert list(dict.fromkeys(found.domain)) == ["t2d", "cifar100"]


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("settings", [DEMO, PAPER], ids=["demo", "paper"])
def test_every_format_has_every_number_and_says_what_it_is(name, settings):
    found = numbers(table(study(settings, seeds=3)), name)
    module, shown = layout.module_of(name), []
    texts, bold = module.grid(name, found, DESCRIPTION, latex=False)
    assert not bold.to_numpy().any() and texts.shape[0] > 2
    shown = [text.split()[0] for text in np.unique(texts.to_numpy()) if text[:2] == "0."]
    assert len(shown) > 8
    for suffix, form in layout.FORMATS.items():
        text = form(name, found, DESCRIPTION)
        assert all(number in text for number in shown)
        run = r"my\_run" if suffix == ".tex" else "my_run"
        for part in ("3 seeds", "reduced scale", "No value", "torch 2", run):
            assert part in text, (suffix, part)
        assert "nan" not in text.lower() and "None" not in text


@pytest.mark.parametrize("name", TABLES)
def test_latex_is_balanced_and_has_signs_of_its_own(name, both):
    text = layout.latex(name, numbers(both, name), DESCRIPTION)
    assert text.count("{") == text.count("}")
    assert text.count(r"\toprule") == text.count(r"\bottomrule") == 1
    columns = len(re.search(r"\\begin\{tabular\}\{(l+)\}", text)[1])
    for line in text.splitlines():
        if line.endswith(r"\\"):
            wide = sum(int(n) - 1 for n in re.findall(r"\\multicolumn\{(\d)", line))
            assert line.count("&") + 1 + wide == columns, line
    body = text.split(r"\begin{tabular}")[1]
    assert not re.search(r"(?<!\\)[_#%]", body)
    assert not set(body) & {"\u2212", "\u03bb", "\u00b2", "\u00d7"}, "not in LaTeX's fonts"


@pytest.mark.parametrize("name", TABLES)
def test_no_results_are_an_error_with_the_table(demo, name):
    with pytest.raises(UserError, match=f"^{name}: no results"):
        numbers(demo[demo.method == "contrastive"], name)
