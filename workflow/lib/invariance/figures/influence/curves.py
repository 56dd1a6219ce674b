"""Accuracy on the target after source classes are removed, a line per order of removal."""

import numpy as np
import pandas as pd

from invariance.analysis.influence import from_table
from invariance.analysis.seed_statistics import interval_of
from invariance.figures import intervals, style
from invariance.figures.influence import looks
from invariance.records.tidy_checks import check_tidy
from invariance.studies.labels import LABELS
from transforms2d.errors import UserError

NONE, RANDOM, WRONG = "none", "random", "wrong"
# The classes that are removed in the panel of wrong predictions.
MENDED = {NONE: "none", RANDOM: "random", WRONG: "harmful"}
MOST_TICKS = 6  # with more numbers of removed classes, ticks are round numbers
COLUMNS = ["domain", "arm", "removed", "quantity", "seed", "value"]


def table(results: pd.DataFrame, study, name: str) -> pd.DataFrame:
    """Accuracies on the evaluation half of the target, means over repeats.

    Returns
    -------
    DataFrame with columns domain, arm (``none`` is the full source), removed (number of source
    classes), quantity, seed and value. Quantities: ``test_accuracy``, and at the smallest number
    ``wrong_accuracy`` of the arms ``none``, ``random`` and ``wrong``: the accuracy on images that
    most models of the full source get wrong.
    """
    check_tidy(results, name)
    curves = from_table.curves(results)
    if curves.empty:
        raise UserError(f"{name}: no results of counterfactuals; make the table of {study.name}")
    rows = curves.melt(
        ["domain", "seed", "arm", "removed"],
        ["test_accuracy", "wrong_accuracy"],
        var_name="quantity",
    )
    of_arms = (rows.quantity == "test_accuracy") & rows.arm.isin([NONE, *looks.ARMS])
    least = rows.removed.where(rows.removed > 0).groupby(rows.domain).transform("min")
    mended = (rows.quantity == "wrong_accuracy") & rows.arm.isin(MENDED)
    mended &= (rows.removed == least) | (rows.arm == NONE)
    rows = rows[of_arms | mended].assign(
        place=rows.arm.map({arm: at for at, arm in enumerate([NONE, *looks.ARMS, WRONG])})
    )
    by = ["domain", "quantity", "place", "removed", "seed"]
    return rows.sort_values(by, kind="stable")[COLUMNS].reset_index(drop=True)


def draw(table: pd.DataFrame, study, name: str, published: pd.DataFrame):
    """Draw curves, their difference from random removal, and wrong predictions, for each domain.

    Without random removal there are no differences.

    Lines are means over designs, with ``style.line``'s intervals. Differences are taken within each
    design.

    Returns
    -------
    matplotlib.figure.Figure
    """
    plt = style.pyplot()
    domains = [domain for domain in study.domains if domain in set(table.domain)]
    figure = plt.figure(figsize=(style.PAGE_INCHES, 3.7), layout="constrained")
    grid = figure.add_gridspec(
        2, 2 * len(domains), width_ratios=(2.4, 1) * len(domains), height_ratios=(1.8, 1)
    )
    arms = [arm for arm in looks.ARMS if arm in set(table.arm)]
    compared = RANDOM in arms and len(arms) > 1
    for at, domain in enumerate(domains):
        of_domain = table[table.domain == domain]
        rows = of_domain[of_domain.quantity == "test_accuracy"]
        upper = lower = figure.add_subplot(grid[0 if compared else slice(None), 2 * at])
        _curves(rows, arms, study, domain, upper)
        if compared:
            lower = figure.add_subplot(grid[1, 2 * at], sharex=upper)
            _differences(rows, arms, lower)
            upper.tick_params(labelbottom=False)
        removed = sorted(rows.removed.unique())
        lower.set_xticks(removed if len(removed) <= MOST_TICKS else _round_ticks(removed[-1]))
        number = looks.classes(study, domain)["source"]
        lower.set_xlabel(f"Classes removed (of {number})")
        wrong = of_domain[of_domain.quantity == "wrong_accuracy"]
        _mended(wrong, figure.add_subplot(grid[:, 2 * at + 1]), slanted=len(domains) > 1)
        upper.set_title(LABELS[domain])
    figure.axes[0].set_ylabel("Target accuracy")
    if compared:
        figure.axes[1].set_ylabel("Difference")
        figure.align_ylabels(figure.axes[:2])
    style.legend_above(figure, _legend(arms), 3, "Source classes are removed")
    return figure


def _round_ticks(most: int) -> list[int]:
    """Whole numbers from 0 on, about as many as ``MOST_TICKS``."""
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100, most) if most / step <= MOST_TICKS)
    return list(range(0, most + 1, step))


def _look(arm: str) -> dict:
    return {"marker": looks.ARMS[arm]["marker"], "markersize": 4, "linewidth": 1.5}


def _curves(rows: pd.DataFrame, arms: list[str], study, domain: str, axis) -> None:
    full = rows[rows.arm == NONE]
    for arm in arms:
        part = pd.concat([full, rows[rows.arm == arm]])
        style.line(part, "removed", "value", looks.ARMS[arm]["color"], axis, **_look(arm))
    style.chance(axis, 1 / looks.classes(study, domain)["target"])
    axis.set(xlabel="", ylabel="", ylim=(0, max(0.02, axis.get_ylim()[1])))


def _differences(rows: pd.DataFrame, arms: list[str], axis) -> None:
    wide = rows[rows.arm != NONE].pivot(index=["removed", "seed"], columns="arm", values="value")
    axis.axhline(0, color=looks.ARMS[RANDOM]["color"], linewidth=1.2, zorder=1)
    others = [arm for arm in arms if arm != RANDOM]
    for arm in [arm for arm in others if arm in wide]:
        part = (wide[arm] - wide[RANDOM]).dropna().rename("value").reset_index()
        style.line(part, "removed", "value", looks.ARMS[arm]["color"], axis, **_look(arm))
    axis.set(xlabel="", ylabel="")


def _mended(rows: pd.DataFrame, axis, slanted: bool) -> None:
    """Accuracy on wrong predictions: a grey line per design, and means with their intervals."""
    wide = rows.pivot(index="seed", columns="arm", values="value")
    shown = [arm for arm in MENDED if arm in wide]
    x = np.arange(len(shown))
    for values in wide[shown].to_numpy():
        axis.plot(x, values, color="#bbbbbb", linewidth=0.8, marker="")
    for place, arm in zip(x, shown, strict=True):
        values = wide[arm].to_numpy()
        if intervals.drawn(len(values)):
            style.interval_beside(place, *interval_of(values), axis)
        axis.plot([place], [values.mean()], "o", color="black", markersize=4.5, zorder=3)
    look = {"rotation": 60, "ha": "right", "rotation_mode": "anchor"} if slanted else {}
    axis.set_xticks(x, [MENDED[arm] for arm in shown], fontsize=7, **look)
    axis.set(xlim=(-0.5, len(shown) - 0.5), ylim=(0, max(0.02, 1.04 * axis.get_ylim()[1])))
    axis.set_xlabel("Removed")
    axis.set_title("On wrong\npredictions", fontsize=8)


def _legend(arms: list[str]) -> list:
    handles = [
        style.handle(looks.ARMS[arm]["label"], looks.ARMS[arm]["color"], **_look(arm))
        for arm in arms
    ]
    return [*handles, style.chance_handle()]
