"""Numbers of the study of views: axes, agreement of measures, correlations and gains of fusion."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from support.contrastive_tables import (
    APPEARANCE,
    DEMO,
    PAPER,
    PILOT,
    SPATIAL,
    conditions,
    fusions,
    rows,
    study,
    table,
)

from invariance.analysis.contrastive import agreement, from_table, gains, relations
from invariance.analysis.contrastive import conditions as names

SENSITIVITY, WHITENED = from_table.SENSITIVITY, from_table.WHITENED


@pytest.fixture(scope="module")
def pilot():
    return table(study(PILOT))


def mean(rows: pd.DataFrame, **key) -> float:
    return rows[(rows[list(key)] == pd.Series(key)).all(axis=1)].value.mean()


def test_every_row_of_the_tidy_table_is_made_up_once():
    keys = [tuple(sorted(row.items())) for row in rows(study(PAPER))]
    assert len(keys) == len(set(keys)) > 10_000


def test_models_are_sorted_into_conditions_and_fusions():
    assert names.condition("moco/ventral/resnet-18") == names.VENTRAL
    assert names.condition("moco/default/resnet-18-w3") == "moco/default/wide"
    assert names.is_fusion("ventral-dorsal") and not names.is_fusion(names.VENTRAL)
    assert names.parts("ventral-dorsal") == [names.VENTRAL, names.DORSAL]
    assert names.is_ensemble("dorsal-dorsal") and not names.is_ensemble("ventral-dorsal")
    assert names.ensembles("default-ventral-dorsal")[1] == "ventral-ventral-ventral"
    shuffled = [*reversed(conditions(PAPER)), *reversed(fusions(PAPER))]
    ordered = sorted(shuffled, key=names.order)
    assert ordered[:10] == conditions(PAPER)
    assert ordered[10:14] == ["default-ventral", "default-dorsal", "ventral-dorsal", ordered[13]]
    assert ordered[13] == "default-ventral-dorsal" and names.is_ensemble(ordered[14])


def test_an_axis_is_the_mean_over_its_transformations_of_the_grid_on_unseen_images(pilot):
    found = from_table.on_axes(from_table.invariances(pilot))
    for axis, changes in (("spatial", SPATIAL), ("appearance", APPEARANCE)):
        own = pilot[(pilot.method == "invariance") & (pilot.target == "source")]
        own = own[(own.model == "moco/dorsal/resnet-18") & (own.seed == 1)]
        own = own[own.change.isin(changes) & (own.quantity == WHITENED)]
        key = {"condition": names.DORSAL, "seed": 1, "axis": axis, "quantity": WHITENED}
        assert len(own) == 5 and mean(found, **key) == pytest.approx(own.value.mean())


def test_crops_and_saturation_join_their_axes_where_they_were_measured(pilot):
    own = pilot[(pilot.method == "invariance") & pilot.change.isin(["scale", "hue"])]
    new = own.assign(change=own.change.map({"scale": "crop_flip", "hue": "saturation"}), value=0.7)
    more = pd.concat([pilot, new])
    key = {"condition": names.DORSAL, "seed": 1, "quantity": WHITENED}
    for axis in ("spatial", "appearance"):
        before, after = (
            mean(from_table.on_axes(from_table.invariances(rows)), **key, axis=axis)
            for rows in (pilot, more)
        )
        assert after == pytest.approx((5 * before + 0.7) / 6)
    # There are no twins of them, so what carries over is as without them.
    carried = [from_table.on_axes(from_table.carried(rows)) for rows in (pilot, more)]
    pd.testing.assert_frame_equal(*carried)


def test_without_a_grid_draws_are_taken(pilot):
    left = pilot[~((pilot.method == "invariance") & (pilot.change == "blur"))]
    changed = left.assign(value=left.value.mask(left.method == "invariance_draws", 0.123))
    found = from_table.invariances(changed)
    assert set(found[found.value == 0.123].change) == {"blur"}
    assert len(found) == len(from_table.invariances(pilot))


def test_a_network_that_lacks_a_transformation_has_no_mean_of_its_axis(pilot):
    lost = (pilot.model == "moco/ventral/resnet-18") & (pilot.seed == 2)
    lost &= (pilot.change == "rotate") & (pilot.quantity == "whitened_cosine@0")
    found = from_table.on_axes(from_table.invariances(pilot[~lost]))
    own = found[(found.condition == names.VENTRAL) & (found.quantity == "whitened_cosine@0")]
    assert sorted(own[own.axis == "spatial"].seed) == [0, 1]
    assert sorted(own[own.axis == "appearance"].seed) == [0, 1, 2]


def test_views_and_tasks_have_names_of_their_own(pilot):
    assert set(from_table.of_views(pilot).views) == {"photos", "own viewpoint"}
    found = from_table.scores(pilot)
    assert set(found.task) == {"classes", "place", "cifar10"}
    own = pilot[(pilot.target == "cifar10") & (pilot.quantity == "accuracy")]
    own = own[own.model == "ventral-dorsal"]
    assert mean(found, condition="ventral-dorsal", task="cifar10") == own.value.mean()
    assert from_table.ordered_tasks(found.task) == ["classes", "place", "cifar10"]


def test_measures_that_rank_networks_alike_agree_whatever_their_units(pilot):
    distance = (pilot.quantity == SENSITIVITY) & (pilot.target == "source")
    keys = ["domain", "seed", "model", "method", "change"]
    cosine = pilot[(pilot.quantity == WHITENED) & (pilot.target == "source")].set_index(keys).value
    turned = pd.Series(2 - 3 * cosine.reindex(pd.MultiIndex.from_frame(pilot[keys])).to_numpy())
    changed = pilot.assign(value=pilot.value.mask(distance, turned))
    found = agreement.agreements(changed).set_index(["measure", "change"]).rho
    assert found[WHITENED].tolist() == pytest.approx([1] * 10)
    assert found["centred_cosine"].min() < 0.99
    by_seed = agreement.by_seed(changed)
    assert by_seed[by_seed.measure == WHITENED].value.tolist() == pytest.approx([1] * 3)


def test_agreement_within_a_seed_is_spearmans_over_conditions(pilot):
    one = from_table.invariances(pilot)
    one = one[(one.seed == 0) & one.quantity.isin([SENSITIVITY, WHITENED])]
    values = []
    for _, part in one.groupby("change"):
        wide = part.pivot(index="condition", columns="quantity", values="value")
        values.append(stats.spearmanr(-wide[SENSITIVITY], wide[WHITENED]).statistic)
    found = agreement.by_seed(pilot)
    assert mean(found, seed=0, measure=WHITENED) == pytest.approx(np.mean(values))


def contradicted(row):
    """Sensitivity says ventral, the whitened cosine dorsal is more invariant to blur."""
    is_blur = row["method"] == "invariance" and row["change"] == "blur"
    side = {"moco/ventral/resnet-18": -1, "moco/dorsal/resnet-18": 1}.get(row["model"], 0)
    if is_blur and row["quantity"] in (SENSITIVITY, WHITENED):
        return 0.5 + 0.2 * side + 0.001 * row["seed"] * side
    return 0.5 + 0.001 * row["seed"] if row["method"].startswith("invariance") else 0.1


@pytest.mark.parametrize("seeds", [3, 2])
def test_a_contradiction_is_found_where_it_is_and_only_if_it_is_certain(seeds):
    found = agreement.contradictions(table(study(DEMO, seeds=seeds), contradicted))
    found = found[(found.more == names.VENTRAL) & (found.less == names.DORSAL)]
    assert [*found[["change", "measure"]].itertuples(index=False, name=None)] == (
        [("blur", WHITENED)] if seeds == 3 else []
    )
    if seeds == 3:
        assert found.by_sensitivity.item() > 0.39 and found.by_measure.item() < -0.39


def test_correlations_are_spearmans_of_turned_measures_over_all_networks(pilot):
    found = relations.correlations(pilot)
    axes = from_table.on_axes(from_table.invariances(pilot))
    axes = axes[(axes.quantity == SENSITIVITY) & (axes.axis == "spatial")]
    scores = from_table.of_networks(from_table.scores(pilot))
    both = axes.merge(scores[scores.task == "place"], on=["condition", "seed"])
    expected = stats.spearmanr(-both.value_x, both.value_y).statistic
    key = {"measure": SENSITIVITY, "axis": "spatial", "task": "place"}
    (row,) = found[(found[list(key)] == pd.Series(key)).all(axis=1)].itertuples()
    assert row.rho == pytest.approx(expected) and (row.conditions, row.seeds) == (4, 3)
    assert row.low <= row.rho <= row.high and row.q >= row.p
    assert len(found) == 2 * 2 * 5
    assert {"spatial latents", "appearance latents"} < set(found.task)


def test_two_conditions_have_no_rank_correlation():
    alone = {**DEMO, "conditions": {**DEMO["conditions"], "moco": ["ventral"]}, "fusions": []}
    results = table(study(alone))
    assert relations.correlations(results).empty and agreement.agreements(results).empty
    assert agreement.by_seed(results).empty and gains.gains(results).empty


def test_a_wide_condition_of_fewer_seeds_is_left_out_of_correlations():
    results = table(study(PAPER, domains=["t2d"], seeds=3))
    lost = results.model.str.endswith("w3") & (results.seed == 2)
    assert set(relations.correlations(results[~lost]).conditions) == {9}
    assert set(relations.correlations(results).conditions) == {10}


def test_a_fusion_is_compared_with_its_parts_and_with_ensembles_of_its_size(pilot):
    found = gains.gains(pilot)
    own = found[(found.fusion == "ventral-dorsal") & (found.task == "classes")]
    against = {(row.kind, row.against) for row in own.itertuples()}
    assert against == {
        ("part", names.VENTRAL),
        ("part", names.DORSAL),
        ("ensemble", "ventral-ventral"),
        ("ensemble", "dorsal-dorsal"),
    }
    scores = from_table.scores(pilot)
    scores = scores[(scores.task == "classes") & (scores.seed == 1)].set_index("condition").value
    one = own[(own.against == "dorsal-dorsal") & (own.seed == 1)].value.item()
    assert one == pytest.approx(scores["ventral-dorsal"] - scores["dorsal-dorsal"])
