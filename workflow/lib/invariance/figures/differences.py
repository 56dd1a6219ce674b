"""What a factor changes against what the transformations change (figures 3, 12 and 13)."""

import numpy as np
import pandas as pd

from invariance.analysis.factor_differences import bars
from invariance.analysis.seed_statistics import leave_one_out
from invariance.artefacts import ARTEFACTS
from invariance.figures import intervals, style
from invariance.figures.factors import panels, transfer_rows
from invariance.records.tidy_checks import check_tidy
from invariance.studies import labels
from invariance.studies.invariance_vs_factors import Study
from invariance.studies.vs_factors.models import FACTORS, TRANSFORMS
from transforms2d.errors import UserError

# Bar: (its series in the published values, colour, legend).
BARS = {
    "within_same": ("within_same", style.COLOURS["same"], "within same transformations"),
    "within_different": (
        "within_disjoint",
        style.COLOURS["different"],
        "within different transformations",
    ),
    "same_vs_different": ("same_vs_disjoint", style.COLOURS["difference"], "same vs different"),
}
BAR_WIDTH = 0.26


def table(results: pd.DataFrame, study: Study, name: str) -> pd.DataFrame:
    """The differences of every domain, factor and bar, with their intervals.

    ``within_same`` and ``within_different`` are the largest minus the smallest mean accuracy over
    the values of the factor, means being over seeds; ``same_vs_different`` is the difference of the
    averages over all values (sec. 4.1).

    Returns
    -------
    DataFrame with columns domain, factor, bar, difference, low and high: differences of accuracies
    in 0..1 and the ends of their 95 % t interval over seeds, which are empty below 3 seeds. That
    of a range never ends below 0.
    """
    check_tidy(results, name)
    method, amount = ARTEFACTS[name].methods[0], ARTEFACTS[name].part
    rows = []
    for domain in study.domains:
        transfer = transfer_rows(results, study, domain, method, amount)
        if transfer.empty:
            raise UserError(f"{name}: no results of {method} in domain {domain}")
        selected = panels(transfer, study, domain)
        for factor in FACTORS:
            part = selected[selected.factor == factor]
            if part.value.nunique() > 1:
                rows += [{"domain": domain, "factor": factor, **bar} for bar in _bars(_cube(part))]
    return pd.DataFrame(rows, columns=["domain", "factor", "bar", "difference", "low", "high"])


def _bars(cube: np.ndarray) -> list[dict]:
    """The three bars of accuracies [seeds, transformations, values of the factor]."""
    same, different = np.moveaxis(np.tensordot(leave_one_out(len(cube)), cube, 1), 1, 0)
    values = bars(same, different)
    return [
        {"bar": bar, "difference": values[series].rows[0], **_ends(values[series].interval())}
        for bar, (series, _, _) in BARS.items()
    ]


def _ends(interval: tuple[float, float]) -> dict[str, float]:
    return dict(zip(("low", "high"), interval, strict=True))


def _cube(part: pd.DataFrame) -> np.ndarray:
    """Accuracies [seeds, transformations, values of the factor]."""
    wide = part.pivot(index="seed", columns=["transforms", "value"], values="accuracy")
    return np.stack([wide[transforms].to_numpy() for transforms in TRANSFORMS], axis=1)


def draw(table: pd.DataFrame, study: Study, name: str, published: pd.DataFrame):
    """Draw a panel a domain, a group of bars a factor; diamonds are published differences.

    Returns
    -------
    matplotlib.figure.Figure
    """
    plt = style.pyplot()
    domains = list(dict.fromkeys(table.domain))
    width = style.COLUMN_INCHES if len(domains) == 1 else 2.3 * len(domains)
    figure, axes = plt.subplots(
        1, len(domains), figsize=(width, 2.5), sharey=True, squeeze=False, layout="constrained"
    )
    published = published[
        (published.artefact == name) & (published.quantity == "accuracy_difference")
    ]
    shows_intervals = intervals.drawn(len(study.seeds))
    beside = 0.2 * BAR_WIDTH * shows_intervals
    for domain, axis in zip(domains, axes[0], strict=True):
        axis.use_sticky_edges = False  # room below, where bars of height 0 lie
        panel = table[table.domain == domain]
        factors = list(dict.fromkeys(panel.factor))
        known = published[(published.domain == domain) & published.factor.isin(factors)]
        for offset, (bar, (series, colour, label)) in zip((-1, 0, 1), BARS.items(), strict=True):
            part = panel[panel.bar == bar]
            place = np.arange(len(part)) + offset * BAR_WIDTH
            # An edge of its own colour: a bar of height 0 is a line.
            edge = {"edgecolor": colour, "linewidth": 1.2}
            axis.bar(place, part.difference, 0.84 * BAR_WIDTH, color=colour, label=label, **edge)
            if shows_intervals:
                style.interval(place, part.low, part.high, axis)
            marks = known[known.series == series].set_index("factor").value.reindex(factors)
            style.published_on_bars(place + beside, marks, axis)
        axis.axhline(0, color="#999999", linewidth=0.8, zorder=0)
        axis.set_title(labels.LABELS[domain])
        axis.set_xticks(range(len(factors)), [labels.LABELS[f].replace(" ", "\n") for f in factors])
        axis.tick_params("x", length=0)
    method, amount = ARTEFACTS[name].methods[0], ARTEFACTS[name].part
    data = {0: ", little data", -1: ", more data"}.get(amount, "")
    axes[0][0].set_ylabel(f"Difference in accuracy\n({labels.METHODS[method]}{data})")
    handles, _ = axes[0][0].get_legend_handles_labels()
    if not published.empty:
        handles.append(style.published_handle(on_bars=True))
    style.legend_above(figure, handles, 4 if len(domains) > 1 else 2)
    return figure
