"""Transfer accuracy against one factor of pretraining per panel (figures 2 and 7 to 11).

A last panel, which the paper leaves out, varies the amount of target data.
"""

import numpy as np
import pandas as pd

from invariance.analysis.cells import AMOUNT as PUBLISHED_TARGET_SAMPLES
from invariance.analysis.published.vs_factors import SERIES as PUBLISHED
from invariance.analysis.published.vs_factors import published_value
from invariance.analysis.seed_statistics import interval_of
from invariance.artefacts import ARTEFACTS
from invariance.figures import style
from invariance.figures.published import comparable
from invariance.records.accuracy import QUANTITIES
from invariance.records.tidy_checks import check_tidy
from invariance.studies import labels
from invariance.studies.invariance_vs_factors import Study
from invariance.studies.vs_factors.models import FACTORS, TARGET_SAMPLES, TRANSFORMS, varied
from transforms2d.errors import UserError

LEAST_DIFFERENCE = 0.02  # the smallest range of the lower axes
# The dashes of one series fill the gaps of the other, so that both are visible on one line.
OWN_TASK = {"alpha": 0.7, "linewidth": 1.1}
DASHES = {"same": (0, (3, 3)), "different": (3, (3, 3))}


def _cell(name: str) -> tuple[str, str, int | None]:
    """Domain, method, and position of the amount of fine-tuning samples of a figure."""
    figure = ARTEFACTS[name]
    return figure.domains[0], figure.methods[0], figure.part


def table(results: pd.DataFrame, study: Study, name: str) -> pd.DataFrame:
    """The rows of a study's tidy table in a figure: one per (panel, value, seed, series).

    Returns
    -------
    DataFrame with columns factor, value, transforms, task (``transfer`` or ``pretraining``), seed
    and accuracy in 0..1. A model in several panels has one row per panel.
    """
    check_tidy(results, name)
    domain, method, amount = _cell(name)
    transfer = transfer_rows(results, study, domain, method, amount)
    if transfer.empty:
        raise UserError(f"{name}: no results of {method} in domain {domain}")
    training = _accuracies(results, study, domain)
    training = training[training.method == "pretraining"]
    tasks = pd.concat([transfer.assign(task="transfer"), training.assign(task="pretraining")])
    few = _target_samples(results, study, domain, method).assign(task="transfer")
    # The pretrained model is the same for every amount.
    own = _at(training, study.panel_defaults(TARGET_SAMPLES, domain))
    own = own.assign(factor=TARGET_SAMPLES, task="pretraining", accuracy=own.value)
    repeated = [own.assign(value=value) for value in few.value.unique()]
    rows = pd.concat([panels(tasks, study, domain), few, *repeated])
    columns = ["factor", "value", "transforms", "task", "seed", "accuracy"]
    return rows[columns].reset_index(drop=True)


def transfer_rows(
    results: pd.DataFrame, study: Study, domain: str, method: str, amount: int | None
) -> pd.DataFrame:
    """Transfer accuracies in one domain, in the protocol's definition of accuracy.

    ``amount`` is the position of the target samples in the list of fine-tuning; None means all.
    """
    rows = _accuracies(results, study, domain)
    rows = rows[rows.method == method]
    if amount is None:
        return rows[rows.target_samples.isna()]
    samples = study.settings["sizes"][domain]["fine_tuning_samples"][amount]
    return rows[rows.target_samples == samples]


def panels(rows: pd.DataFrame, study: Study, domain: str) -> pd.DataFrame:
    """The rows of each factor's panel, with the other factors at their defaults.

    Adds the columns factor and accuracy; the column value becomes the value of the factor.
    """
    parts = []
    for factor in FACTORS:
        part = _at(rows, study.panel_defaults(factor, domain))
        part = part[part[factor].isin(study.values(factor, domain))]
        parts.append(part.assign(factor=factor, accuracy=part.value, value=part[factor]))
    return pd.concat(parts)


