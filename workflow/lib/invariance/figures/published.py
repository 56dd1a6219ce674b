"""The published values of study 1 that can be compared with what a run has in a figure."""

import pandas as pd

from invariance.analysis.cells import AMOUNT, published_cells
from invariance.analysis.factor_differences import METHODS, Span, lines, spans
from invariance.analysis.published.vs_factors import AMOUNTS, published_value
from invariance.analysis.seed_means import Means
from invariance.artefacts import ARTEFACTS
from invariance.studies.invariance_vs_factors import Study

TEXTS = ("domain", "factor", "x", "series", "arch")  # columns of ``config/paper_values.csv``


def comparable(published: pd.DataFrame, study: Study, name: str, domain: str) -> pd.DataFrame:
    """The published values of a domain without those after fine-tuning on another amount of data.

    Those of the panel of target samples stay, since each names its amount.
    """
    rows = published[published.domain == domain]
    part = ARTEFACTS[name].part
    if part is None:
        return rows
    amount = study.settings["sizes"][domain]["fine_tuning_samples"][part]
    other = rows.method.isin(AMOUNTS) & (rows.method.map(AMOUNTS) != amount)
    return rows[~other | (rows.factor == AMOUNT)]


def published_spans(
    published: pd.DataFrame, study: Study, name: str, domain: str, factor: str
) -> dict[str, Span]:
    """The published bars of a figure by their series, over the values of the factor that were run.

    They are computed from the published curves, since a bar over other values is another quantity.
    Empty if a value was not published.

    Parameters
    ----------
    published : DataFrame
        The study's rows of ``config/paper_values.csv``.
    name : str
        ``fig3``, ``fig12`` or ``fig13``.
    """
    rows = comparable(published, study, name, domain)
    cells = published_cells(
        rows.assign(**{text: rows[text].fillna("") for text in TEXTS}), study.name
    )
    values = [published_value(domain, factor, value) for value in study.values(factor, domain)]
    cells = cells[(cells.factor == factor) & cells.x.isin(values)]
    if cells.empty:
        return {}
    both = lines(Means(cells), domain, METHODS[name], factor)
    return spans(*both) if both and both[0].shape[1] == len(values) else {}
