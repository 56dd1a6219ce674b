"""Downstream scores of networks and of fusions, with ensembles of the same size beside them."""

import pandas as pd

from invariance.analysis.contrastive import conditions, from_table
from invariance.analysis.seed_statistics import interval_of
from invariance.figures import intervals, style
from invariance.figures.contrastive import looks
from invariance.records.tidy_checks import check_tidy
from invariance.studies.labels import LABELS
from transforms2d.errors import UserError

FUSION = {"color": "black", "marker": "D", "label": "fusion"}
SIZE = {"markersize": 4.8, "markeredgewidth": 0}
HOLLOW = {"markersize": 4.6, "markerfacecolor": "white", "markeredgewidth": 1.0}
COLUMNS = ["domain", "condition", "task", "seed", "value"]


def table(results: pd.DataFrame, study, name: str) -> pd.DataFrame:
    """The downstream scores of every network, fusion and ensemble.

    Returns
    -------
    DataFrame with columns domain, condition, task, seed and value. The condition of a fusion has
    the views of its networks, such as ``default+ventral``; of an ensemble ``ventral+ventral``.
    """
    check_tidy(results, name)
    rows = from_table.scores(results)
    if rows.empty:
        raise UserError(f"{name}: no downstream scores; make the table of {study.name}")
    return rows[COLUMNS].reset_index(drop=True)


def draw(table: pd.DataFrame, study, name: str, published: pd.DataFrame):
    """Draw a row of panels per domain, one per task; single networks above, fusions below.

    A fusion's row has hollow points too: ensembles of as many networks of one of its conditions.
    Lines are ``intervals``.

    Returns
    -------
    matplotlib.figure.Figure
    """
    plt = style.pyplot()
    domains = [domain for domain in study.domains if domain in set(table.domain)]
    tasks = list(dict.fromkeys(table.task))
    rows = _rows(table)
    figure, axes = plt.subplots(
        len(domains),
        len(tasks),
        figsize=(style.PAGE_INCHES, 0.6 + len(domains) * (0.6 + 0.19 * len(rows))),
        squeeze=False,
        sharey=True,
        layout="constrained",
    )
    for domain, line in zip(domains, axes, strict=True):
        for task, axis in zip(tasks, line, strict=True):
            shown = table[(table.domain == domain) & (table.task == task)]
            _panel(shown, rows, axis)
            axis.grid(visible=True, axis="both")
            axis.set_title(looks.words(task))
            axis.set_xlabel("R\u00b2" if task == "place" else "Accuracy")
        if len(domains) > 1:
            line[0].set_ylabel(LABELS[domain])
    axes[0, 0].set_yticks(range(len(rows)), map(looks.label, rows))
    axes[0, 0].set_ylim(len(rows) - 0.5, -0.5)
    if any(conditions.is_fusion(one) for one in rows):
        style.legend_above(figure, _legend(), 3)
    return figure


def _rows(table: pd.DataFrame) -> list[str]:
    """Single networks, then fusions of several conditions."""
    names = sorted(table.condition.unique(), key=conditions.order)
    return [
        one for one in names if not conditions.is_fusion(one) or not conditions.is_ensemble(one)
    ]


def _panel(shown: pd.DataFrame, rows: list[str], axis) -> None:
    singles = sum(not conditions.is_fusion(one) for one in rows)
    if singles < len(rows):
        axis.axhline(singles - 0.5, color="black", linewidth=0.8)
    for y, condition in enumerate(rows):
        if not conditions.is_fusion(condition):
            _point(shown, condition, y, {**looks.look(condition), **SIZE}, axis)
            continue
        controls = conditions.ensembles(condition)
        step = 0.5 / len(controls)
        for at, control in enumerate(controls):
            look = looks.look(conditions.parts(control)[0])
            place = y + 0.12 + at * step
            _point(shown, control, place, {**look, **HOLLOW}, axis)
        _point(shown, condition, y - 0.2, {**FUSION, **SIZE}, axis)


def _point(shown: pd.DataFrame, condition: str, y: float, look: dict, axis) -> None:
    values = shown[shown.condition == condition].value
    if values.empty:
        return
    if intervals.drawn(len(values)):
        axis.hlines(y, *interval_of(values), color=look["color"], linewidth=0.9, zorder=2)
    axis.plot([values.mean()], [y], linestyle="none", zorder=3, **look)


def _legend() -> list:
    from matplotlib.lines import Line2D

    hollow = {"marker": "o", "color": "#555555", "label": "ensemble of one condition, same size"}
    return [
        Line2D(
            [], [], linestyle="none", **{**SIZE, "color": "#555555", "marker": "o"}, label="one"
        ),
        Line2D([], [], linestyle="none", **SIZE, **FUSION),
        Line2D([], [], linestyle="none", **HOLLOW, **hollow),
    ]