def _target_samples(results: pd.DataFrame, study: Study, domain: str, method: str) -> pd.DataFrame:
    """The rows of the panel of target samples, with factor, value and accuracy.

    The head of a fine-tuned model was trained on the same target images as the model.
    """
    fixed = study.panel_defaults(TARGET_SAMPLES, domain)
    rows = _at(_accuracies(results, study, domain), fixed)
    values = study.values(TARGET_SAMPLES, domain)
    few = rows[rows.method == {"fine_tuning": "fine_tuning_few"}.get(method, method)]
    parts = [few[few.target_samples.isin(values)]]
    for value in values:
        if study.all_of_target(domain, value):
            whole = rows[rows.method == method]
            is_whole = (
                whole.target_samples.isna()
                if method == "linear_probe"
                else whole.target_samples == value
            )
            parts.append(whole[is_whole].assign(target_samples=value))
    part = pd.concat(parts)
    return part.assign(factor=TARGET_SAMPLES, accuracy=part.value, value=part.target_samples)


def _accuracies(results: pd.DataFrame, study: Study, domain: str) -> pd.DataFrame:
    quantity = QUANTITIES[study.switches["accuracy"]]
    return results[(results.domain == domain) & (results.quantity == quantity)]


def _at(rows: pd.DataFrame, fixed: dict) -> pd.DataFrame:
    return rows[(rows[list(fixed)] == pd.Series(fixed)).all(axis=1)]


def gaps(table: pd.DataFrame) -> pd.DataFrame:
    """Accuracy with same minus different transformations, one row per (panel, value, seed)."""
    transfer = table[table.task == "transfer"]
    wide = transfer.pivot(
        index=["factor", "value", "seed"], columns="transforms", values="accuracy"
    )
    return (wide["same"] - wide["different"]).rename("gap").reset_index()


def draw(table: pd.DataFrame, study: Study, name: str, published: pd.DataFrame):
    """Draw a column of two panels per factor: accuracies above, their difference below.

    Lines are means over seeds, with ``style.line``'s intervals. The difference is computed within
    each seed, since the tasks of seeds differ in difficulty. Diamonds are published means.

    Returns
    -------
    matplotlib.figure.Figure
    """
    plt = style.pyplot()
    domain, method, _ = _cell(name)
    counts = table.groupby("factor").value.nunique()
    factors = varied({factor: counts.get(factor, 0) for factor in (*FACTORS, TARGET_SAMPLES)})
    width = min(style.PAGE_INCHES, 2.4 * len(factors) + 0.3)
    figure, axes = plt.subplots(
        2,
        len(factors),
        figsize=(width, 3.6),
        sharex="col",
        sharey="row",
        squeeze=False,
        layout="constrained",
        height_ratios=(2.6, 1),
    )
    differences, published_rows = gaps(table), _published(published, study, name)
    for factor, (upper, lower) in zip(factors, axes.T, strict=True):
        positions = {value: i for i, value in enumerate(study.values(factor, domain))}
        part = table[table.factor == factor]
        _lines(part.assign(position=part.value.map(positions)), upper)
        style.chance(upper, 1 / study.settings["sizes"][domain]["target_classes"])
        for transforms, series in PUBLISHED.items():
            in_panel = (published_rows.factor == factor) & (published_rows.series == series)
            marks = published_rows[in_panel & published_rows.value.isin(positions)]
            place = marks.value.map(positions)
            style.published(place, marks.accuracy, style.COLOURS[transforms], upper)
        part = differences[differences.factor == factor]
        part = part.assign(position=part.value.map(positions))
        style.line(part, "position", "gap", "#333333", lower)
        lower.axhline(0, color="#999999", linewidth=0.8, zorder=0)
        upper.set(ylabel="", ylim=(0, 1.035))
        shares = any(isinstance(value, float) for value in positions)
        lower.set(xlabel=labels.LABELS[factor] + " (%)" * shares, ylabel="")
        _name_ticks(lower, list(positions), (width - 0.3) / len(factors) - 0.2)
    low, high = _limits(differences[differences.factor.isin(factors)])
    axes[1][0].set_ylim(low - 0.05 * (high - low), high + 0.05 * (high - low))
    axes[0][0].set_ylabel(labels.ACCURACY[method])
    axes[1][0].set_ylabel("Difference")
    figure.align_labels()
    title = f"{labels.LABELS[domain]}, {labels.METHODS[method]}"
    handles = [*_legend(), *([style.published_handle()] if len(published_rows) else [])]
    columns = 5 if len(factors) > 2 else 2
    style.legend_above(figure, handles, columns, title)
    return figure


