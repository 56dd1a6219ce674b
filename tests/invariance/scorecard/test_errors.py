"""How often verdicts on claims are wrong, simulated where the truth lies at the thresholds."""

import numpy as np
import pandas as pd
import pytest

from invariance.analysis.cells import published_cells
from invariance.analysis.quantities import differences, largest, smallest
from invariance.analysis.seed_means import Means
from invariance.analysis.seed_statistics import leave_one_out
from invariance.scorecard.checks import Check, decide, verdict
from invariance.scorecard.claims.paper import CLAIMS
from invariance.scorecard.judging import judge

RUNS = 400
LEVEL = 0.05


def rates(check, seeds, size, runs=RUNS):
    """How often a claim of one check holds and fails, of normal values (seeds, size)."""
    rng, found = np.random.default_rng(0), []
    for _ in range(runs):
        rows = leave_one_out(seeds) @ rng.normal(size=(seeds, size))
        found.append(verdict(decide(check(rows).conditions(), seeds)))
    return found.count("holds") / runs, found.count("fails") / runs


@pytest.mark.parametrize("seeds", [5, 10])
@pytest.mark.parametrize("conditions", [1, 20])
def test_claims_at_their_threshold_seldom_hold_or_fail(seeds, conditions):
    """Without a correction, 20 conditions would fail it in 40 of 100 runs."""

    def check(rows):
        return Check("x", ">", 0, {str(i): rows[:, i] for i in range(conditions)})

    holds, fails = rates(check, seeds, conditions)
    assert holds <= LEVEL and fails <= LEVEL


@pytest.mark.parametrize("relation", [">", "<="])
def test_one_condition_at_its_threshold_keeps_a_claim_from_holding(relation):
    """All others are met for sure: nothing but this one stands between the claim and holding."""
    side = 1 if relation == ">" else -1

    def check(rows):
        sure = {str(i): rows[:, i] + 20 * side for i in range(1, 10)}
        return Check("x", relation, 0, {"open": rows[:, 0], **sure})

    holds, fails = rates(check, 5, 10)
    assert 0.005 < holds <= LEVEL and fails <= LEVEL


HALF_HIGHER = np.array([1, 1, 1, 1, 0, 0, 0, 0])


def least_gap(rows):
    return smallest(differences(rows[:, :4], rows[:, 4:]))


def size(rows):
    return largest(rows[:, 0] + 1, -rows[:, 0] - 1)


def span(rows):
    """Four means at each end."""
    return largest(differences(rows + HALF_HIGHER, rows + HALF_HIGHER))


@pytest.mark.parametrize(("quantity", "threshold"), [(least_gap, 0), (size, 1), (span, 1)])
@pytest.mark.parametrize("relation", [">=", "<="])
def test_what_is_not_linear_errs_no_more(relation, threshold, quantity):
    def check(rows):
        return Check("x", relation, threshold, {"one": quantity(rows)})

    holds, fails = rates(check, 6, 8)
    assert holds <= LEVEL and fails <= LEVEL


@pytest.mark.parametrize("name", ["F2", "T1d", "T2"])
def test_models_that_differ_in_noise_alone_seldom_decide_a_claim(name, repository):
    claim = next(one for one in CLAIMS if one.name == name)
    published = pd.read_csv(repository / "config/paper_values.csv", keep_default_na=False)
    cells = published_cells(published, claim.study)
    rng, found, runs, seeds = np.random.default_rng(0), [], 100, 5
    for _ in range(runs):
        common = rng.normal(0.6, 0.1, size=seeds)
        parts = [
            cells.assign(seed=seed, value=common[seed] + rng.normal(0, 0.02, size=len(cells)))
            for seed in range(seeds)
        ]
        found.append(judge(claim, Means(pd.concat(parts)))[0]["verdict"])
    assert found.count("holds") / runs <= LEVEL and found.count("fails") / runs <= LEVEL
