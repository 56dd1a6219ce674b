"""How reliable influences are, against the number of models they are estimated from."""

import pandas as pd

from invariance.figures import style
from invariance.figures.influence import looks
from invariance.records.tidy_checks import check_tidy
from invariance.studies.labels import LABELS
from transforms2d.errors import UserError

# The quantities of each panel: its line, and others with their dashes.
PANELS = {
    "LDS": {"lds": "-", "lds_difference_of_means": (0, (4, 2)), "ceiling": (0, (1, 1.5))},
    "Split half": {"split_half": "-"},
    "R\u00b2": {"r2": "-"},
    "Largest without effect": {"null_band": "-"},
}
WORDS = {
    "-": "least squares",
    (0, (4, 2)): "difference of means",
    (0, (1, 1.5)): "ceiling: the same masks, other seeds",
}
LEAST = 1.05  # the ends of axes of correlations
CLASSES = {"color": "#777777", "linewidth": 0.9, "linestyle": (0, (1, 2)), "zorder": 0.9}
COLUMNS = ["domain", "masks", "models", "quantity", "seed", "value"]


def table(results: pd.DataFrame, study, name: str) -> pd.DataFrame:
    """The reliability of influences on the whole task at several numbers of models.

    Returns
    -------
    DataFrame with columns domain, masks (their kind), models, quantity, seed and value. Quantities:
    ``lds`` and ``lds_difference_of_means`` (rank correlation of predicted and measured margins of
    held-out models), ``ceiling`` (the same between models of equal masks), ``split_half`` (rank
    correlation of the influences of two halves of the models), ``r2`` (of held-out models), and
    ``null_band`` (95 % of the largest absolute influences of permuted margins are below it).
    """
    check_tidy(results, name)
    rows = results[results.method == "influence_reliability"]
    if rows.empty:
        raise UserError(f"{name}: no reliabilities; make the table of {study.name}")
    order = {quantity: at for at, quantity in enumerate(_quantities())}
    kinds = {kind: at for at, kind in enumerate(study.settings["masks"]["kinds"])}
    rows = rows.assign(
        masks=rows.model,
        models=rows.change.str.split().str[0].astype(int),
        order=rows.quantity.map(order),
        kind=rows.model.map(kinds),
    )
    by = ["domain", "kind", "order", "models", "seed"]
    return rows.sort_values(by, kind="stable")[COLUMNS].reset_index(drop=True)


def draw(table: pd.DataFrame, study, name: str, published: pd.DataFrame):
    """Draw a row of panels per domain, a line per kind of masks.

    Lines are means over designs, with ``style.line``'s intervals.

    Returns
    -------
    matplotlib.figure.Figure
    """
    plt = style.pyplot()
    domains = [domain for domain in study.domains if domain in set(table.domain)]
    figure, axes = plt.subplots(
        len(domains),
        len(PANELS),
        figsize=(style.PAGE_INCHES, 0.75 + 1.55 * len(domains)),
        sharex="row",
        squeeze=False,
        layout="constrained",
    )
    kinds = [kind for kind in looks.MASKS if kind in set(table.masks)]
    for domain, row in zip(domains, axes, strict=True):
        of_domain = table[table.domain == domain]
        for (title, quantities), axis in zip(PANELS.items(), row, strict=True):
            for kind in kinds:
                of_kind = of_domain[of_domain.masks == kind]
                _lines(of_kind, quantities, looks.MASKS[kind]["color"], axis)
            axis.set(xlabel="Models", ylabel="", xticks=sorted(of_domain.models.unique()))
            _limits(axis, is_share=title != list(PANELS)[-1])
            axis.axvline(looks.classes(study, domain)["source"], **CLASSES)
            axis.set_title(title)
        if len(domains) > 1:
            row[0].set_ylabel(LABELS[domain])
    handles = _legend(table, kinds)
    style.legend_above(figure, handles, 4 if len(handles) <= 4 else 3)
    return figure


def _limits(axis, is_share: bool) -> None:
    """Axes with 0. Correlations, and shares of variance, end at -1 and 1."""
    low, high = axis.get_ylim()
    axis.set_ylim(max(-LEAST, min(0, low)) if is_share else 0, LEAST if is_share else high)


def _lines(table: pd.DataFrame, quantities: dict, colour: str, axis) -> None:
    for quantity, dashes in quantities.items():
        rows = table[table.quantity == quantity]
        if len(rows):
            look = {"linestyle": dashes, "markersize": 3.5, "linewidth": 1.3}
            style.line(rows, "models", "value", colour, axis, **look)


def _legend(table: pd.DataFrame, kinds: list[str]) -> list:
    from matplotlib.lines import Line2D

    shown = {
        dashes
        for quantities in PANELS.values()
        for quantity, dashes in quantities.items()
        if quantity in set(table.quantity)
    }
    masks = [style.handle(looks.MASKS[kind]["label"], looks.MASKS[kind]["color"]) for kind in kinds]
    lines = [
        Line2D([], [], color="#555555", linestyle=dashes, linewidth=1.3, label=words)
        for dashes, words in WORDS.items()
        if dashes in shown
    ]
    return [*masks, *lines, Line2D([], [], label="as many models as classes", **CLASSES)]


def _quantities() -> list[str]:
    return [quantity for quantities in PANELS.values() for quantity in quantities]