def _published(published: pd.DataFrame, study: Study, name: str) -> pd.DataFrame:
    """Published transfer accuracies; columns factor, value (as configured), series, accuracy.

    The panel of target samples is not in the paper, but its values are published with the code.
    """
    domain, method, _ = _cell(name)
    published = comparable(published, study, name, domain)
    key = "linear_probe" if method == "linear_probe" else "full_finetune"
    extra = (
        (published.artefact == "extra")
        & (published.factor == PUBLISHED_TARGET_SAMPLES)
        & published.method.str.startswith(key)
    )
    rows = published[(published.artefact == name) | extra]
    rows = rows[rows.series.isin(PUBLISHED.values()) & (rows.quantity == "accuracy")]
    factor = rows.factor.replace(PUBLISHED_TARGET_SAMPLES, TARGET_SAMPLES)
    values = {
        (panel, published_value(domain, panel, value)): value
        for panel in (*FACTORS, TARGET_SAMPLES)
        for value in study.values(panel, domain)
    }
    keys = [(f, published_value(domain, f, x)) for f, x in zip(factor, rows.x, strict=True)]
    value = pd.Series([values.get(key) for key in keys], index=rows.index, dtype=object)
    rows = rows.assign(factor=factor, accuracy=rows.value, value=value)
    return rows[rows.value.notna()]


def _limits(gaps: pd.DataFrame) -> tuple[float, float]:
    """Common limits of the axes of differences: all seeds, and bands as far as -1 and 1."""
    of_points = gaps.groupby(["factor", "value"], sort=False).gap
    ends = np.array([interval_of(one) for _, one in of_points]).clip(-1, 1)
    values = [*gaps.gap, *ends[~np.isnan(ends)]]
    return min(0.0, *values), max(LEAST_DIFFERENCE, *values)


def _lines(part: pd.DataFrame, axis) -> None:
    for transforms in TRANSFORMS:
        series, colour = part[part.transforms == transforms], style.COLOURS[transforms]
        own = series[series.task == "pretraining"].groupby("position").accuracy.mean()
        axis.plot(own.index, own, color=colour, linestyle=DASHES[transforms], **OWN_TASK)
        transfer, look = series[series.task == "transfer"], style.OF_TWO[transforms]
        style.line(transfer, "position", "accuracy", colour, axis, **look)


def _name_ticks(axis, values: list, width: float) -> None:
    """Label the values of a panel of this width in inches; slanted if they need more space."""
    names = [labels.value(value) for value in values]
    crowded = style.TICK_INCHES * sum(len(name) + 1 for name in names) > width
    look = {"rotation": 60, "ha": "right", "rotation_mode": "anchor"} if crowded else {}
    axis.set_xticks(range(len(values)), names, **look)
    axis.set_xlim(-0.25, len(values) - 0.75)


def _legend() -> list:
    from matplotlib.lines import Line2D

    series = [
        style.handle(labels.SERIES[t], style.COLOURS[t], **style.OF_TWO[t]) for t in TRANSFORMS
    ]
    own = {"color": "#777777", "linestyle": DASHES["same"], "label": "own pretraining task"}
    return [*series, Line2D([], [], **own, **OWN_TASK), style.chance_handle()]
