"""Influence of every source class on the target task: a panel per design, and means by kind."""

import numpy as np
import pandas as pd

from invariance.analysis.seed_statistics import interval_of
from invariance.figures import intervals, style
from invariance.figures.influence import looks
from invariance.records.tidy_checks import check_tidy
from invariance.studies.labels import LABELS
from transforms2d.errors import UserError

ALL = "all"  # the target of an influence on the whole task
COLUMNS = ["domain", "kind", "class", "quantity", "seed", "value"]
ROW = 1.05  # inches of a panel
NULL = {"color": "#eeeeee", "zorder": 0, "linewidth": 0}


def table(results: pd.DataFrame, study, name: str) -> pd.DataFrame:
    """The influences on the whole target task, their intervals and their null distribution.

    Returns
    -------
    DataFrame with columns domain, kind, class, quantity, seed and value. Quantities: ``influence``
    (change of the mean margin if the class is in the source), ``low`` and ``high`` (95 % bootstrap
    interval over models), and ``null_band``, with an empty class and the kind ``all``: 95 % of the
    largest absolute influences of permuted margins are below it.
    """
    check_tidy(results, name)
    masks = looks.first_masks(study)
    rows = results[(results.model == masks) & (results.target == ALL)]
    shown = rows.quantity.isin(["influence", "low", "high"])
    classes = rows[(rows.method == "influence") & shown].rename(columns={"change": "class"})
    if classes.empty:
        raise UserError(f"{name}: no influences of masks {masks}; make the table of {study.name}")
    classes = classes.assign(kind=classes["class"].str.rpartition(" ")[0])
    classes = classes.sort_values("class", key=lambda c: c.map(looks.order), kind="stable")
    null = rows[(rows.method == "influence_reliability") & (rows.quantity == "null_band")]
    models = null.change.str.split().str[0].astype(int)
    null = null[models == models.groupby(null.domain).transform("max")]
    null = null.assign(**{"class": "", "kind": ALL})
    both = pd.concat([classes, null])
    return both.sort_values(["domain", "seed"], kind="stable")[COLUMNS].reset_index(drop=True)


def draw(table: pd.DataFrame, study, name: str, published: pd.DataFrame):
    """Draw classes from the most useful to the most harmful one.

    With planted kinds, each design has a row of its own, since its classes are other objects, and
    a panel has the means of each kind. Without kinds, the classes are the same in every design, so
    that one row has the mean over designs. Lines within a design are bootstrap intervals over
    models; lines of means are ``intervals`` over designs.

    Returns
    -------
    matplotlib.figure.Figure
    """
    plt = style.pyplot()
    planted = table[~table.kind.isin(["class", ALL])].domain.unique()
    rows = [
        (domain, seed)
        for domain in study.domains
        for seed in (sorted(table.seed.unique()) if domain in planted else [None])
    ]
    figure = plt.figure(
        figsize=(style.PAGE_INCHES, 0.55 + ROW * max(len(rows), 2)), layout="constrained"
    )
    grid = figure.add_gridspec(len(rows), 2, width_ratios=(3.2, 1))
    first = None
    for at, (domain, seed) in enumerate(rows):
        of_domain = table[table.domain == domain]
        if seed is None:
            axis = figure.add_subplot(grid[at, :])
            _mean_classes(of_domain, axis)
            axis.set_title(LABELS[domain], fontsize=8.5)
        else:
            axis = figure.add_subplot(grid[at, 0], sharey=first)
            first = first or axis
            _classes(of_domain[of_domain.seed == seed], axis)
            look = {"fontsize": 7, "color": "#555555", "ha": "right", "va": "top"}
            axis.text(0.995, 0.97, f"seed {seed}", transform=axis.transAxes, **look)
            if len(study.domains) > 1 and seed == 0:
                axis.set_title(LABELS[domain], fontsize=8.5)
        axis.set(xticks=[], xlabel="")
    for domain in planted:
        of_domain = [at for at, (other, _) in enumerate(rows) if other == domain]
        rows_of_it = slice(of_domain[0], of_domain[-1] + 1)
        _kinds(table[table.domain == domain], figure.add_subplot(grid[rows_of_it, 1]))
    figure.axes[len(rows) - 1].set_xlabel("Source classes, most useful first")
    figure.supylabel(looks.UNIT, fontsize=8.5)
    style.legend_above(figure, _legend(table), 6)
    return figure


