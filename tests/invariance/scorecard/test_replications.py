"""Claims on replications drawn from what was published, and from a world without effects."""

import numpy as np
import pandas as pd
import pytest
import yaml
from support.replicated_tables import replicated_tables
from support.replications import drawn, spreads, without_effects

from invariance.analysis.cells import KEY
from invariance.analysis.seed_means import Means
from invariance.config.run_description import describe
from invariance.scorecard.card import scorecard
from invariance.scorecard.claims.paper import CLAIMS
from invariance.scorecard.judging import judge
from invariance.studies import load_studies

UNPUBLISHED = ("F14-relevance", "F14-availability", "F16/F17", "F16-spillover")
PUBLISHED = [claim for claim in CLAIMS if claim.name not in UNPUBLISHED]
RUNS = 60


@pytest.fixture(scope="module")
def cells(repository):
    return spreads(pd.read_csv(repository / "config/paper_values.csv", keep_default_na=False))


def verdicts(cells) -> pd.DataFrame:
    """Verdicts, one row per replication and one column per claim."""
    rng, found = np.random.default_rng(0), []
    for _ in range(RUNS):
        means = {study: Means(table) for study, table in drawn(cells, rng).items()}
        found.append(
            {claim.name: judge(claim, means[claim.study])[0]["verdict"] for claim in PUBLISHED}
        )
    return pd.DataFrame(found)


def test_claims_hold_in_replications_of_the_published_study(cells):
    found = verdicts(cells)
    holds = (found == "holds").sum()
    assert len(holds) == 22 and (holds >= 57).all(), holds[holds < 57]
    assert not (found == "fails").any(axis=None)


def test_claims_do_not_hold_where_nothing_makes_a_difference(cells):
    holds = (verdicts(without_effects(cells)) == "holds").sum()
    assert len(holds) == 22 and (holds <= 3).all(), holds[holds > 3]


def test_the_scorecard_of_a_perfect_replication_has_no_mismatch_and_no_claim_fails(
    config, repository
):
    """The paper's four studies at its settings and seeds, from tidy tables to verdicts."""
    published = pd.read_csv(repository / "config/paper_values.csv", keep_default_na=False)
    paper = yaml.safe_load((repository / "config/paper_scale.yaml").read_text(encoding="utf-8"))
    description = describe(config, paper)
    assert set(description["scale"].values()) == {"paper"}
    assert {description["seeds"][study] for study in published.study} == {10}
    tables = replicated_tables(config, published, np.random.default_rng(0))
    values, claims, _ = scorecard(published, tables, load_studies(config), description)
    claims = claims[claims.study.isin(values.study)]
    # Means and spreads say nothing of ranks, and the published output of seeds 0 to 4, which was
    # superseded, contradicts that of all ten.
    told = (values.quantity != "mean_rank") & ~values.x.str.endswith("_seeds0-4")
    mismatches = values[told & (values.verdict == "mismatch")]
    assert mismatches.empty, mismatches[["artefact", *KEY, "compared_with", "ours", "z"]]
    assert set(claims.verdict) <= {"holds", "undecided"}
    assert (claims.verdict == "holds").sum() >= len(claims) - 2
    run = values[values.verdict != "not run"]
    assert len(run) > 1000 and (run.verdict == "match").mean() > 0.9
    bars = values[values.method == "difference"]
    assert len(bars) == 135 and set(bars.verdict) == {"match"}
