"""Published quantities beyond cells: names of sets, mean ranks, correlations, first seeds."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from invariance.analysis.cells import CELL, KEY
from invariance.analysis.correlations import correlations
from invariance.analysis.first_seeds import first_seeds
from invariance.analysis.mean_ranks import mean_ranks
from invariance.analysis.published.transfer import cells, short_names
from invariance.analysis.seed_means import Means
from invariance.studies.irrelevant_features import TASKS

SERIES = [f"{kind}_{row}" for kind in ("image", "random") for row in ("same", "other", "none")]
ARRAYS = ("translate_C", "translate_O")


def scores(values: np.ndarray, **where) -> pd.DataFrame:
    """Sensitivities [transformations, series] on one set, as the scores of one seed."""
    constants = {"domain": "t2d", "method": "sensitivity", "factor": "", "arch": "resnet-18"}
    constants |= {"quantity": "sensitivity", "x": "op-img", "seed": 0, **where}
    rows = [
        {"change": change, "series": series, "value": value}
        for change, row in enumerate(values)
        for series, value in zip(SERIES, row, strict=True)
    ]
    return pd.DataFrame(rows).assign(**constants)


def test_short_names_are_those_of_the_published_tables(repository):
    published = pd.read_csv(repository / "config/paper_values.csv", keep_default_na=False)
    tables = published[published.artefact.str.fullmatch("table[2-5]")]
    for row in tables.itertuples():
        short = short_names(row.series.split("_")[0]).get(row.x, row.x)
        assert row.note.startswith(f"evaluation set {short};")
    names = {kind: set(short_names(kind).values()) for kind in ("image", "random")}
    assert names["image"] == names["random"] and len(names["image"]) == 8


def test_mean_ranks_are_means_over_transformations_of_ranks_among_six():
    values = np.array([[1, 2, 3, 4, 5, 6], [6, 5, 4, 3, 2, 1], [0.1, 0.4, 0.4, 0.9, 0.2, 0.5]])
    found = mean_ranks(scores(values)).set_index("series").value
    ranks = [[1, 2, 3, 4, 5, 6], [6, 5, 4, 3, 2, 1], [1, 3.5, 3.5, 6, 2, 5]]
    assert found[SERIES].tolist() == pytest.approx(np.mean(ranks, axis=0))


def test_each_set_and_seed_has_ranks_of_its_own():
    rng = np.random.default_rng(0)
    parts = [
        scores(rng.uniform(size=(18, 6)), x=x, seed=seed)
        for x in ("op-img", "cifar10")
        for seed in range(3)
    ]
    together = mean_ranks(pd.concat(parts))
    assert len(together) == 2 * 3 * 6
    alone = pd.concat([mean_ranks(part) for part in parts])
    assert together.merge(alone, on=[*KEY, "seed", "value"]).shape[0] == len(together)


def test_a_set_that_models_of_one_kind_lack_is_not_ranked():
    few = scores(np.ones((2, 6)))
    assert mean_ranks(few[few.series != "random_other"]).empty


def features(numbers, seeds=4, models=TASKS) -> pd.DataFrame:
    rows = [
        ("cifar10_random", method, "", x, model, "resnet-18", quantity, seed, numbers.uniform())
        for seed in range(seeds)
        for model in models
        for method, x, quantity in (
            ("linear_probe", "CO_C", "accuracy"),
            ("linear_probe", "CO_O", "accuracy"),
            ("sensitivity", "sens_C", "sensitivity"),
            ("sensitivity", "sens_O", "sensitivity"),
        )
    ]
    return pd.DataFrame(rows, columns=CELL)


def test_correlations_are_those_of_means_over_seeds():
    table = features(np.random.default_rng(1))
    found = correlations(Means(table))
    assert [key[3] for key in found] == list(ARRAYS)
    wide = table.groupby(["x", "series"]).value.mean()
    left_out = table[table.seed != 2].groupby(["x", "series"]).value.mean()
    for part, array in zip("CO", found.values(), strict=True):
        for row, means in ((0, wide), (3, left_out)):
            expected = stats.pearsonr(means[f"CO_{part}"], means[f"sens_{part}"]).statistic
            assert array[row] == pytest.approx(expected)


def test_three_of_the_four_models_have_no_correlation():
    assert correlations(Means(features(np.random.default_rng(1), models=list(TASKS)[:3]))) == {}


def test_models_that_do_not_differ_have_no_correlation():
    table = features(np.random.default_rng(1)).assign(value=0.5)
    assert all(np.isnan(array).all() for array in correlations(Means(table)).values())


@pytest.mark.parametrize(("seeds", "count"), [(4, 0), (5, 5), (8, 5)])
def test_the_first_five_seeds_stand_alone_if_all_were_run(seeds, count):
    table = features(np.random.default_rng(2), seeds=seeds)
    few = first_seeds(table)
    assert few.seed.nunique() == count
    if count:
        assert set(few.x) == {"sens_C_seeds0-4", "sens_O_seeds0-4"}
        assert few.value.tolist() == table[table.method == "sensitivity"].value[: len(few)].tolist()


def test_sensitivities_have_the_name_in_the_table_and_the_short_one():
    rows = [
        {"data": kind, "transformation": trained, "target": target, "change": change}
        for kind in ("image", "random")
        for target in ("in_distribution", "primary_objects_on_patterns", "cifar10")
        for trained in ("rotate", "hue", "none")
        for change in ("rotate", "hue")
    ]
    numbers = np.random.default_rng(3)
    table = pd.DataFrame(rows).assign(
        domain="t2d", seed=0, architecture="vit", method="sensitivity", quantity="l2"
    )
    table["value"] = numbers.uniform(size=len(table))
    found = pd.concat(list(cells(table, table[:0], None)))
    chosen = found[(found.quantity == "sensitivity") & (found.factor == "")]
    by_x = {x: set(part.series) for x, part in chosen.groupby("x")}
    image, random = set(SERIES[:3]), set(SERIES[3:])
    assert by_x["in_distribution"] == by_x["op-rand"] == by_x["cifar10"] == image | random
    assert (by_x["op-img"], by_x["rp-rand"]) == (image, random)
    own = table[(table.data == "image") & (table.target == "in_distribution")]
    same = own[own.transformation == own.change].value.mean()
    entry = chosen[(chosen.series == "image_same") & chosen.x.isin(["op-img", "in_distribution"])]
    assert entry.value.tolist() == pytest.approx([same, same])
    assert set(found[found.quantity == "mean_rank"].x) == {"op-rand", "cifar10"}