def _wide(part: pd.DataFrame) -> tuple[pd.DataFrame, float]:
    """Influences with their intervals, one row per class, and the limit of the null band."""
    classes = part[part.kind != ALL]
    wide = classes.pivot(index=["kind", "class"], columns="quantity", values="value").reset_index()
    wide = wide.sort_values("influence", ascending=False, kind="stable").reset_index(drop=True)
    return wide, float(part[part.kind == ALL].value.mean())


def _classes(part: pd.DataFrame, axis) -> None:
    wide, null = _wide(part)
    _background(axis, null, len(wide))
    for kind, of_kind in wide.groupby("kind"):
        look, x = looks.KINDS[kind], of_kind.index.to_numpy()
        _lines(x, of_kind.low, of_kind.high, look["color"], axis)
        axis.plot(x, of_kind.influence, linestyle="none", markersize=3.6, markeredgewidth=0, **look)


def _mean_classes(part: pd.DataFrame, axis) -> None:
    """Means over designs of classes that are the same in every design."""
    of_class = part[(part.kind != ALL) & (part.quantity == "influence")]
    wide = of_class.pivot(index="class", columns="seed", values="value")
    wide = wide.loc[wide.mean(axis=1).sort_values(ascending=False, kind="stable").index]
    _background(axis, float(part[part.kind == ALL].value.mean()), len(wide))
    look, x = looks.KINDS["class"], np.arange(len(wide))
    if intervals.drawn(wide.shape[1]):
        low, high = interval_of(wide.to_numpy().T)
        axis.vlines(x, low, high, color=look["color"], linewidth=0.8, alpha=0.6)
    axis.plot(x, wide.mean(axis=1), linestyle="none", markersize=3, markeredgewidth=0, **look)


def _kinds(part: pd.DataFrame, axis) -> None:
    """The mean influence of each kind: small dots of designs, and their mean with its interval."""
    rows = part[(part.kind != ALL) & (part.quantity == "influence")]
    kinds = [kind for kind in looks.KINDS if kind in set(rows.kind)]
    means = rows.groupby(["kind", "seed"]).value.mean().unstack("seed").loc[kinds]
    axis.axhline(0, **looks.ZERO)
    for x, kind in enumerate(kinds):
        values, look = means.loc[kind].to_numpy(), looks.KINDS[kind]
        beside = x + 0.16
        axis.plot([beside] * len(values), values, ".", color=look["color"], markersize=3, alpha=0.7)
        if intervals.drawn(len(values)):
            style.interval_beside(x - 0.08, *interval_of(values), axis)
        axis.plot([x - 0.08], [values.mean()], markersize=5, markeredgewidth=0, **look)
    axis.set_xticks(range(len(kinds)), kinds, rotation=60, ha="right", rotation_mode="anchor")
    axis.set(xlim=(-0.5, len(kinds) - 0.5), title="Mean of each kind")
    axis.title.set_fontsize(8.5)


def _background(axis, null: float, classes: int) -> None:
    axis.axhspan(-null, null, **NULL)
    axis.axhline(0, **looks.ZERO)
    axis.set_xlim(-0.8, classes - 0.2)


def _lines(x, low, high, colour: str, axis) -> None:
    """Vertical lines as one line with gaps."""
    gaps = np.full(len(x), np.nan)
    ends = np.stack([low, high, gaps], axis=1).ravel()
    axis.plot(np.repeat(x, 3), ends, color=colour, linewidth=0.8, alpha=0.6, marker="")


def _legend(table: pd.DataFrame) -> list:
    from matplotlib.patches import Patch

    planted = [kind for kind in looks.KINDS if kind in {*table.kind} - {"class"}]
    kinds = [looks.kind_handle(kind) for kind in planted]
    return [*kinds, Patch(color=NULL["color"], label="without any effect (95 %)")]
