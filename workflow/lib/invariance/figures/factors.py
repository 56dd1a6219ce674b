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
QUANTITY = {"test": "test_accuracy", "pooled_macro": "pooled_macro_accuracy"}


def panels(results: pd.DataFrame, study: Study, name: str) -> pd.DataFrame:
    """The rows of a study's tidy table that a figure shows, one a (panel, value, seed, series).

    Returns
    -------
    DataFrame with columns factor, value, transforms, task (``transfer`` or ``pretraining``), seed
    and accuracy in 0..1; a model that several panels show has a row in each.
    """
    domain, method, amount = FIGURES[name]
    quantity = QUANTITY[study.switches["accuracy"]]
    rows = results[results.domain == domain]
    transfer = rows[(rows.method == method) & (rows.quantity == quantity)]
    if amount is not None:
        samples = study.settings["sizes"][domain]["fine_tuning_samples"][amount]
        transfer = transfer[transfer.fine_tuning_samples == samples]
    training = rows[(rows.method == "pretraining") & (rows.quantity == "val_accuracy")]
    tasks = pd.concat([transfer.assign(task="transfer"), training.assign(task="pretraining")])
    defaults = study.defaults(domain)
    parts = []
    for factor in FACTORS:
        fixed = {key: value for key, value in defaults.items() if key != factor}
        part = tasks[(tasks[list(fixed)] == pd.Series(fixed)).all(axis=1)]
        part = part[part[factor].isin(study.values(factor, domain))]
        parts.append(part.assign(factor=factor, accuracy=part.value, value=part[factor]))
    table = pd.concat(parts)[
        ["factor", "value", "transforms", "task", "seed", "accuracy"]
    ].reset_index(drop=True)
    if table.empty:
        raise UserError(f"{name}: no results of {method} in domain {domain}")
    return table


def draw(table: pd.DataFrame, study: Study, name: str):
    """Draw the panels: mean over seeds and 95 % bootstrap band, transfer solid, own task dashed.

    Returns
    -------
    matplotlib.figure.Figure
    """
    import matplotlib.pyplot as plt
    import seaborn

    style.set_style()
    domain = FIGURES[name][0]
    factors = [factor for factor in FACTORS if len(study.values(factor, domain)) > 1]
    figure, axes = plt.subplots(
        1,
        len(factors),
        figsize=(2.3 * len(factors) + 0.3, 2.2),
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    for axis, factor in zip(axes[0], factors, strict=True):
        values = study.values(factor, domain)
        part = table[table.factor == factor]
        part = part.assign(position=part.value.map({v: i for i, v in enumerate(values)}))
        for task, dashes, alpha in (("pretraining", (3, 2), 0.45), ("transfer", "", 1.0)):
            for transforms in TRANSFORMS:
                seaborn.lineplot(
                    part[(part.task == task) & (part.transforms == transforms)],
                    x="position",
                    y="accuracy",
                    color=style.COLOURS[transforms],
                    errorbar=("ci", 95) if task == "transfer" else None,
                    err_kws={"alpha": 0.18, "linewidth": 0},
                    seed=0,
                    n_boot=2000,
                    marker="o" if task == "transfer" else None,
                    markersize=4,
                    markeredgewidth=0,
                    linestyle=(0, dashes) if dashes else "-",
                    linewidth=1.6 if task == "transfer" else 1.0,
                    alpha=alpha,
                    ax=axis,
                )
        axis.set(xlabel=style.LABELS[factor], ylabel="Accuracy", xticks=range(len(values)))
        labels = [style.thousands(v) if isinstance(v, int) else style.LABELS[v] for v in values]
        long = max(map(len, labels)) > 9
        axis.set_xticklabels(labels, rotation=25 if long else 0, ha="right" if long else "center")
        axis.set_xlim(-0.25, len(values) - 0.75)
    low = min(0.9, table.accuracy.min() - 0.03)
    axes[0][0].set_ylim(max(0.0, low), 1.015)
    handles = [
        plt.Line2D([], [], color=style.COLOURS[t], marker="o", markersize=4, label=style.LABELS[t])
        for t in TRANSFORMS
    ]
    handles.append(
        plt.Line2D(
            [],
            [],
            color="#888888",
            linestyle=(0, (3, 2)),
            linewidth=1.0,
            label="own pretraining task",
        )
    )
    figure.legend(handles=handles, loc="outside upper center", ncols=3, frameon=False)
    return figure
