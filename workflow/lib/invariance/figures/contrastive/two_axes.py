"""Spatial against appearance invariance: a panel per measure, a point per network."""

import pandas as pd

from invariance.analysis.contrastive import from_table
from invariance.analysis.contrastive.from_table import CENTRED, SENSITIVITY, WHITENED
from invariance.analysis.seed_statistics import interval_of
from invariance.figures import intervals, style
from invariance.figures.contrastive import looks
from invariance.records.tidy_checks import check_tidy
from invariance.studies.labels import LABELS
from transforms2d.errors import UserError

PANELS = (SENSITIVITY, WHITENED, CENTRED)
POINT = {"s": 9, "linewidths": 0, "alpha": 0.45, "zorder": 2}
MEAN = {"markersize": 5.5, "markeredgewidth": 0.5, "markeredgecolor": "white", "zorder": 4}
CROSS = {"linewidth": 0.9, "alpha": 0.85, "zorder": 3}
COLUMNS = ["domain", "condition", "axis", "quantity", "seed", "value"]


def table(results: pd.DataFrame, study, name: str) -> pd.DataFrame:
    """Mean invariance of every network over the transformations of each axis.

    Returns
    -------
    DataFrame with columns domain, condition, axis, quantity (the measure), seed and value.
    """
    check_tidy(results, name)
    rows = from_table.on_axes(from_table.invariances(results))
    rows = rows[rows.quantity.isin(PANELS)]
    if rows.empty:
        raise UserError(f"{name}: no invariances; make the table of {study.name}")
    return rows[COLUMNS].reset_index(drop=True)


def draw(table: pd.DataFrame, study, name: str, published: pd.DataFrame):
    """Draw a row of panels per domain; up and right is more invariant in all of them.

    Small points are networks, large ones means over seeds; crosses are ``intervals``.

    Returns
    -------
    matplotlib.figure.Figure
    """
    plt = style.pyplot()
    domains = [domain for domain in study.domains if domain in set(table.domain)]
    panels = [measure for measure in PANELS if measure in set(table.quantity)]
    figure, axes = plt.subplots(
        len(domains),
        len(panels),
        figsize=(style.PAGE_INCHES, 0.75 + 2.05 * len(domains)),
        squeeze=False,
        layout="constrained",
    )
    for domain, row in zip(domains, axes, strict=True):
        for measure, axis in zip(panels, row, strict=True):
            shown = table[(table.domain == domain) & (table.quantity == measure)]
            _points(shown, axis)
            axis.grid(visible=True, axis="both")
            axis.set_title(looks.MEASURES[measure])
            axis.set_xlabel("Spatial")
            if measure == SENSITIVITY:  # lower is more invariant
                axis.invert_xaxis()
                axis.invert_yaxis()
        row[0].set_ylabel(f"{LABELS[domain]}\nAppearance" if len(domains) > 1 else "Appearance")
    conditions = list(dict.fromkeys(table.condition))
    handles = [looks.handle(condition) for condition in conditions]
    style.legend_above(figure, handles, 5, "Towards the upper right: more invariant")
    return figure


def _points(shown: pd.DataFrame, axis) -> None:
    for condition, rows in shown.groupby("condition", sort=False):
        wide = rows.pivot(index="seed", columns="axis", values="value").dropna()
        x, y, look = wide.spatial, wide.appearance, looks.look(condition)
        axis.scatter(x, y, c=look["color"], marker=look["marker"], **POINT)
        if intervals.drawn(len(wide)):
            axis.hlines(y.mean(), *interval_of(x), color=look["color"], **CROSS)
            axis.vlines(x.mean(), *interval_of(y), color=look["color"], **CROSS)
        axis.plot([x.mean()], [y.mean()], linestyle="none", **look, **MEAN)
