"""Sensitivity to each transformation, by the transformation of training (figures 16 and 17)."""

import pandas as pd

from invariance.artefacts import ARTEFACTS
from invariance.figures import style
from invariance.records.tidy_checks import check_tidy
from invariance.studies.examples import CATEGORIES
from invariance.studies.invariance_transfer import NONE, Study
from invariance.studies.labels import TRAINED_ON
from transforms2d.errors import UserError

ARCHITECTURE, SET = "resnet-18", "in_distribution"
CELL = (0.28, 0.66)  # inches: with 18 columns on a page's width, and the largest size
LEFT, BOTTOM, TOP, RIGHT = 1.15, 0.78, 0.3, 0.72  # inches around the cells
SMALL = 12  # with at least this many columns, a cell shows .12 for 0.12


def table(results: pd.DataFrame, study: Study, name: str) -> pd.DataFrame:
    """The scores in a figure, one row per (training, evaluated, seed).

    Returns
    -------
    DataFrame with columns training (a transformation or ``none``), evaluated (a transformation),
    seed and sensitivity (L2, equation 1), in the order of the figure.
    """
    check_tidy(results, name)
    kind = ARTEFACTS[name].part  # kind of images for training and scoring
    rows = results[
        (results.method == "sensitivity")
        & (results.quantity == "l2")
        & (results.target == SET)
        & (results.data == kind)
        & (results.architecture == ARCHITECTURE)
    ]
    if rows.empty:
        raise UserError(f"{name}: no sensitivity of {ARCHITECTURE} trained on {kind} data")
    scores = rows.rename(
        columns={"transformation": "training", "change": "evaluated", "value": "sensitivity"}
    )[["training", "evaluated", "seed", "sensitivity"]]
    order = {name: at for at, name in enumerate((*study.transformations, NONE))}
    return scores.sort_values(
        ["training", "evaluated", "seed"],
        key=lambda column: column if column.name == "seed" else column.map(order),
    ).reset_index(drop=True)


def means(table: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Mean sensitivity over seeds: rows are training transformations, columns evaluated ones."""
    wide = table.pivot_table(index="training", columns="evaluated", values="sensitivity")
    return wide.reindex(index=[*study.transformations, NONE], columns=study.transformations)


def draw(table: pd.DataFrame, study: Study, name: str, published: pd.DataFrame):
    """Draw a heat map of means over seeds; frames mark models scored on their own transformation.

    All figures have the same scale, from invariant (0) to the distance of unrelated images (1), so
    that they can be compared.

    Returns
    -------
    matplotlib.figure.Figure
    """
    plt = style.pyplot()
    import seaborn

    values = means(table, study)
    rows, columns = values.shape
    least, most = CELL
    cell = max(least, min(most, (style.PAGE_INCHES - LEFT - RIGHT) / columns))
    width, height = LEFT + columns * cell + RIGHT, BOTTOM + rows * cell + TOP
    figure = plt.figure(figsize=(width, height))
    inside = LEFT / width, BOTTOM / height, columns * cell / width, rows * cell / height
    axis = figure.add_axes(inside)
    bar_left = (LEFT + columns * cell + 0.14) / width
    bar = figure.add_axes((bar_left, inside[1], 0.13 / width, inside[3]))
    seeds = table.seed.nunique()
    label = "Sensitivity" if seeds == 1 else f"Sensitivity (mean over {seeds} seeds)"
    over = "max" if (values > 1).any(axis=None) else "neither"
    seaborn.heatmap(
        values,
        ax=axis,
        cbar_ax=bar,
        cbar_kws={"extend": over, "label": label},
        cmap="magma",
        vmin=0,
        vmax=1,
        annot=values.map(lambda value: _number(value, short=columns >= SMALL)),
        fmt="",
        annot_kws={"fontsize": 6 if columns >= SMALL else 8},
        linewidths=0.4,
        linecolor="white",
    )
    bar.yaxis.label.set_size(7.5)
    _mark(axis, values)
    _separate_categories(axis, study.transformations)
    names = [name.replace("_", " ") for name in values.index]
    axis.set_xticklabels(names[:columns], rotation=60, ha="right", rotation_mode="anchor")
    axis.set_yticklabels(names, rotation=0)
    axis.tick_params(length=0, pad=2)
    axis.grid(False)
    images = TRAINED_ON[ARTEFACTS[name].part]
    axis.set(xlabel="Evaluated transformation", ylabel=f"Training transformation\n({images})")
    return figure


def _number(value: float, short: bool) -> str:
    if pd.isna(value):
        return ""
    text = f"{value:.2f}"
    return text.removeprefix("0") if short else text


def _mark(axis, values: pd.DataFrame) -> None:
    """Set readable colours of numbers, and frame models scored on their own transformation."""
    from matplotlib.patches import Rectangle

    mesh = axis.collections[0]
    for text, value in zip(axis.texts, values.stack().dropna(), strict=True):
        text.set_color(_ink(mesh, value))
    for position, name in enumerate(values.columns):
        ink = _ink(mesh, values.loc[name, name])
        frame = Rectangle((position + 0.12, position + 0.12), 0.76, 0.76, fill=False, edgecolor=ink)
        axis.add_patch(frame)


def _ink(mesh, value: float) -> str:
    """Black or white, for more contrast: at a luminance of 0.18 both have the same."""
    from seaborn.utils import relative_luminance

    if pd.isna(value):
        return "black"
    return "black" if relative_luminance(mesh.cmap(mesh.norm(value))) > 0.18 else "white"


def _separate_categories(axis, transformations: tuple[str, ...]) -> None:
    """Draw wider gaps between categories, and their names above the columns."""
    category = {name: kind for kind, names in CATEGORIES.items() for name in names}
    kinds = [category.get(name, "New") for name in transformations]
    for kind in dict.fromkeys(kinds):
        columns = [column for column, other in enumerate(kinds) if other == kind]
        end = columns[-1] + 1
        middle = (columns[0] + end) / 2
        axis.text(middle, -0.12, kind, ha="center", va="bottom", fontsize=7.5)
        axis.axhline(end, color="white", linewidth=3)
        if end < len(kinds):
            axis.axvline(end, color="white", linewidth=3)
