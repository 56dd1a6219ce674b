"""Do the measures of invariance agree? Sensitivity against each other one, over all networks."""

import numpy as np
import pandas as pd

from invariance.analysis.contrastive import agreement, from_table
from invariance.analysis.contrastive.from_table import CENTRED, SENSITIVITY, WHITENED
from invariance.figures import style
from invariance.figures.contrastive import looks
from invariance.figures.contrastive.invariances import order
from invariance.records.tidy_checks import check_tidy
from invariance.studies.labels import LABELS
from transforms2d.errors import UserError

POINT = {"s": 10, "linewidths": 0.25, "edgecolors": "white", "alpha": 0.9, "zorder": 2}
PANELS = ("whitened_cosine@0", WHITENED, "whitened_cosine@0.1", CENTRED)  # the matrix has all
RANK = "effective_rank"
ALL = "all"  # the condition of rows about all networks
RHO, CONTRADICTIONS = "correlation_", "contradictions_"
ROW = 0.2  # inches
COLUMNS = ["domain", "condition", "change", "quantity", "seed", "value"]


def table(results: pd.DataFrame, study, name: str) -> pd.DataFrame:
    """Every measure of every network, effective ranks, and how far measures agree.

    Returns
    -------
    DataFrame with columns domain, condition, change (empty for ``effective_rank``), quantity, seed
    and value. Rows of the condition ``all`` have no seed: ``correlation_<measure>`` (rank
    correlation with sensitivity over networks, 1 if both put them in the same order of invariance)
    and ``contradictions_<measure>`` (pairs of conditions that it puts in the opposite order of
    sensitivity's, both for certain).
    """
    check_tidy(results, name)
    rows = from_table.invariances(results)
    ranks = from_table.spectra(results)
    found = agreement.agreements(results)
    if rows.empty or found.empty:
        raise UserError(
            f"{name}: no sensitivities and cosines of three conditions; make the table of "
            f"{study.name}"
        )
    related = found.assign(quantity=RHO + found.measure, value=found.rho)
    pairs = found.assign(quantity=CONTRADICTIONS + found.measure, value=_counts(results, found))
    about_all = pd.concat([related, pairs]).assign(condition=ALL, seed=pd.NA)
    ranks = ranks[ranks.quantity == RANK].assign(change="")
    parts = [one.astype({"seed": "Int64"})[COLUMNS] for one in (rows, ranks, about_all)]
    return pd.concat(parts, ignore_index=True)


def _counts(results: pd.DataFrame, found: pd.DataFrame) -> np.ndarray:
    """The number of contradictions, for each row of ``agreements``."""
    by = ["domain", "change", "measure"]
    counts = agreement.contradictions(results).groupby(by).size()
    keys = pd.MultiIndex.from_frame(found[by])
    return counts.reindex(keys, fill_value=0).to_numpy(float)


def draw(table: pd.DataFrame, study, name: str, published: pd.DataFrame):
    """Draw a row of panels and a matrix per domain.

    Panels: a point per condition and transformation, means over seeds; the colour is the effective
    rank of the features. Matrix: rank correlations over networks, per transformation; a frame where
    the measure contradicts sensitivity.

    Returns
    -------
    matplotlib.figure.Figure
    """
    plt = style.pyplot()
    domains = [domain for domain in study.domains if domain in set(table.domain)]
    measures = [one for one in agreement.OTHERS if RHO + one in set(table.quantity)]
    heights = [height for _ in domains for height in (1.75, ROW * len(measures) + 0.72)]
    figure = plt.figure(figsize=(style.PAGE_INCHES, 0.35 + sum(heights)), layout="constrained")
    panels = [measure for measure in PANELS if measure in measures] or measures[:1]
    grid = figure.add_gridspec(len(heights), len(panels), height_ratios=heights)
    for at, domain in enumerate(domains):
        shown = table[table.domain == domain]
        axes = _panels(figure, grid, 2 * at, shown, panels)
        several = f"{LABELS[domain]}\n" if len(domains) > 1 else ""
        axes[0].set_ylabel(f"{several}Cosine", labelpad=2)
        points = axes[0].collections[0]
        bar = figure.colorbar(points, ax=axes, pad=0.01, aspect=14)
        _bar(bar, "Effective rank")
        matrix = figure.add_subplot(grid[2 * at + 1, :])
        bar = figure.colorbar(_matrix(shown, measures, matrix), ax=matrix, pad=0.01, aspect=8)
        _bar(bar, "\u03c1")
    return figure


