"""The claims as checks: what was published meets them, what contradicts them does not."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from support.tidy_tables import tidy_tables

from invariance.analysis.cells import CELL, measured_cells, published_cells
from invariance.analysis.seed_means import Means
from invariance.analysis.seed_statistics import leave_one_out
from invariance.scorecard import checks
from invariance.scorecard.checks import Check
from invariance.scorecard.claims.paper import CLAIMS
from invariance.scorecard.judging import judge, judge_all
from invariance.studies import load_studies

BY_NAME = {claim.name: claim for claim in CLAIMS}
UNPUBLISHED = ("F14-relevance", "F14-availability", "F16/F17", "F16-spillover")
PUBLISHED = tuple(name for name in BY_NAME if name not in UNPUBLISHED)
# How many conditions each has on the published values: all panels, architectures and sets.
CONDITIONS = {"F2": 3, "F2-train": 3, "F2-own": 2, "F7/F8": 7, "F7-crossover": 2, "F3-t2d": 2}
CONDITIONS |= {
    "F3-cifar": 10,
    "T1a": 3,
    "T1b": 2,
    "T1c": 4,
    "T1d": 2,
    "T1e": 2,
    "F4": 11,
    "F18": 33,
}
CONDITIONS |= {"F9": 3, "F10/F11": 6, "F12-F13": 3, "F13": 3, "T2": 20, "T2-OOD": 9, "T2-CIFAR": 2}
CONDITIONS |= {"T2-random": 6}
SEEDS = 5


@pytest.fixture(scope="module")
def published(repository):
    table = pd.read_csv(repository / "config/paper_values.csv", keep_default_na=False)
    return {claim.study: published_cells(table, claim.study) for claim in CLAIMS}


def on_published(claim, published, change=None):
    cells = published[claim.study]
    return judge(claim, Means(change(cells) if change else cells))


def seeded(cells, noise=0.001):
    """The cells as those of a run: each seed a little off, in each cell in another way."""
    rng = np.random.default_rng(0)
    parts = [
        cells.assign(seed=seed, value=cells.value + noise * rng.normal(size=len(cells)))
        for seed in range(SEEDS)
    ]
    return pd.concat(parts)


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_values_meet_every_condition(name, published):
    row, conditions = on_published(BY_NAME[name], published)
    assert row["conditions"] == CONDITIONS[name]
    assert [one for one in conditions if not one["met"]] == []


def swapped(a, b):
    """Exchange two series."""

    def change(cells):
        names = {a: b, b: a}
        return cells.assign(series=cells.series.map(lambda name: names.get(name, name)))

    return change


def added(amount, **where):
    """Add to the cells that agree with ``where``, a value or several for a column."""

    def change(cells):
        chosen = np.ones(len(cells), bool)
        for column, wanted in where.items():
            chosen &= cells[column].isin([wanted] if isinstance(wanted, str) else wanted).to_numpy()
        assert chosen.any()
        return cells.assign(value=cells.value + amount * chosen)

    return change


ONE_MODEL = {"domain": "cifar10_random", "method": "linear_probe"}
T2D_ARCHITECTURE = {"domain": "t2d", "factor": "architecture"}
SUPERFLUOUS = {"x": ["1", "2", "3"], "series": ["train_5", "train_6", "train_7", "train_8"]}
WRONG = {
    "F2": [swapped("same", "disjoint"), added(0.13, series="disjoint", **T2D_ARCHITECTURE)],
    "F2-train": [added(-0.1, series="same_training", **T2D_ARCHITECTURE)],
    "F2-own": [added(-0.1, series="disjoint_training", **T2D_ARCHITECTURE)],
    "F7/F8": [
        swapped("same", "disjoint"),
        added(0.07, series="same", domain="cifar10"),
        added(-0.15, series="same", domain="cifar100"),
    ],
    "F7-crossover": [added(0.06, x="200", series="same"), added(-0.07, x="1000", series="same")],
    "F3-t2d": [
        added(-0.3, series="same", x="vit"),
        added(0.3, series="disjoint", x=["vit", "superset"]),
    ],
    "F3-cifar": [
        added(-0.2, series="same", factor=["architecture", "pretraining_samples"]),
        added(0.3, series="same", factor="pretraining_samples"),
    ],
    "T1a": [added(0.6, x="CO_O", series=["CO_C", "O_O"], **ONE_MODEL)],
    "T1b": [added(-0.5, x="CO_C", series="CO_C", **ONE_MODEL)],
    "T1c": [swapped("CO_C", "CO_O"), added(0.12, x="sens_O", series="CO_C")],
    "T1d": [added(0.5, x="CO_O", series="CO_C", **ONE_MODEL)],
    "T1e": [
        added(0.75, x="CO_C", series="O_O", **ONE_MODEL),
        added(-0.5, x="CO_O", series="CO_O", **ONE_MODEL),
    ],
    "F4": [
        added(0.8, x=["7", "8"], series="train_1"),
        added(-0.3, **SUPERFLUOUS),
        added(-0.1, series=[f"train_{k}" for k in range(1, 9)]),
    ],
    "F18": [added(-0.3, arch="vit", **SUPERFLUOUS)],
    "F9": [swapped("same", "disjoint"), added(-0.2, series="same", **T2D_ARCHITECTURE)],
    "F10/F11": [added(-0.1, series="same", method="fine_tuning_low", factor="pretraining_samples")],
    "F12-F13": [added(0.2, series="same", method="fine_tuning_high")],
    "F13": [added(-0.1, series="same", method="fine_tuning_high")],
    "T2": [swapped("image_same", "image_other"), added(-0.3, series="random_none")],
    "T2-OOD": [
        swapped("image_same", "random_same"),
        added(0.1, x="mild_ood", arch=["vgg-11", "vit"]),
    ],
    "T2-CIFAR": [added(0.1, x="cifar10", series="image_same")],
    "T2-random": [added(0.15, x="cifar10", series="random_same")],
}


def test_a_gap_that_some_value_lacks_is_still_a_gap_on_average(published):
    """The text compares series; single values of a factor may be even."""
    even = added(-0.08, x="superset", series="same")
    assert on_published(BY_NAME["F9"], published, even)[0]["met"] == 3


def test_superfluous_transformations_are_compared_with_the_targets_own_set(published):
    """All are at least at 0.95 on average, yet those with superfluous ones lose 0.04."""
    row, conditions = on_published(
        BY_NAME["F4"], published, added(-0.04, series="train_8", x=list("1234567"))
    )
    assert row["met"] == row["conditions"]
    row, conditions = on_published(
        BY_NAME["F4"],
        published,
        added(-0.04, series=["train_6", "train_7", "train_8"], x=list("12345")),
    )
    unmet = [one["check"] for one in conditions if not one["met"]]
    assert row["conditions"] - row["met"] == len(unmet)


@pytest.mark.parametrize(
    ("name", "change"), [(name, change) for name, changes in WRONG.items() for change in changes]
)
def test_values_that_contradict_a_claim_do_not_meet_it(name, change, published):
    row, conditions = on_published(BY_NAME[name], published, change)
    assert row["met"] < row["conditions"]
    assert not min(conditions, key=lambda condition: condition["margin"])["met"]


def test_every_published_claim_is_contradicted_once():
    assert set(WRONG) == set(PUBLISHED)


def test_a_run_like_the_published_one_holds_and_a_contrary_one_fails(published):
    cells = {study: seeded(cells, 1e-4) for study, cells in published.items()}
    verdicts, _ = judge_all(cells, cells, "test")
    found = dict(zip(verdicts.claim, verdicts.verdict, strict=True))
    assert {found[name] for name in PUBLISHED} == {"holds"}
    assert {found[name] for name in UNPUBLISHED} == {"not run"}
    for name in ("F2", "T1b", "F4", "T2"):
        claim = BY_NAME[name]
        cells = WRONG[name][0](seeded(published[claim.study], 1e-4))
        assert judge(claim, Means(cells))[0]["verdict"] == "fails"


def test_noise_leaves_it_undecided(published):
    cells = seeded(published["invariance_vs_factors"], 0.1)
    assert judge(BY_NAME["F7-crossover"], Means(cells))[0]["verdict"] == "undecided"


def test_cells_of_a_seed_belong_together(published):
    """Seeds of very different difficulty hide no difference that each of them shows."""
    cells = published["irrelevant_features"]
    hard = pd.concat([cells.assign(seed=s, value=cells.value - 0.3 * s) for s in range(SEEDS)])
    row, _ = judge(BY_NAME["T1d"], Means(hard))
    assert row["verdict"] == "holds"
    assert (row["low"], row["high"]) == (pytest.approx(row["effect"]), pytest.approx(row["effect"]))


@pytest.mark.parametrize("seeds", [1, 2, 3, 4])
def test_few_seeds_decide_nothing(seeds, published):
    cells = seeded(published["irrelevant_features"], 1e-4)
    row, conditions = judge(BY_NAME["T1a"], Means(cells[cells.seed < seeds]))
    assert (row["verdict"], row["met"], row["seeds"]) == ("undecided", 3, seeds)
    for end in (row["low"], conditions[0]["high"], conditions[0]["p_holds"]):
        assert np.isnan(end) == (seeds < 3)


def test_a_seed_that_lacks_a_cell_is_left_out(published):
    cells = seeded(published["irrelevant_features"])
    assert Means(cells.iloc[1:]).seeds == SEEDS - 1


@pytest.mark.parametrize(
    ("relation", "seeds", "expected"),
    [
        (">", (0.8, 0.9, 1.0, 1.1, 1.2), "holds"),
        (">", (0.1, 0.15, 0.2, 0.25, 0.3), "fails"),
        (">", (0.1, 0.4, 0.6, 0.8, 1.1), "undecided"),
        (">", (0.5,) * 5, "fails"),
        (">", (0.6,) * 5, "holds"),
        (">=", (0.5,) * 5, "holds"),
        ("<=", (0.5,) * 5, "holds"),
        ("<=", (0.6,) * 5, "fails"),
        ("<", (0.5,) * 5, "fails"),
        ("<=", (0.1, 0.15, 0.2, 0.25, 0.3), "holds"),
        ("<", (0.8, 0.9, 1.0, 1.1, 1.2), "fails"),
    ],
)
def test_a_condition_is_decided_by_its_interval(relation, seeds, expected):
    check = Check("x", relation, 0.5, {"one": leave_one_out(5) @ np.array(seeds)})
    (condition,) = checks.decide(check.conditions(), 5)
    assert condition["verdict"] == expected
    assert condition["value"] == pytest.approx(np.mean(seeds))
    ends = stats.t.interval(0.95, 4, np.mean(seeds), stats.sem(seeds)) if len({*seeds}) > 1 else ()
    assert (condition["low"], condition["high"]) == pytest.approx(ends or (seeds[0],) * 2)
    way = "greater" if relation.startswith(">") else "less"
    if ends:
        theirs = stats.ttest_1samp(seeds, 0.5, alternative=way).pvalue
        assert condition["p_holds"] == pytest.approx(theirs, rel=1e-4)
        assert condition["p_fails"] == pytest.approx(1 - theirs, rel=1e-4)


def test_failing_takes_more_where_there_are_many_conditions():
    """By Holm: what one condition alone shows, it does not show as one of twenty."""
    low = leave_one_out(6) @ np.array([-0.9, -0.1, -0.5, -1.1, 0.1, -0.5])
    high = {str(i): leave_one_out(6) @ np.array([1.0, 1.1, 0.9, 1.0, 1.2, 0.8]) for i in range(19)}
    (alone,) = checks.decide(Check("x", ">", 0, {"low": low}).conditions(), 6)
    first, *others = checks.decide(Check("x", ">", 0, {"low": low} | high).conditions(), 6)
    assert (alone["verdict"], first["verdict"]) == ("fails", "undecided")
    assert first["p_fails"] == pytest.approx(20 * alone["p_fails"])
    assert (first["low"], first["high"]) == (alone["low"], alone["high"]) and first["high"] < 0
    assert {one["verdict"] for one in others} == {"holds"}


def test_one_failing_condition_fails_the_claim():
    rows = {name: {"verdict": name} for name in (checks.HOLDS, checks.UNDECIDED, checks.FAILS)}
    assert checks.verdict([rows["holds"]]) == "holds"
    assert checks.verdict([rows["holds"], rows["undecided"]]) == "undecided"
    assert checks.verdict([rows["undecided"], rows["fails"], rows["holds"]]) == "fails"
    assert checks.verdict([]) == "not run"


def sweep(factor, target, line):
    key = {"domain": "cifar10_corner", "method": "linear_probe", "factor": factor}
    key |= {"series": target, "arch": "resnet-18", "quantity": "accuracy"}
    return [
        {**key, "x": x, "seed": seed, "value": value + 0.001 * seed}
        for x, value in line.items()
        for seed in range(SEEDS)
    ]


def judged(name, rows):
    return judge(BY_NAME[name], Means(pd.DataFrame(rows)[CELL]))[0]


def test_relevance_is_flat_then_drops_while_objects_rise():
    images = {"0": 0.9, "0.4": 0.88, "0.95": 0.89, "1": 0.5}
    objects = {"0": 0.2, "0.4": 0.3, "0.95": 0.5, "1": 0.9}

    def found(images, objects):
        rows = sweep("correlation", "CO_C", images) + sweep("correlation", "CO_O", objects)
        return judged("F14-relevance", rows)

    row = found(images, objects)
    assert (row["verdict"], row["conditions"], row["met"]) == ("holds", 5, 5)
    assert row["effect"] == pytest.approx((0.9 - 0.2) / 3)
    assert found({**images, "1": 0.9}, objects)["verdict"] == "fails"
    assert found({**images, "0.4": 0.8}, objects)["verdict"] == "fails"
    assert found(images, {**objects, "0.95": 0.95})["verdict"] == "fails"
    # It rises from 0 to 1 and ends highest, but not steadily.
    assert found(images, {**objects, "0.4": 0.6})["verdict"] == "fails"
    assert found({"0": 0.9}, objects)["verdict"] == "not run"


def test_availability_harms_at_once_and_images_stay():
    images = {"0": 0.9, "0.2": 0.88, "1": 0.89}

    def found(objects):
        rows = sweep("availability", "CO_C", images) + sweep("availability", "CO_O", objects)
        return judged("F14-availability", rows)

    assert found({"0": 0.8, "0.2": 0.4, "1": 0.2})["verdict"] == "holds"
    assert found({"0": 0.8, "0.2": 0.85, "1": 0.2})["verdict"] == "fails"


def of_matrix(config, value):
    config["studies"] = {"invariance_transfer": config["studies"]["invariance_transfer"]}
    config["studies"]["invariance_transfer"] |= {"seeds": 5, "architectures": ["resnet-18"]}
    (study,) = load_studies(config).values()
    (table,) = tidy_tables(config, value).values()
    cells = measured_cells(table, study, "test")
    return {name: judge(BY_NAME[name], Means(cells))[0] for name in ("F16/F17", "F16-spillover")}


def test_the_diagonal_is_counted_by_columns(config):
    good = of_matrix(config, lambda r: 0.1 if r.get("change") == r["transformation"] else 0.5)
    assert good["F16/F17"]["verdict"] == "holds" and good["F16/F17"]["effect"] == 1.0
    assert "18 of 18 columns" in good["F16/F17"]["weakest"]


def test_some_of_the_diagonal_is_not_enough(config):
    low = ("scale", "translate", "v_flip")
    found = of_matrix(
        config,
        lambda r: 0.1 if r.get("change") == r["transformation"] and r["change"] in low else 0.5,
    )
    assert found["F16/F17"]["verdict"] == "fails"
    assert found["F16/F17"]["effect"] == pytest.approx(3 / 18)


@pytest.mark.parametrize("mutual", [False, True])
def test_flips_follow_from_rotation_and_not_the_reverse(config, mutual):
    spills = {("rotate", "v_flip"), ("rotate", "h_flip"), ("shear", "v_flip"), ("shear", "h_flip")}
    lowered = spills | {("hue", "grayscale"), ("grayscale", "hue")}
    if mutual:
        lowered |= {(b, a) for a, b in spills}
    found = of_matrix(
        config, lambda r: 0.2 if (r["transformation"], r.get("change")) in lowered else 0.5
    )["F16-spillover"]
    assert found["verdict"] == ("fails" if mutual else "holds")
    assert found["effect"] == pytest.approx(0.3) and found["conditions"] == 10


def test_a_claim_without_its_main_check_is_not_run(published):
    cells = seeded(published["invariance_mismatch"])
    enough = cells[(cells.x == "1") & (cells.series == "train_8")]
    assert judge(BY_NAME["F4"], Means(enough))[0]["verdict"] == "not run"
    two = cells[cells.x.isin(["1", "8"]) & cells.series.isin(["train_1", "train_8"])]
    row, _ = judge(BY_NAME["F4"], Means(two))
    assert (row["verdict"], row["conditions"]) == ("holds", 5)
    assert row["effect"] == pytest.approx((1.0 - 0.275) / 7, abs=0.01)


def test_claims_work_on_any_part_of_the_studies(published):
    only = {"invariance_mismatch": seeded(published["invariance_mismatch"])}
    verdicts, conditions = judge_all(only, only, "test")
    assert set(verdicts[verdicts.verdict != "not run"].claim) == {"F4", "F18"}
    assert set(conditions.claim) == {"F4", "F18"}
    none, empty = judge_all({}, {}, "test")
    assert set(none.verdict) == {"not run"} and empty.empty
