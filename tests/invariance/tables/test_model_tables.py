"""Tables of the measures of all studies' models: the right numbers, intervals and words."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from support.model_tables import MODELS, planted, table

from invariance.artefacts import ARTEFACTS, available, on_request
from invariance.studies import load_studies
from invariance.studies.contrastive.shown import AXES
from invariance.tables import layout
from transforms2d.errors import UserError

TABLES = [name for name, one in ARTEFACTS.items() if one.least_models]
INVARIANCE, AGREEMENT = TABLES
DESCRIPTION = {
    "run": "results/my_run",
    "preset": "paper",
    "switches": {},
    "scale": {**dict.fromkeys(MODELS, "reduced"), "influence": "paper"},
    "differences": ["a", "b"],
    "made_with": "Made with torch 2.",
}


def numbers(name: str, results=None) -> pd.DataFrame:
    results = table() if results is None else results
    results = results.drop(columns="place", errors="ignore")
    return layout.module_of(name).numbers(results, name, "test")


def cell(found, **key):
    (row,) = found[(found[list(key)] == pd.Series(key)).all(axis=1)].itertuples()
    return row


def grid(name: str, found, latex=False) -> pd.DataFrame:
    return layout.module_of(name).grid(name, found, DESCRIPTION, latex=latex)[0]


def test_a_cell_is_the_mean_over_seeds_of_the_mean_over_an_axis():
    found = numbers(INVARIANCE)
    row = cell(found, model="nested3/resnet-18", column="spatial sensitivity")
    values = [planted({"quantity": "sensitivity", "place": 2, "seed": seed}) for seed in range(3)]
    assert row.mean == pytest.approx(np.mean(values)) and row.n_seeds == 3
    ends = stats.t.interval(0.95, 2, np.mean(values), stats.sem(values))
    assert (row.low, row.high) == pytest.approx(ends)
    assert row.network == "transformations 3" and row.target == "target/nested1"
    rank = cell(found, model="C_C/resnet-18", column="effective_rank")
    assert rank.mean == pytest.approx(5, abs=0.01)
    assert len(found) == 7 * 7  # models, columns


def test_axes_are_told_apart():
    """Here and there a mean over all transformations of the axis."""
    results = table(value=lambda row: 0.1 + 0.5 * (row.get("change") in ("hue", "blur")))
    share = 2 / len(AXES["appearance"])
    found = numbers(INVARIANCE, results)
    key = {"model": "nested1/resnet-18"}
    assert cell(found, **key, column="spatial centred_cosine").mean == pytest.approx(0.1)
    assert cell(found, **key, column="appearance centred_cosine").mean == pytest.approx(
        0.1 + 0.5 * share
    )


def test_models_are_told_by_the_factors_of_their_study():
    texts = grid(INVARIANCE, numbers(INVARIANCE))
    assert texts.index.names == ["Study", "Domain", "Model", "Architecture"]
    assert next(iter(texts.index)) == (
        *("Invariance mismatch", "Transforms-2D", "transformations 1", "ResNet-18"),
    )
    assert [*texts.index][-1][1:3] == (
        "CIFAR-10, objects in a corner",
        "data CO_C_availability0.4, correlation 0, availability 0.4",
    )
    assert [*texts.columns] == [
        *("Spatial: sensitivity", "Appearance: sensitivity"),
        *("Spatial: whitened cosine", "Appearance: whitened cosine"),
        *("Spatial: centred cosine", "Appearance: centred cosine", "Effective rank"),
    ]


def test_below_three_seeds_there_are_no_intervals():
    for name in TABLES:
        assert numbers(name, table(seeds=2)).low.isna().all()
        assert "[" not in "".join(grid(name, numbers(name, table(seeds=2))).to_numpy().ravel())
    assert numbers(INVARIANCE).low.notna().all()


def test_texts_end_where_a_quantity_does():
    wild = table(value=lambda row: [0.99, 0.2, 0.9][row["seed"]])
    found = numbers(INVARIANCE, wild)
    assert found.high.max() > 1 and found.low.min() < 0
    assert grid(INVARIANCE, found)["Spatial: centred cosine"].str.endswith("1.00]").all()
    assert grid(INVARIANCE, found)["Spatial: sensitivity"].str.contains("[0.00", regex=False).all()


def test_measures_that_order_models_alike_agree():
    found = numbers(AGREEMENT)
    rho = found[found.column == "rho"]
    # Two studies, two axes, every measure beside sensitivity.
    assert len(rho) == 2 * 2 * 6 and (rho["mean"] > 0.79).all()
    assert (
        cell(
            found,
            study="irrelevant_features",
            axis="spatial",
            measure="centred_cosine",
            column="conditions",
        ).mean
        == 3
    )
    assert (found[found.column == "contradictions"]["mean"] == 0).all()
    assert (found[found.column == "q"]["mean"] > 0.05).all()  # of four models, or three


def test_measures_that_order_models_in_the_opposite_way_contradict():
    """One measure on one axis, by a value that falls where that of the others rises."""

    def turned(row):
        odd = row["quantity"] == "centred_cosine" and row.get("change") in ("hue", "contrast")
        return 0.9 - 4 * planted(row) if odd else planted(row)

    found = numbers(AGREEMENT, table(value=turned))
    key = {"study": "invariance_mismatch", "axis": "appearance", "measure": "centred_cosine"}
    assert cell(found, **key, column="rho").mean < -0.8
    assert cell(found, **key, column="contradictions").mean == 6  # all pairs of four models
    spatial = {**key, "axis": "spatial"}
    assert cell(found, **spatial, column="rho").mean > 0.8
    assert cell(found, **spatial, column="contradictions").mean == 0
    others = {**key, "measure": "whitened_cosine@0.1"}
    assert cell(found, **others, column="contradictions").mean == 0


def test_a_measure_that_a_model_lacks_is_compared_on_none():
    results = table()
    lacking = (results.model == "C_C/resnet-18") & (results.quantity == "whitened_cosine@0")
    found = numbers(AGREEMENT, results[~lacking])
    measures = found.groupby("study").measure.unique()
    assert "whitened_cosine@0" not in measures["irrelevant_features"]
    assert "whitened_cosine@0" in measures["invariance_mismatch"]
    assert cell(
        numbers(INVARIANCE, results[~lacking]), model="C_C/resnet-18", column="effective_rank"
    )


def test_draws_count_where_there_is_no_grid():
    results = table()
    only_drawn = results.change == "hue"
    drawn = results[only_drawn].assign(method="invariance_draws")
    both = pd.concat([results, drawn.assign(value=9.0)])
    assert numbers(INVARIANCE, both).equals(numbers(INVARIANCE))
    alone = pd.concat([results[~only_drawn], drawn])
    pd.testing.assert_frame_equal(numbers(INVARIANCE, alone), numbers(INVARIANCE))


def test_a_missing_seed_and_no_rows_at_all_are_refused():
    results = table()
    lost = (results.model == "nested2/resnet-18") & (results.seed == 1)
    lost &= (results.change == "rotate") & (results.quantity == "centred_cosine")
    place = "invariance_mismatch/t2d/seed1/measures/nested2/resnet-18/record.json"
    with pytest.raises(UserError, match=f"lacks centred_cosine.*{place}"):
        numbers(INVARIANCE, results[~lost])
    none = results[results.method == "spectrum"]
    for name in TABLES:
        with pytest.raises(UserError, match=f"{name}: no results for it; make the table of the"):
            numbers(name, none)
    few = results[results.model.isin(["nested1/resnet-18", "nested2/resnet-18"])]
    with pytest.raises(UserError, match="model_agreement: no results"):
        numbers(AGREEMENT, few)


@pytest.mark.parametrize("name", TABLES)
def test_every_format_has_every_row_and_names_the_run(name):
    found = numbers(name)
    shown = grid(name, found)
    markdown = layout.markdown(name, found, DESCRIPTION)
    assert markdown.count("\n|") == len(shown) + 2
    latex, html = (form(name, found, DESCRIPTION) for form in (layout.latex, layout.html))
    assert "CO_C" not in latex and "\\_C" in latex
    assert "toprule" in latex and f"tab:{name.replace('_', '-')}" in latex
    for text in (markdown, latex.replace("\\_", "_"), html):
        assert "results/my_run" in text and "reduced scale" in text and "Made with torch 2" in text
        assert "3 seeds" in text


def test_they_are_made_on_request_alone(config):
    studies = load_studies(config)
    assert [*on_request(studies)] == TABLES
    assert not {*available(studies)} & {*TABLES}
    for name in TABLES:
        assert not ARTEFACTS[name].is_picture
    others = {name: one for name, one in studies.items() if name in ("influence", "contrastive")}
    assert on_request(others) == {}
    config["studies"]["invariance_mismatch"] |= {"sizes": [1, 2], "architectures": ["vit"]}
    few = {"invariance_mismatch": load_studies(config)["invariance_mismatch"]}
    assert [*on_request(few)] == [INVARIANCE]
