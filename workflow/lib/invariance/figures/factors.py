"""Transfer accuracy against one factor of pretraining a panel (figures 2 and 7 to 11)."""

import pandas as pd

from invariance.figures import style
from invariance.studies.invariance_vs_factors import FACTORS, TRANSFORMS, Study
from transforms2d.errors import UserError

# Figure: (domain, method, which amount of fine-tuning samples).
FIGURES = {
    "fig2": ("t2d", "linear_probe", None),
    "fig7": ("cifar10", "linear_probe", None),
    "fig8": ("cifar100", "linear_probe", None),
    "fig9": ("t2d", "fine_tuning", 0),
    "fig10": ("cifar10", "fine_tuning", 0),
    "fig11": ("cifar100", "fine_tuning", 0),
}
# Series of the published values; ours are called by what they are in the paper's text.
PUBLISHED = {"same": "same", "different": "disjoint"}
OWN_TASK = {"linestyle": (0, (3, 2)), "linewidth": 1.0}


def table(results: pd.DataFrame, study: Study, name: str) -> pd.DataFrame:
    """The rows of a study's tidy table that a figure shows, one a (panel, value, seed, series).

    Returns
    -------
    DataFrame with columns factor, value, transforms, task (``transfer`` or ``pretraining``), seed
    and accuracy in 0..1; a model that several panels show has a row in each.
    """
    domain, method, amount = FIGURES[name]
    transfer = transfer_rows(results, study, domain, method, amount)
    if transfer.empty:
        raise UserError(f"{name}: no results of {method} in domain {domain}")
    training = results[
        (results.domain == domain)
        & (results.method == "pretraining")
        & (results.quantity == "val_accuracy")
    ]
    tasks = pd.concat([transfer.assign(task="transfer"), training.assign(task="pretraining")])
    return panels(tasks, study, domain)[
        ["factor", "value", "transforms", "task", "seed", "accuracy"]
    ].reset_index(drop=True)


def transfer_rows(
    results: pd.DataFrame, study: Study, domain: str, method: str, amount: int | None
) -> pd.DataFrame:
    """Transfer accuracies in one domain, as the protocol reads them.

    ``amount`` is the position of the target samples among those of fine-tuning; None means all.
    """
    quantity = style.ACCURACY[study.switches["accuracy"]]
    rows = results[(results.domain == domain) & (results.quantity == quantity)]
    rows = rows[rows.method == method]
    if amount is None:
        return rows
    samples = study.settings["sizes"][domain]["fine_tuning_samples"][amount]
    return rows[rows.target_samples == samples]


def panels(rows: pd.DataFrame, study: Study, domain: str) -> pd.DataFrame:
    """The rows of each factor's panel, which holds the other factors at their defaults.

    Adds columns factor, accuracy and, in place of the accuracy, value: that of the factor.
    """
    defaults = study.defaults(domain)
    parts = []
    for factor in FACTORS:
        fixed = {key: value for key, value in defaults.items() if key != factor}
        part = rows[(rows[list(fixed)] == pd.Series(fixed)).all(axis=1)]
        part = part[part[factor].isin(study.values(factor, domain))]
        parts.append(part.assign(factor=factor, accuracy=part.value, value=part[factor]))
    return pd.concat(parts)


def gaps(table: pd.DataFrame) -> pd.DataFrame:
    """Transfer accuracy of same minus different transformations, one row a (panel, value, seed)."""
    transfer = table[table.task == "transfer"]
    wide = transfer.pivot(
        index=["factor", "value", "seed"], columns="transforms", values="accuracy"
    )
    return (wide["same"] - wide["different"]).rename("gap").reset_index()


def draw(table: pd.DataFrame, study: Study, name: str, published: pd.DataFrame):
    """Draw a column of two panels for each factor: accuracies above, their difference below.

    Lines are means over seeds and bands 95 % bootstrap intervals over seeds; the difference is
    taken within each seed, whose tasks differ in difficulty. Diamonds are published means.

    Returns
    -------
    matplotlib.figure.Figure
    """
    import matplotlib.pyplot as plt

    style.set_style()
    domain = FIGURES[name][0]
    factors = [factor for factor in FACTORS if len(study.values(factor, domain)) > 1]
    figure, axes = plt.subplots(
        2,
        len(factors),
        figsize=(min(style.PAGE_INCHES, 2.4 * len(factors) + 0.3), 3.1),
        sharex="col",
        sharey="row",
        squeeze=False,
        layout="constrained",
        height_ratios=(2.6, 1),
    )
    differences, known = gaps(table), _known(published, study, domain)
    for factor, (upper, lower) in zip(factors, axes.T, strict=True):
        positions = {value: i for i, value in enumerate(study.values(factor, domain))}
        part = table[table.factor == factor]
        _accuracies(part.assign(position=part.value.map(positions)), upper)
        for transforms, series in PUBLISHED.items():
            marks = known[(known.factor == factor) & (known.series == series)]
            marks = marks[marks.value.isin(positions)]
            place = marks.value.map(positions)
            style.published(place, marks.accuracy, style.COLOURS[transforms], upper)
        part = differences[differences.factor == factor]
        part = part.assign(position=part.value.map(positions))
        style.line(part, "position", "gap", "#333333", lower)
        lower.axhline(0, color="#999999", linewidth=0.8, zorder=0)
        upper.set(ylabel="Accuracy")
        lower.set(xlabel=style.LABELS[factor], ylabel="Difference")
        _name_ticks(lower, list(positions))
    least = min(table.accuracy.min(), known.accuracy.min()) if len(known) else table.accuracy.min()
    axes[0][0].set_ylim(max(0.0, min(0.9, least - 0.03)), 1.015)
    figure.align_ylabels(axes[:, 0])
    handles = [*_legend(), *([style.published_handle()] if len(known) else [])]
    columns = 4 if len(factors) > 2 else 2
    figure.legend(handles=handles, loc="outside upper center", ncols=columns, frameon=False)
    return figure


def _known(published: pd.DataFrame, study: Study, domain: str) -> pd.DataFrame:
    """Published transfer accuracies; columns factor, value (as configured), series, accuracy."""
    rows = published[published.series.isin(PUBLISHED.values()) & (published.quantity == "accuracy")]
    values = {str(v): v for factor in FACTORS for v in study.values(factor, domain)}
    rows = rows.assign(accuracy=rows.value, value=rows.x.astype(str).map(values))
    return rows[rows.value.notna()]


def _accuracies(part: pd.DataFrame, axis) -> None:
    for transforms in TRANSFORMS:
        series, colour = part[part.transforms == transforms], style.COLOURS[transforms]
        own = series[series.task == "pretraining"].groupby("position").accuracy.mean()
        axis.plot(own.index, own, color=colour, alpha=0.55, **OWN_TASK)
        style.line(series[series.task == "transfer"], "position", "accuracy", colour, axis)


def _name_ticks(axis, values: list) -> None:
    names = [style.thousands(v) if isinstance(v, int) else style.LABELS.get(v, v) for v in values]
    crowded = max(map(len, names)) > 9
    axis.set_xticks(range(len(values)), names)
    axis.tick_params("x", rotation=25 if crowded else 0)
    axis.set_xlim(-0.25, len(values) - 0.75)


def _legend() -> list:
    from matplotlib.lines import Line2D

    series = [style.handle(style.SERIES[t], style.COLOURS[t]) for t in TRANSFORMS]
    return [*series, Line2D([], [], color="#777777", label="own pretraining task", **OWN_TASK)]
