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
CONTROL = 0.42  # the height of an ensemble, in rows
COLUMNS = ["domain", "condition", "task", "seed", "value"]


def table(results: pd.DataFrame, study, name: str) -> pd.DataFrame:
    """The downstream scores of every network, fusion and ensemble.

    Returns
    -------
    DataFrame with columns domain, condition, task, seed and value. The condition of a fusion has
    the views of its networks, such as ``default-ventral``; of an ensemble ``ventral-ventral``.
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
    tasks = from_table.ordered_tasks(table.task)
    rows = _rows(table)
    places, end = _places(rows)
    figure, axes = plt.subplots(
        len(domains),
        len(tasks),
        figsize=(style.PAGE_INCHES, 0.6 + len(domains) * (0.62 + 0.17 * end)),
        squeeze=False,
        sharey=True,
        layout="constrained",
    )
    for domain, line in zip(domains, axes, strict=True):
        for task, axis in zip(tasks, line, strict=True):
            shown = table[(table.domain == domain) & (table.task == task)]
            _panel(shown, places, axis)
            axis.grid(visible=True, axis="both")
            axis.set_title(looks.words(task))
            axis.set_xlabel("R\u00b2" if task == "place" else "Accuracy")
        if len(domains) > 1:
            line[0].set_ylabel(LABELS[domain])
    axes[0, 0].set_yticks([*places.values()], map(looks.label, rows))
    axes[0, 0].set_ylim(end, -0.6)
    if any(conditions.is_fusion(one) for one in rows):
        style.legend_above(figure, _legend(), 3)
    return figure


def _rows(table: pd.DataFrame) -> list[str]:
    """Single networks, then fusions of several conditions."""
    names = sorted(table.condition.unique(), key=conditions.order)
    return [
        one for one in names if not conditions.is_fusion(one) or not conditions.is_ensemble(one)
    ]


def _places(rows: list[str]) -> tuple[dict[str, float], float]:
    """The height of every row from above, and the end of the last; ensembles take room below."""
    places, at = {}, 0.0
    for condition in rows:
        is_fusion = conditions.is_fusion(condition)
        places[condition] = at + 0.3 * is_fusion
        at += 1 + (0.3 + CONTROL * len(conditions.ensembles(condition)) if is_fusion else 0)
    return places, at - 0.4


def _panel(shown: pd.DataFrame, places: dict[str, float], axis) -> None:
    fusions = [one for one in places if conditions.is_fusion(one)]
    if fusions:
        axis.axhline(places[fusions[0]] - 0.75, color="black", linewidth=0.8)
    for condition, y in places.items():
        if condition not in fusions:
            _point(shown, condition, y, {**looks.look(condition), **SIZE}, axis)
            continue
        for at, control in enumerate(conditions.ensembles(condition)):
            look = looks.look(conditions.parts(control)[0])
            _point(shown, control, y + CONTROL * (at + 1), {**look, **HOLLOW}, axis)
        _point(shown, condition, y, {**FUSION, **SIZE}, axis)


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
            [],
            [],
            linestyle="none",
            **{**SIZE, "color": "#555555", "marker": "o"},
            label="one network",
        ),
        Line2D([], [], linestyle="none", **SIZE, **FUSION),
        Line2D([], [], linestyle="none", **HOLLOW, **hollow),
    ]
