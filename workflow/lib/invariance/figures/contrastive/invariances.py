"""Invariance of every condition to every transformation, by two measures side by side."""

import numpy as np
import pandas as pd

from invariance.analysis.contrastive import from_table
from invariance.analysis.contrastive.conditions import UNTRAINED
from invariance.analysis.contrastive.from_table import SENSITIVITY, WHITENED
from invariance.analysis.seed_statistics import interval_of
from invariance.figures import intervals, style
from invariance.figures.contrastive import looks
from invariance.records.tidy_checks import check_tidy
from invariance.studies.contrastive.shown import AXES
from invariance.studies.labels import LABELS
from transforms2d.errors import UserError
from transforms2d.names import ALL

PANELS = (SENSITIVITY, WHITENED)
LEAST, SHARE = 0.05, 0.9  # the smallest end of the colours, and the share of fields within them
ROWS = (0.235, 0.165)  # inches, of up to six conditions and of more
COLUMNS = ["domain", "condition", "change", "quantity", "seed", "value"]


def table(results: pd.DataFrame, study, name: str) -> pd.DataFrame:
    """Sensitivity and whitened cosine of every network and transformation of whole images.

    Returns
    -------
    DataFrame with columns domain, condition, change (the transformation), quantity, seed, value.
    """
    check_tidy(results, name)
    rows = from_table.invariances(results)
    rows = rows[rows.quantity.isin(PANELS)]
    if rows.empty:
        raise UserError(f"{name}: no invariances; make the table of {study.name}")
    return rows[COLUMNS].reset_index(drop=True)


def draw(table: pd.DataFrame, study, name: str, published: pd.DataFrame):
    """Draw two matrices per domain, conditions by transformations.

    A number is the mean over seeds. Its colour is how much more invariant the condition is than the
    untrained network (than the mean of all conditions, where there is none), to be compared within
    a column. Bold: the interval of this difference, paired by seed, is on one side of 0.

    Returns
    -------
    matplotlib.figure.Figure
    """
    plt = style.pyplot()
    domains = [domain for domain in study.domains if domain in set(table.domain)]
    panels = [(domain, measure) for domain in domains for measure in PANELS]
    conditions = list(dict.fromkeys(table.condition))
    row = ROWS[len(conditions) > 6]
    height = 0.8 + len(panels) * (row * len(conditions) + 0.32)
    figure, axes = plt.subplots(
        len(panels), 1, figsize=(style.PAGE_INCHES, height), squeeze=False, layout="constrained"
    )
    for (domain, measure), axis in zip(panels, axes[:, 0], strict=True):
        shown = table[(table.domain == domain) & (table.quantity == measure)]
        drawn, columns = _matrix(shown, axis)
        is_last, is_first = axis is axes[-1, 0], axis is axes[0, 0]
        _head(columns, axis, words=is_first)
        several = f"{LABELS[domain]}: " if len(domains) > 1 else ""
        sign = "lower" if measure == SENSITIVITY else "higher"
        title = f"{several}{looks.MEASURES[measure]} ({sign}: more invariant)"
        axis.set_title(title, loc="left", pad=13 if is_first else 4, fontsize=8.5)
        axis.tick_params(labelbottom=is_last)
        bar = figure.colorbar(drawn, ax=axis, pad=0.01, aspect=12, fraction=0.03, extend="both")
        bar.ax.tick_params(labelsize=6.5, length=2)
        bar.outline.set_visible(False)
        bar.set_label("more invariant", fontsize=7)
    return figure


def order(changes) -> list[str]:
    """Transformations with those of the spatial axis first, then of the appearance axis."""
    axes = [change for changes_of in AXES.values() for change in changes_of]
    rest = [change for change in (*ALL, *sorted(changes)) if change not in axes]
    return [change for change in dict.fromkeys([*axes, *rest]) if change in set(changes)]


def differences(shown: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """How much more invariant a condition is than the untrained network, and whether for certain.

    Parameters
    ----------
    shown : DataFrame
        Rows of ``table`` of one domain and measure.

    Returns
    -------
    Two tables, conditions by transformations: the mean difference over the seeds of the condition,
    turned so that more is more invariant, and bool.
    """
    wide = shown.pivot(index=["condition", "seed"], columns="change", values="value")
    turned = -wide if shown.quantity.iloc[0] == SENSITIVITY else wide
    known = UNTRAINED in set(shown.condition)
    reference = turned.loc[UNTRAINED] if known else turned.groupby("seed").mean()
    rows, certain = {}, {}
    for condition in dict.fromkeys(shown.condition):
        own = (turned.loc[condition] - reference).dropna(how="all")
        rows[condition] = own.mean()
        low, high = interval_of(own.to_numpy()) if intervals.drawn(len(own)) else (0, 0)
        certain[condition] = pd.Series((low > 0) | (high < 0), index=own.columns)
    columns = order(wide.columns)
    return (pd.DataFrame(one).T[columns] for one in (rows, certain))


def _matrix(shown: pd.DataFrame, axis):
    more, certain = differences(shown)
    means = shown.pivot_table(index="condition", columns="change", values="value", sort=False)
    means = means.loc[more.index, more.columns]
    end = max(
        LEAST, float(np.nanquantile(np.abs(more.drop(index=UNTRAINED, errors="ignore")), SHARE))
    )
    drawn = axis.pcolormesh(
        more.to_numpy(float), cmap=looks.DIVERGING, vmin=-end, vmax=end, edgecolor="white", lw=0.6
    )
    for y, condition in enumerate(means.index):
        for x, change in enumerate(means.columns):
            if np.isfinite(means.loc[condition, change]):
                dark = abs(more.loc[condition, change]) > 0.62 * end
                axis.text(
                    x + 0.5,
                    y + 0.53,
                    looks.number(means.loc[condition, change]),
                    ha="center",
                    va="center",
                    fontsize=6.3,
                    color="white" if dark else "black",
                    fontweight="bold" if certain.loc[condition, change] else "normal",
                )
    axis.set_xticks(np.arange(len(means.columns)) + 0.5, map(looks.words, means.columns))
    axis.tick_params(axis="x", rotation=45, length=0, pad=1, labelsize=7)
    for tick in axis.get_xticklabels():
        tick.set(ha="right", rotation_mode="anchor")
    axis.set_yticks(np.arange(len(means)) + 0.5, map(looks.label, means.index))
    axis.tick_params(axis="y", length=0, pad=2)
    axis.invert_yaxis()
    axis.grid(visible=False)
    for side in axis.spines.values():
        side.set_visible(False)
    return drawn, list(means.columns)


def _head(columns: list[str], axis, words: bool) -> None:
    """Dark lines between the transformations of the axes and the others, and their names above."""
    start = 0
    for name in (*AXES, "others"):
        of_axis = AXES.get(name, set(columns) - {one for names in AXES.values() for one in names})
        end = start + sum(one in of_axis for one in columns)
        if words and end > start:
            look = {"ha": "center", "va": "bottom", "fontsize": 7, "color": "#555555"}
            axis.text((start + end) / 2, -0.08, name, **look)
        if start < end < len(columns):
            axis.axvline(end, color="black", linewidth=1.1)
        start = end
