"""Areas, best points, mending and ranks from the tidy table, against numbers by hand."""

import numpy as np
import pytest
from support.influence_designs import (
    CLASSES,
    CURVES,
    FULL,
    design_table,
    influence_record,
    planted,
    removal_records,
)

from invariance.analysis.influence import from_table, predictors
from invariance.records.results import tidy
from invariance.records.tidy_checks import check_tidy

SEEDS = 3


@pytest.fixture(scope="module")
def table():
    found = design_table(SEEDS)
    check_tidy(found, "here")
    return found


def test_areas_are_means_over_removed_numbers_and_repeats(table):
    areas = from_table.areas(table)
    assert [*areas.columns] == ["domain", "arm", "seed", "area"]
    assert {*areas.arm} == {*CURVES}
    for row in areas.itertuples():
        assert row.area == pytest.approx(np.mean(CURVES[row.arm]) + 0.01 * row.seed)


def test_accuracies_with_all_classes(table):
    full = from_table.full(table)
    assert len(full) == SEEDS
    assert full.test_accuracy.to_numpy() == pytest.approx(FULL + 0.01 * full.seed.to_numpy())
    assert (full.val_accuracy - full.test_accuracy).to_numpy() == pytest.approx(0.05)


def test_the_best_number_is_chosen_on_one_half_and_best_on_the_other(table):
    best = from_table.best_points(table)
    assert [*best.columns] == ["domain", "seed", "removed", "test_accuracy", "full"]
    assert (best.removed == 4).all()
    assert (best.test_accuracy - best.full).to_numpy() == pytest.approx(0.7 - FULL)
    # Here the other half is best elsewhere, which must not matter.
    rows = (table.target == "bottom") & (table.change == "6 removed")
    better = table.copy()
    better.loc[rows & (table.quantity == "val_accuracy"), "value"] = 0.99
    best = from_table.best_points(better)
    assert (best.removed == 6).all()
    assert (best.test_accuracy - best.full).to_numpy() == pytest.approx(0.5 - FULL)


def test_to_remove_nothing_may_be_best(table):
    top = from_table.best_points(table, "top")
    assert (top.removed == 0).all() and (top.test_accuracy == top.full).all()


def test_half_of_the_classes_is_the_nearest_number(table):
    half = from_table.half_points(table)
    assert (half.removed == 4).all() and len(half) == SEEDS
    without = table[~table.change.eq("4 removed")]
    assert (from_table.half_points(without).removed == 2).all()


def test_mending_is_best_at_the_smallest_number(table):
    found = from_table.mending(table)
    assert [*found.columns] == ["domain", "seed", "removed", "wrong", "random", "none"]
    assert (found.removed == 2).all()
    assert (found.wrong - found.random).to_numpy() == pytest.approx(0.1)
    assert (found.random - found.none).to_numpy() == pytest.approx(0.1)
    assert from_table.mending(table[table.target != "wrong"]).empty


def test_repeats_are_averaged(table):
    one = from_table.curves(table)
    many = from_table.curves(design_table(SEEDS, repeats=6))
    assert len(one) == len(many) == SEEDS * 11
    assert one.test_accuracy.to_numpy() == pytest.approx(many.test_accuracy.to_numpy())


def test_influences_name_source_kind_and_target(table):
    found = from_table.influences(table, "bernoulli")
    assert len(found) == SEEDS * len(CLASSES) * 4
    assert {*found.kind} == {"leak", "carrier", "partial", "neutral"}
    row = found[(found.source == "leak 2") & (found.target == "class 2") & (found.seed == 0)]
    assert row.influence.item() == pytest.approx(planted()[1, 2])
    assert from_table.influences(table, "half").empty
    assert from_table.kind("class 12") == "class"


def test_the_area_under_the_curve_counts_pairs():
    assert predictors.auroc([3, 1, 2, 0], [1, 0, 1, 0]) == 1
    assert predictors.auroc([1, 1, 1, 1], [1, 0, 1, 0]) == 0.5
    assert predictors.auroc([3, 1, 2, 0], [0, 1, 1, 0]) == 0.5
    assert predictors.auroc([0, 3, 2], [1, 0, 0]) == 0


def test_plants_are_best_from_the_others_that_they_are_compared_with(table):
    found = predictors.aurocs(table, "bernoulli")
    scored = found[found.seed == 0].set_index(["quantity", "kind"]).auroc
    assert scored["influence", "carrier"] == scored["influence", "leak"] == 1
    assert scored["difference_of_means", "carrier"] == 0
    # Carriers are compared without leaks, leaks with carriers, which have the same lists.
    assert scored["overlap", "carrier"] == 1
    assert scored["overlap", "leak"] == pytest.approx((4 + 2 * 0.5) / 6)
    assert scored["source_accuracy", "leak"] == 0


def test_rank_correlations_are_with_influence_and_without_leaks(table):
    found = predictors.rank_correlations(table, "bernoulli")
    scored = found[found.seed == 1].set_index("quantity")
    assert scored.without_leaks["overlap"] == pytest.approx(1)
    assert scored.correlation["overlap"] < 1
    assert scored.correlation["mapping"] == pytest.approx(1)
    assert scored.correlation["difference_of_means"] == pytest.approx(-1)
    assert scored.correlation["similarity"] == 0
    assert set(found.quantity) == {"difference_of_means", *predictors.BASELINES}


def test_leaks_are_ranked_on_what_they_show(table):
    found = predictors.leaks(table, "bernoulli")
    row = found[(found.source == "leak 2") & (found.quantity == "influence")].iloc[0]
    others = np.delete(planted()[:, 2], 1)
    assert row["rank"] == row.above == 1 and row.lead == pytest.approx(
        planted()[1, 2] - others.mean()
    )
    assert set(found.quantity) == {"influence", "difference_of_means", "similarity", "mapping"}
    equal = found[found.quantity == "similarity"]
    assert (equal["rank"] == len(CLASSES)).all()  # one of equals is not first
    assert (equal.above == 0).all()
    first = predictors.leaks_first(table, "bernoulli").set_index(["seed", "quantity"]).share
    assert first[0, "influence"] == 1 and first[0, "difference_of_means"] == 0


def test_carriers_are_compared_with_neutral_classes(table):
    found = predictors.carriers_minus_neutral(table, "bernoulli")
    assert found.difference.to_numpy() == pytest.approx([0.3] * SEEDS)


def test_a_domain_without_plants_has_removals_and_no_ranks_of_plants():
    names = {name: f"class {at}" for at, name in enumerate(CLASSES)}
    records = []
    for seed in range(SEEDS):
        record = influence_record(seed, planted(), domain="cifar")
        for one in record["evaluations"]:
            one["change"] = names[one["change"]]
            one["scores"].pop("overlap", None)
        records += [record, *removal_records(seed, domain="cifar")]
    table = tidy(records)
    assert predictors.aurocs(table, "bernoulli").empty
    assert predictors.leaks(table, "bernoulli").empty
    assert predictors.leaks_first(table, "bernoulli").empty
    assert predictors.carriers_minus_neutral(table, "bernoulli").empty
    related = predictors.rank_correlations(table, "bernoulli")
    assert "overlap" not in set(related.quantity)
    assert related.correlation.to_numpy() == pytest.approx(related.without_leaks.to_numpy())
    assert (from_table.half_points(table).removed == 4).all()
