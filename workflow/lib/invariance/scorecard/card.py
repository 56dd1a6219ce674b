"""The scorecard of a run, from the tidy tables of its studies, as tables."""

import pandas as pd

from invariance.analysis.cells import measured_cells, published_cells
from invariance.analysis.published.vs_factors import of_published_amounts
from invariance.analysis.seed_means import Means
from invariance.config.run_description import protocol_text
from invariance.scorecard.claims import CLAIMS
from invariance.scorecard.judging import judge, judge_all
from invariance.scorecard.values import compare
from invariance.studies.vs_factors.models import NAME as VS_FACTORS


def scorecard(published: pd.DataFrame, tables: dict, studies: dict, description: dict):
    """Verdicts on every published value and claim.

    Parameters
    ----------
    published : DataFrame
        ``config/paper_values.csv`` read with ``keep_default_na=False``.
    tables : dict of DataFrame
        Tidy tables of the studies that were run, by name; the others' verdicts are ``not run``.
    studies : dict of Study
    description : dict
        Of ``run_description.describe``; its accuracy switch is that of the claims, except for
        those with thresholds on pooled accuracy.

    Returns
    -------
    values, claims, conditions : DataFrame
        Each row says the protocol and the scale it was made with.
    """
    cells = {
        accuracy: {
            name: measured_cells(table, studies[name], accuracy) for name, table in tables.items()
        }
        for accuracy in ("pooled_macro", "test")
    }
    comparable = [
        {name: _comparable(table, studies[name]) for name, table in cells[accuracy].items()}
        for accuracy in ("pooled_macro", "test")
    ]
    values = compare(published, *comparable, description["scale"])
    claims, conditions = judge_all(
        cells[description["accuracy"]], cells["pooled_macro"], description["accuracy"]
    )
    claims["published"] = [_published_conditions(claim, published) for claim in CLAIMS]
    for frame in (values, claims):
        frame["run"] = description["run"]
        frame["protocol"] = protocol_text(description).removeprefix("protocol ")
        frame["scale"] = frame.study.map(description["scale"]).fillna("")
    return values, claims, conditions


def _comparable(table: pd.DataFrame, study) -> pd.DataFrame:
    return of_published_amounts(table, study) if study.name == VS_FACTORS else table


def _published_conditions(claim, published: pd.DataFrame) -> int:
    """How many conditions the claim has on the published values; none if they have no such."""
    cells = published_cells(published, claim.study)
    return judge(claim, Means(cells))[0]["conditions"]
