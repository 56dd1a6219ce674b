"""Claims C1 to C7: they hold where views decide as planted, and each is contradicted once."""

import pytest
from support.contrastive_tables import APPEARANCE, DEMO, PILOT, condition_of, planted, study, table

from invariance.analysis.cells import measured_cells
from invariance.scorecard.judging import judge_all

NAMES = [f"C{number}" for number in range(1, 8)]
FUSED = {"default": 0.1, "ventral": 0.2, "dorsal": 0.3}


def settled(row: dict) -> float:
    """As planted, with latents, fusions and an agreement that leave no doubt."""
    noise = 0.002 * ((row["seed"] * 7 + len(row["model"])) % 5)
    if row["method"] == "regression":
        lost = {"place": "ventral", "scale": "ventral"}.get(row["change"], "dorsal")
        return (0.1 if lost in row["model"] else 0.4) + noise
    if row["method"] == "downstream":
        return {True: 0.3, False: 0.2}["/" not in row["model"]] + 0.1 * mixed(row) + noise
    if row["method"] == "invariance" and row["quantity"] != "sensitivity":
        return 1 - planted({**row, "quantity": "sensitivity"})
    return planted(row)


def mixed(row: dict) -> bool:
    return "/" not in row["model"] and len(set(row["model"].split("-"))) > 1


def judged(value=settled, settings=PILOT, seeds=5, without=()):
    one = study(settings, seeds=seeds)
    one.published = "contrastive"
    rows = table(one, value)
    cells = {"contrastive": measured_cells(rows[~rows.change.isin(without)], one, "test")}
    verdicts, conditions = judge_all(cells, cells, "test")
    verdicts = verdicts[verdicts.study == "contrastive"].set_index("claim")
    return verdicts, conditions.set_index("claim")


@pytest.fixture(scope="module")
def found():
    return judged()


def test_all_claims_hold_where_views_decide(found):
    verdicts, conditions = found
    assert [*verdicts.index] == NAMES and set(verdicts.verdict) == {"holds"}
    assert set(verdicts.seeds) == {5} and set(verdicts.accuracy) == {""}
    assert verdicts.effect["C1"] == pytest.approx((0.23 + 0.12) / 2, abs=0.02)
    assert verdicts.effect["C6"] == pytest.approx(0.2, abs=0.01)
    assert {*conditions.loc["C1"].condition} == {"t2d, spatial", "t2d, appearance"}
    assert {*conditions.loc["C4"].condition} == {
        f"t2d, {axis}, {name}"
        for axis in ("spatial", "appearance")
        for name in ("objects", "cifar10")
    }
    assert len(conditions.loc["C5"]) == 5 and len(conditions.loc["C6"]) == 3 * 3 * 4
    assert "t2d, place, ventral-dorsal over dorsal-dorsal" in {*conditions.loc["C6"].condition}


def swapped(methods, quantities=None):
    """Ventral networks have the values of dorsal ones, and the reverse."""

    def value(row):
        if row["method"] in methods and (quantities is None or row["quantity"] in quantities):
            parts = {"ventral": "dorsal", "dorsal": "ventral"}
            model = "/".join(parts.get(part, part) for part in row["model"].split("/"))
            return settled({**row, "model": model})
        return settled(row)

    return value


def untrained_best(row):
    if row["method"] == "invariance" and condition_of(row["model"]) == "none/random":
        return 0.01 if row["quantity"] == "sensitivity" else 0.99
    return settled(row)


def no_better(row):
    """An ensemble of one condition is as good as a fusion, and a little better."""
    ensemble = "/" not in row["model"] and not mixed(row)
    return settled(row) + 0.15 * (ensemble and row["method"] == "downstream")


def opposite(row):
    value = settled(row)
    cosine = row["method"] == "invariance" and row["quantity"] == "centred_cosine"
    return 1 - value if cosine else value


WRONG = [
    ("C1", swapped(["invariance"], ["sensitivity"]), "fails"),
    ("C2", swapped(["invariance"], ["whitened_cosine@0.01"]), "fails"),
    ("C3", untrained_best, "fails"),
    ("C4", swapped(["sensitivity"]), "fails"),
    ("C5", swapped(["regression"]), "fails"),
    ("C6", no_better, "fails"),
    ("C7", opposite, "fails"),
]


@pytest.mark.parametrize(("name", "value", "verdict"), WRONG, ids=[name for name, *_ in WRONG])
def test_networks_that_contradict_a_claim_do_not_meet_it(name, value, verdict):
    verdicts, _ = judged(value)
    assert verdicts.verdict[name] == verdict


def test_every_claim_is_contradicted_once():
    assert [name for name, *_ in WRONG] == NAMES


def test_one_set_of_twins_alone_fails_what_carries_over():
    def value(row):
        return swapped(["sensitivity"])(row) if row.get("target") == "cifar10" else settled(row)

    verdicts, conditions = judged(value)
    verdict = conditions.loc["C4"].set_index("condition").verdict
    assert verdicts.verdict["C4"] == "fails" and verdict["t2d, spatial, objects"] == "holds"


def test_three_seeds_have_intervals_and_no_verdict():
    verdicts, _ = judged(settings=DEMO, seeds=3)
    assert set(verdicts.verdict) == {"undecided"} and verdicts.low.notna().all()


def test_claims_on_what_was_not_run_stay_open():
    alone = {"conditions": {**DEMO["conditions"], "moco": ["ventral"]}, "fusions": []}
    verdicts, _ = judged(settings={**DEMO, **alone})
    assert set(verdicts.verdict[["C1", "C2", "C4", "C5", "C6", "C7"]]) == {"not run"}
    assert verdicts.verdict["C3"] == "holds" and verdicts.conditions["C3"] == 2


def test_the_images_of_pretraining_are_no_other_images():
    """Networks of the domain cifar10 have seen such images: only twins of objects are new there."""
    _, conditions = judged(settings={**PILOT, "domains": ["t2d", "cifar10"]})
    assert {*conditions.loc["C4"].condition} == {
        f"{domain}, {axis}, {name}"
        for axis in ("spatial", "appearance")
        for domain, name in (("t2d", "objects"), ("t2d", "cifar10"), ("cifar10", "objects"))
    }
    assert "cifar10, spatial" in {*conditions.loc["C1"].condition}


def test_one_axis_alone_says_nothing_on_whether_views_decide():
    """Networks that are invariant to everything would do."""
    verdicts, _ = judged(without=APPEARANCE)
    assert set(verdicts.verdict[["C1", "C2", "C4"]]) == {"not run"}
    assert verdicts.verdict["C3"] == "holds"


def test_a_cosine_that_never_varies_leaves_the_other_claims_as_they_are():
    def value(row):
        return 0.5 if row["quantity"] == "centred_cosine" else settled(row)

    verdicts, conditions = judged(value)
    assert set(verdicts.verdict) == {"holds"} and set(verdicts.seeds) == {5}
    assert [conditions.condition["C7"]] == ["t2d, whitened_cosine@0.01"]
