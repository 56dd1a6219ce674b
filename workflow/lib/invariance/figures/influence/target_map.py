"""Influence of every source class on every target class, as a map."""

import numpy as np
import pandas as pd

from invariance.figures import style
from invariance.figures.influence import looks
from invariance.figures.influence.by_class import ALL
from invariance.records.tidy_checks import check_tidy
from invariance.studies.labels import LABELS
from transforms2d.errors import UserError

COLUMNS = ["domain", "kind", "class", "target", "seed", "influence"]
SHARE = 98  # per cent of the fields whose colour is not that of an end of the scale
LEFT, RIGHT, TOP, BOTTOM = 0.75, 0.75, 0.3, 0.42  # inches around the fields of a domain
MOST, LEAST = 0.24, 0.13  # inches of a field's side
MANY = 50  # with more columns, every tenth has its number


def table(results: pd.DataFrame, study, name: str) -> pd.DataFrame:
    """Influences on the classes of the target, one row per source class, target class and seed.

    Returns
    -------
    DataFrame with columns domain, kind, class, target (such as ``class 1``), seed and influence
    (change of the mean margin of the target class's images), in the order of the figure.
    """
    check_tidy(results, name)
    masks = looks.first_masks(study)
    rows = results[
        (results.method == "influence")
        & (results.quantity == "influence")
        & (results.model == masks)
        & (results.target != ALL)
    ].rename(columns={"change": "class", "value": "influence"})
    if rows.empty:
        raise UserError(f"{name}: no influences of masks {masks}; make the table of {study.name}")
    rows = rows.assign(
        kind=rows["class"].str.rpartition(" ")[0],
        source_order=rows["class"].map(looks.order),
        target_order=rows.target.map(looks.order),
    )
    by = ["domain", "source_order", "target_order", "seed"]
    return rows.sort_values(by, kind="stable")[COLUMNS].reset_index(drop=True)


def means(table: pd.DataFrame) -> pd.DataFrame:
    """Mean influence over designs of one domain: rows are target classes, columns source ones."""
    wide = table.pivot_table(index="target", columns="class", values="influence")
    targets, sources = (list(dict.fromkeys(table[key])) for key in ("target", "class"))
    return wide.reindex(index=targets, columns=sources)


def draw(table: pd.DataFrame, study, name: str, published: pd.DataFrame):
    """Draw a map per domain, one above the other; frames mark leaks on their own object.

    Returns
    -------
    matplotlib.figure.Figure
    """
    plt = style.pyplot()
    domains = [domain for domain in study.domains if domain in set(table.domain)]
    maps = {domain: means(table[table.domain == domain]) for domain in domains}
    inside = style.PAGE_INCHES - LEFT - RIGHT
    sides = {
        domain: (
            min(MOST, inside / values.shape[1]),
            min(MOST, max(LEAST, inside / values.shape[1])),
        )
        for domain, values in maps.items()
    }
    heights = [TOP + BOTTOM + len(maps[domain]) * sides[domain][1] for domain in domains]
    height = sum(heights)
    width = LEFT + RIGHT + max(maps[d].shape[1] * sides[d][0] for d in domains)
    figure, top = plt.figure(figsize=(width, height)), height
    seeds = table.seed.nunique()
    for domain, tall in zip(domains, heights, strict=True):
        values, (across, down) = maps[domain], sides[domain]
        size = values.shape[1] * across / width, len(values) * down / height
        low = (top - tall + BOTTOM) / height
        axis = figure.add_axes((LEFT / width, low, *size))
        bar = figure.add_axes((LEFT / width + size[0] + 0.1 / width, low, 0.11 / width, size[1]))
        mesh = _map(values, axis)
        over = "both" if np.abs(values.to_numpy()).max() > mesh.norm.vmax else "neither"
        figure.colorbar(mesh, cax=bar, extend=over)
        mean = f"\n(mean over {seeds} seeds)" if seeds > 1 else ""
        bar.set_ylabel(f"Influence{mean}", fontsize=7.5)
        bar.tick_params(labelsize=6.5, length=2, pad=1.5)
        axis.set_ylabel("Target class")
        axis.set_xlabel("Source class" + f", {LABELS[domain]}" * (len(domains) > 1))
        top -= tall
    return figure


def _map(values: pd.DataFrame, axis):
    from matplotlib.patches import Rectangle

    limit = float(np.percentile(np.abs(values.to_numpy()), SHARE)) or 1.0
    # Orange and blue, as the kinds that help and others; white is no influence.
    mesh = axis.pcolormesh(
        values.to_numpy(), cmap="PuOr_r", vmin=-limit, vmax=limit, edgecolors="white", linewidth=0.3
    )
    kinds = [name.rpartition(" ")[0] for name in values.columns]
    numbers = [name.rpartition(" ")[2] for name in values.columns]
    for row, target in enumerate(values.index):
        leak = f"leak {target.rpartition(' ')[2]}"
        if leak in values.columns:
            place = values.columns.get_loc(leak)
            axis.add_patch(Rectangle((place, row), 1, 1, fill=False, edgecolor="black", lw=0.9))
    for kind in dict.fromkeys(kinds):
        columns = [at for at, other in enumerate(kinds) if other == kind]
        if kind != "class":
            middle = (columns[0] + columns[-1] + 1) / 2
            look = {"ha": "center", "va": "bottom", "fontsize": 7.5}
            axis.text(middle, -0.18, kind, **look)
        if columns[0]:
            axis.axvline(columns[0], color="black", linewidth=0.8)
    step = 10 if len(numbers) > MANY else 1
    small = {"fontsize": 6} if len(numbers) > 30 else {"fontsize": 6.5}
    axis.set_xticks(np.arange(0, len(numbers), step) + 0.5, numbers[::step], **small)
    targets = [name.rpartition(" ")[2] for name in values.index]
    axis.set_yticks(np.arange(len(targets)) + 0.5, targets, fontsize=6.5)
    axis.tick_params(length=0, pad=2)
    axis.grid(False)
    axis.set_ylim(len(targets), 0)
    return mesh
