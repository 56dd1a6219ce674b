"""What can be read from frozen features: R2 of each latent, a point per condition."""

import pandas as pd

from invariance.analysis.contrastive import from_table
from invariance.analysis.seed_statistics import interval_of
from invariance.figures import intervals, style
from invariance.figures.contrastive import looks
from invariance.records.tidy_checks import check_tidy
from invariance.studies.labels import LABELS
from transforms2d.errors import UserError

# In the order of the axis; others come last.
GROUPS = {
    "spatial": ("place", "scale", "rotate", "shear_x", "shear_y"),
    "appearance": ("hue", "brightness", "contrast", "blur", "background"),
}
SPREAD = 0.36  # half of the width that the conditions of a latent have
POINT = {"s": 6, "linewidths": 0, "alpha": 0.4, "zorder": 2}
MEAN = {"markersize": 4.6, "markeredgewidth": 0, "zorder": 4}
COLUMNS = ["domain", "condition", "latent", "seed", "value"]


def table(results: pd.DataFrame, study, name: str) -> pd.DataFrame:
    """R2 of every latent and single network.

    Returns
    -------
    DataFrame with columns domain, condition, latent, seed and value.
    """
    check_tidy(results, name)
    rows = from_table.of_networks(from_table.latents(results))
    if rows.empty:
        raise UserError(f"{name}: no latents; make the table of {study.name}")
    return rows.rename(columns={"change": "latent"})[COLUMNS].reset_index(drop=True)


def draw(table: pd.DataFrame, study, name: str, published: pd.DataFrame):
    """Draw a panel per domain.

    Small points are networks, large ones means over seeds; lines are ``intervals``. R2 below the
    axis is cut off: such features tell less than the mean of the latent.

    Returns
    -------
    matplotlib.figure.Figure
    """
    plt = style.pyplot()
    domains = [domain for domain in study.domains if domain in set(table.domain)]
    figure, axes = plt.subplots(
        len(domains),
        1,
        figsize=(style.PAGE_INCHES, 0.7 + 2.0 * len(domains)),
        squeeze=False,
        layout="constrained",
    )
    for domain, axis in zip(domains, axes[:, 0], strict=True):
        shown = table[table.domain == domain]
        latents = order(shown.latent)
        _points(shown, latents, axis)
        axis.axhline(0, **looks.ZERO)
        _groups(latents, axis)
        axis.set_xticks(range(len(latents)), [looks.words(one).capitalize() for one in latents])
        axis.tick_params(axis="x", length=0)
        axis.set(xlim=(-0.5, len(latents) - 0.5), ylabel="R\u00b2", ylim=_limits(shown.value))
        if len(domains) > 1:
            axis.set_title(LABELS[domain], pad=12)
    handles = [looks.handle(condition) for condition in dict.fromkeys(table.condition)]
    style.legend_above(figure, handles, 5)
    return figure


def order(names) -> list[str]:
    """Latents in the order of the axis."""
    known = [name for group in GROUPS.values() for name in group]
    return [name for name in dict.fromkeys([*known, *sorted(names)]) if name in set(names)]


def _limits(values: pd.Series) -> tuple[float, float]:
    low, high = min(0.0, values.min()), max(0.1, values.max())
    return max(-0.3, low - 0.05), min(1.02, high + 0.05)


def _points(shown: pd.DataFrame, latents: list[str], axis) -> None:
    conditions = list(dict.fromkeys(shown.condition))
    step = 2 * SPREAD / max(len(conditions), 4)
    for at, condition in enumerate(conditions):
        look = looks.look(condition)
        for place, latent in enumerate(latents):
            rows = shown[(shown.condition == condition) & (shown.latent == latent)]
            if rows.empty:
                continue
            x = place + (at - (len(conditions) - 1) / 2) * step
            axis.scatter([x] * len(rows), rows.value, c=look["color"], marker=".", **POINT)
            if intervals.drawn(len(rows)):
                axis.vlines(x, *interval_of(rows.value), color=look["color"], linewidth=0.9)
            axis.plot([x], [rows.value.mean()], linestyle="none", **look, **MEAN)


def _groups(latents: list[str], axis) -> None:
    """Words above the latents of each group, dark lines between groups, faint ones within."""
    group = {name: words for words, names in GROUPS.items() for name in names}
    for at, latent in enumerate(latents):
        is_first = at == 0 or group.get(latent) != group.get(latents[at - 1])
        if at:
            line = {"color": "black", "linewidth": 0.8} if is_first else {"color": "#e6e6e6"}
            axis.axvline(at - 0.5, **{"linewidth": 0.6, "zorder": 0, **line})
        if is_first:
            look = {"ha": "left", "va": "bottom", "fontsize": 7, "color": "#555555"}
            words, place = group.get(latent, "others"), axis.get_xaxis_transform()
            axis.text(at - 0.48, 1.0, words, transform=place, **look)
