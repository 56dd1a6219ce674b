"""Influence of source classes against what is known without training on subsets."""

import numpy as np
import pandas as pd

from invariance.analysis.influence.predictors import rank_correlations
from invariance.analysis.seed_statistics import interval_of
from invariance.figures import intervals, style
from invariance.figures.influence import looks
from invariance.figures.influence.by_class import ALL
from invariance.records.tidy_checks import check_tidy
from invariance.studies.labels import LABELS
from transforms2d.errors import UserError

PREDICTORS = {
    "similarity": "Similarity of the objects\n(cosine of centroids)",
    "mapping": "Share of target images\nmapped to the class",
    "source_accuracy": "Accuracy on the class\n(full source)",
    "overlap": "Overlap of the lists\nof transformations",
}
INFLUENCE = "influence"
CORRELATION = "correlation"
COLUMNS = ["domain", "kind", "class", "quantity", "seed", "value"]
BESIDE = 0.018  # shift of a design's points in a panel of few values, in shares of its width


def table(results: pd.DataFrame, study, name: str) -> pd.DataFrame:
    """Influences on the whole target task, and the predictors of each source class.

    Returns
    -------
    DataFrame with columns domain, kind, class, quantity, seed and value. Quantities: ``influence``
    and the keys of ``PREDICTORS``; and ``correlation_<predictor>``, with an empty class and the
    kind ``all``: the rank correlation of the predictor with influence over all classes.
    """
    check_tidy(results, name)
    masks = looks.first_masks(study)
    rows = results[(results.model == masks) & (results.target == ALL)]
    influence = rows[(rows.method == INFLUENCE) & (rows.quantity == INFLUENCE)]
    known = rows[(rows.method == "influence_baselines") & rows.quantity.isin(PREDICTORS)]
    if influence.empty or known.empty:
        raise UserError(f"{name}: no influences of masks {masks}; make the table of {study.name}")
    classes = pd.concat([influence, known]).rename(columns={"change": "class"})
    classes = classes.assign(kind=classes["class"].str.rpartition(" ")[0])
    classes = classes.sort_values("class", key=lambda c: c.map(looks.order), kind="stable")
    found = rank_correlations(results, masks)
    found = found[found.quantity.isin(PREDICTORS)].rename(columns={CORRELATION: "value"})
    found = found.assign(kind=ALL, quantity=CORRELATION + "_" + found.quantity, **{"class": ""})
    both = pd.concat([classes, found])
    return both.sort_values(["domain", "seed"], kind="stable")[COLUMNS].reset_index(drop=True)


def draw(table: pd.DataFrame, study, name: str, published: pd.DataFrame):
    """Draw a row of panels per domain, a point per source class and design.

    The number above a panel is the rank correlation: the mean over designs of that of each design,
    and its interval.

    Returns
    -------
    matplotlib.figure.Figure
    """
    plt = style.pyplot()
    domains = [domain for domain in study.domains if domain in set(table.domain)]
    figure, axes = plt.subplots(
        len(domains),
        len(PREDICTORS),
        figsize=(style.PAGE_INCHES, 0.7 + 1.75 * len(domains)),
        sharey="row",
        squeeze=False,
        layout="constrained",
    )
    for domain, row in zip(domains, axes, strict=True):
        of_domain = table[table.domain == domain]
        for predictor, axis in zip(PREDICTORS, row, strict=True):
            if predictor not in set(of_domain.quantity):
                axis.set_axis_off()
                continue
            _points(of_domain, predictor, axis)
            axis.set_title(_correlation(of_domain, predictor), fontsize=8)
            axis.set_xlabel(PREDICTORS[predictor], fontsize=8)
        several = len(domains) > 1
        row[0].set_ylabel(f"{LABELS[domain]}\n{looks.UNIT}" if several else looks.UNIT)
    planted = [kind for kind in looks.KINDS if kind in {*table.kind} - {"class"}]
    if planted:
        style.legend_above(figure, [looks.kind_handle(kind) for kind in planted], 4)
    return figure


def _points(table: pd.DataFrame, predictor: str, axis) -> None:
    classes = table[table.quantity.isin([INFLUENCE, predictor])]
    wide = classes.pivot(index=["kind", "class", "seed"], columns="quantity", values="value")
    wide = wide.reset_index()
    x = wide[predictor]
    if x.nunique() <= 5:  # points of different designs would lie on each other
        middle = wide.seed - wide.seed.mean()
        x = x + BESIDE * (x.max() - x.min()) * middle
    axis.axhline(0, **looks.ZERO)
    # Rare kinds are on top.
    for kind in [kind for kind in reversed(looks.KINDS) if kind in set(wide.kind)]:
        of_kind, look = wide.kind == kind, looks.KINDS[kind]
        points = {"s": 13 if kind != "class" else 8, "linewidths": 0, "alpha": 0.75}
        axis.scatter(
            x[of_kind], wide[INFLUENCE][of_kind], c=look["color"], marker=look["marker"], **points
        )


def _correlation(table: pd.DataFrame, predictor: str) -> str:
    """The rank correlation in words, such as ``\u03c1 = 0.54 [0.40, 0.68]``."""
    values = table[table.quantity == f"{CORRELATION}_{predictor}"].value.to_numpy()
    text = f"\u03c1 = {values.mean():.2f}"
    if intervals.drawn(len(values)):
        low, high = np.clip(interval_of(values), -1, 1)
        text += f" [{low:.2f}, {high:.2f}]"
    return text.replace("-", "\u2212")
