"""Claims I1 to I8: they hold where all is as planted, and each is contradicted once."""

import numpy as np
import pytest
from support.influence_designs import (
    CLASSES,
    CURVES,
    FULL,
    STUDY,
    cell,
    influence_record,
    planted,
    removal_records,
)

from invariance.analysis.cells import measured_cells
from invariance.analysis.seed_means import Means
from invariance.records.results import tidy
from invariance.scorecard.claims import influence
from invariance.scorecard.judging import judge, judge_all

NAMES = [f"I{number}" for number in range(1, 9)]
KINDS = np.array([name.split()[0] for name in CLASSES])
DESIGNS = 5


def judged(seeds=DESIGNS, plants=planted, domains=("t2d",), mapping=None, **removals):
    """Verdicts by claim on designs with a little noise of their own."""
    rng, records = np.random.default_rng(0), []
    for domain in domains:
        for seed in range(seeds):
            values = plants() + 0.01 * rng.normal(size=planted().shape)
            curves = removals.get("curves", CURVES)
            noisy = {
                arm: [one + 0.01 * rng.normal() for one in line] for arm, line in curves.items()
            }
            given = {**removals, "curves": noisy, "domain": domain}
            records += [influence_record(seed, values, mapping=mapping, domain=domain)]
            records += removal_records(seed, **given)
    cells = {"influence": measured_cells(tidy(records), STUDY, "test")}
    verdicts, conditions = judge_all(cells, cells, "test")
    verdicts = verdicts[verdicts.study == "influence"].set_index("claim")
    return verdicts, conditions.set_index("claim")


def test_all_claims_hold_where_every_plant_is_found():
    verdicts, conditions = judged()
    assert [*verdicts.index] == NAMES
    assert set(verdicts.verdict) == {"holds"}
    assert set(verdicts.seeds) == {DESIGNS} and set(verdicts.accuracy) == {""}
    assert verdicts.effect["I1"] == pytest.approx(0.6 - 0.45, abs=0.02)
    assert verdicts.effect["I2"] == pytest.approx(0.45 - 0.3, abs=0.02)
    assert verdicts.effect["I3"] == pytest.approx(0.7 - FULL, abs=0.02)
    assert verdicts.effect["I8"] == pytest.approx(0.1)
    assert [*conditions.loc["I4"].value] == [1, pytest.approx(1.2, abs=0.02), 1]
    assert all(verdicts.low < verdicts.effect + 1e-12)


def other(kind, value):
    def plants():
        values = planted()
        values[kind == KINDS] = value
        return values

    return plants


REVERSED = {"bottom": CURVES["top"], "random": CURVES["random"], "top": CURVES["bottom"]}
EVEN = dict.fromkeys(CURVES, CURVES["random"])
WRONG = [
    ("I1", {"curves": REVERSED}, "fails"),
    ("I1", {"curves": EVEN}, "undecided"),
    ("I2", {"curves": REVERSED}, "fails"),
    ("I3", {"curves": REVERSED}, "fails"),
    ("I4", {"plants": other("leak", 0.0)}, "fails"),
    ("I5", {"plants": other("neutral", 0.5)}, "fails"),
    ("I6", {"plants": lambda: -planted()}, "fails"),
    ("I7", {"mapping": -planted()}, "fails"),
    ("I8", {"mended": 0.1}, "fails"),
]


@pytest.mark.parametrize(("name", "change", "verdict"), WRONG)
def test_designs_that_contradict_a_claim_do_not_meet_it(name, change, verdict):
    verdicts, _ = judged(**change)
    assert verdicts.verdict[name] == verdict


def test_every_claim_is_contradicted_once():
    assert {name for name, *_ in WRONG} == set(NAMES)


def test_a_few_designs_have_intervals_and_no_verdict():
    verdicts, _ = judged(3)
    assert set(verdicts.verdict) == {"undecided"} and verdicts.low.notna().all()
    two, _ = judged(2)
    assert set(two.verdict) == {"undecided"} and two.low.isna().all()


def test_a_domain_is_a_condition():
    verdicts, conditions = judged(domains=("t2d", "cifar"))
    assert verdicts.conditions["I1"] == 2 and [*conditions.loc["I1"].condition] == ["cifar", "t2d"]
    assert set(verdicts.verdict) == {"holds"}


def test_an_arm_that_was_not_run_leaves_its_claims_open():
    verdicts, _ = judged(curves={"bottom": CURVES["bottom"]})
    open_claims = {"I1", "I2", "I8"}
    assert {name for name in NAMES if verdicts.verdict[name] == "not run"} == open_claims


def test_claims_of_a_study_that_was_not_run_say_so():
    verdicts, conditions = judge_all({}, {}, "test")
    assert set(verdicts[verdicts.study == "influence"].claim) == set(NAMES)
    assert set(verdicts.verdict) == {"not run"} and conditions.empty


def test_designs_are_compared_with_themselves():
    """Designs of very different difficulty hide no difference that each of them shows."""
    records = []
    for seed in range(DESIGNS):
        shifted = {arm: [one - 0.15 * seed for one in line] for arm, line in CURVES.items()}
        records += [influence_record(seed, planted()), *removal_records(seed, curves=shifted)]
    means = Means(measured_cells(tidy(records), STUDY, "test"))
    row, _ = judge(influence.CLAIMS[0], means)
    assert row["verdict"] == "holds" and row["high"] - row["low"] < 1e-9


def test_names_of_cells_are_those_of_the_tidy_table():
    """The record's own keys, so that a claim cannot be about nothing."""
    assert cell(0, "bernoulli")["study"] == influence.STUDY == STUDY.name