def _panels(figure, grid, row: int, shown: pd.DataFrame, measures: list[str]) -> list:
    networks = shown[shown.condition != ALL]
    means = networks.groupby(["condition", "change", "quantity"]).value.mean().unstack("quantity")
    rank = means[RANK].dropna().droplevel("change") if RANK in means else None
    axes = []
    for at, measure in enumerate(measures):
        axis = figure.add_subplot(grid[row, at], sharey=axes[0] if axes else None)
        pairs = means[[SENSITIVITY, measure]].dropna().reset_index()
        colour = {"c": "#0072B2"}
        if rank is not None:
            colour = {"c": pairs.condition.map(rank), "cmap": "viridis"}
        axis.scatter(pairs[SENSITIVITY], pairs[measure], **colour, **POINT)
        axis.set_title(f"{looks.SHORT[measure]}\n{_found(shown, measure, pairs)}", fontsize=7.5)
        axis.set_xlabel("Sensitivity")
        axis.tick_params(labelleft=not axes)
        axis.grid(visible=True, axis="both")
        axes.append(axis)
    return axes


def _found(shown: pd.DataFrame, measure: str, pairs: pd.DataFrame) -> str:
    """Rank correlations: the mean of those within transformations, and that of all points."""
    within = shown[shown.quantity == RHO + measure].value.mean()
    across = pairs[measure].corr(-pairs[SENSITIVITY], method="spearman")
    texts = ("none" if pd.isna(one) else f"{one:.2f}" for one in (within, across))
    return "\u03c1 within {}, all {}".format(*texts).replace("-", "\u2212")


def _matrix(shown: pd.DataFrame, measures: list[str], axis):
    from matplotlib.patches import Rectangle

    about_all = shown[shown.condition == ALL]
    wide = about_all.pivot(index="quantity", columns="change", values="value")
    changes = order(wide.columns)
    rho = wide.loc[[RHO + one for one in measures], changes].to_numpy(float)
    against = wide.loc[[CONTRADICTIONS + one for one in measures], changes].to_numpy(float)
    drawn = axis.pcolormesh(rho, cmap=looks.DIVERGING, vmin=-1, vmax=1, edgecolor="white", lw=0.6)
    for (y, x), value in np.ndenumerate(rho):
        if np.isfinite(value):
            look = {"color": "white" if abs(value) > 0.62 else "black", "fontsize": 6.3}
            axis.text(x + 0.5, y + 0.53, looks.number(value), ha="center", va="center", **look)
        if against[y, x] > 0:
            frame = {"fill": False, "edgecolor": "black", "linewidth": 1.3, "zorder": 3}
            axis.add_patch(Rectangle((x + 0.04, y + 0.06), 0.92, 0.88, **frame))
    axis.set_xticks(np.arange(len(changes)) + 0.5, map(looks.words, changes))
    axis.tick_params(axis="x", rotation=45, length=0, pad=1, labelsize=7)
    for tick in axis.get_xticklabels():
        tick.set(ha="right", rotation_mode="anchor")
    axis.set_yticks(np.arange(len(measures)) + 0.5, [looks.SHORT[one] for one in measures])
    axis.tick_params(axis="y", length=0, pad=2)
    axis.invert_yaxis()
    axis.grid(visible=False)
    axis.set_title("Rank correlation with sensitivity over networks", loc="left", fontsize=8)
    for side in axis.spines.values():
        side.set_visible(False)
    return drawn


def _bar(bar, words: str) -> None:
    bar.ax.tick_params(labelsize=6.5, length=2)
    bar.outline.set_visible(False)
    bar.set_label(words, fontsize=7)
