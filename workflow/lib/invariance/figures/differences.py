"""Ranges of accuracy: what a factor changes against what the transformations change (figures 3, 12
and 13)."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from invariance.analysis.factor_differences import Span, bars, spans
from invariance.analysis.seed_statistics import leave_one_out
from invariance.artefacts import ARTEFACTS
from invariance.figures import style
from invariance.figures.factors import panels, transfer_rows
from invariance.figures.published import published_spans
from invariance.records.tidy_checks import check_tidy
from invariance.studies import labels
from invariance.studies.invariance_vs_factors import Study
from invariance.studies.vs_factors.models import FACTORS, TRANSFORMS
from transforms2d.errors import UserError


class Bar(NamedTuple):
    """A bar's series in the published values, place beside the factor's tick, and look."""

    series: str
    offset: float
    width: float
    colour: str
    label: str


SAME, DIFFERENT = style.COLOURS["same"], style.COLOURS["different"]
BARS = {
    "within_same": Bar("within_same", 0.31, 0.15, SAME, labels.SERIES["same"]),
    "within_different": Bar("within_disjoint", -0.31, 0.15, DIFFERENT, labels.SERIES["different"]),
    "same_vs_different": Bar(
        "same_vs_disjoint", 0, 0.07, style.COLOURS["difference"], "difference of means"
    ),
}
COLUMNS = ("domain", "factor", "bar", "difference", "low", "high", *Span._fields)
DOT = {"marker": "o", "markersize": 3.6, "markerfacecolor": "white", "markeredgewidth": 0.9}
LEAD = {"color": "#bbbbbb", "linewidth": 0.8, "zorder": 0.95}
ROOM, GAP = 0.06, 0.014  # accuracy below a bar that a number needs, and between the two
BESIDE = 0.045  # from a bar's edge to its interval on one side, and published values on the other


def table(results: pd.DataFrame, study: Study, name: str) -> pd.DataFrame:
    """The bars of every domain and factor, with the interval of their lengths.

    ``within_same`` and ``within_different`` go from the smallest to the largest mean accuracy over
    the values of the factor, means being over seeds. ``same_vs_different`` goes from the average
    over all values after pretraining with different transformations to the one with the same (sec.
    4.1).

    Returns
    -------
    DataFrame with columns domain, factor, bar, difference, low, high, start, end and centre. The
    difference, end minus start, is in -1..1; low and high are the ends of its 95 % t interval over
    seeds, which are empty below 3 seeds. That of a range never ends below 0. Start, end and centre
    (the average of a range, empty for ``same_vs_different``) are accuracies in 0..1.
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
    return pd.DataFrame(rows, columns=COLUMNS)


def _bars(cube: np.ndarray) -> list[dict]:
    """The three bars of accuracies [seeds, transformations, values of the factor]."""
    same, different = np.moveaxis(np.tensordot(leave_one_out(len(cube)), cube, 1), 1, 0)
    lengths, places = bars(same, different), spans(same, different)
    rows = []
    for name, bar in BARS.items():
        length = lengths[bar.series]
        low, high = length.interval()
        row = {"bar": name, "difference": length.rows[0], "low": low, "high": high}
        rows.append({**row, **places[bar.series]._asdict()})
    return rows


def _cube(part: pd.DataFrame) -> np.ndarray:
    """Accuracies [seeds, transformations, values of the factor]."""
    wide = part.pivot(index="seed", columns=["transforms", "value"], values="accuracy")
    return np.stack([wide[transforms].to_numpy() for transforms in TRANSFORMS], axis=1)


def draw(table: pd.DataFrame, study: Study, name: str, published: pd.DataFrame):
    """Draw a panel per domain and three bars per factor, at their place on the accuracy axis.

    Dots are averages of ranges, numbers are lengths. Beside a bar, at its end, is the interval of
    its length. Diamonds are the published ends and averages, over the values of the factor that
    were run.

    Returns
    -------
    matplotlib.figure.Figure
    """
    plt = style.pyplot()
    domains = list(dict.fromkeys(table.domain))
    width = style.COLUMN_INCHES if len(domains) == 1 else 2.3 * len(domains)
    figure, axes = plt.subplots(
        1, len(domains), figsize=(width, 3.1), sharey=True, squeeze=False, layout="constrained"
    )
    compared = False
    for domain, axis in zip(domains, axes[0], strict=True):
        panel = table[table.domain == domain]
        factors = list(dict.fromkeys(panel.factor))
        for tick, factor in enumerate(factors):
            theirs = published_spans(published, study, name, domain, factor)
            _group(panel[panel.factor == factor], theirs, tick, axis)
            compared |= bool(theirs)
        style.chance(axis, 1 / study.settings["sizes"][domain]["target_classes"])
        axis.set_title(labels.LABELS[domain])
        axis.set_xticks(range(len(factors)), [labels.LABELS[f].replace(" ", "\n") for f in factors])
        axis.set(xlim=(-0.55, len(factors) - 0.45), ylim=(0, 1.035), yticks=np.arange(0, 1.1, 0.2))
        axis.tick_params("x", length=0)
    method, amount = ARTEFACTS[name].methods[0], ARTEFACTS[name].part
    data = {0: "\n(little data)", -1: "\n(more data)"}.get(amount, "")
    axes[0][0].set_ylabel(labels.ACCURACY[method] + data)
    style.legend_above(figure, _legend(compared), 3 if len(domains) > 1 else 2)
    return figure


def _group(rows: pd.DataFrame, published: dict[str, Span], tick: int, axis) -> None:
    """Draw the bars of a factor, and thin lines from the dots of ranges to the bar between them."""
    for row in rows.itertuples():
        bar = BARS[row.bar]
        x = tick + bar.offset
        # An edge of its own colour: a bar of length 0 is a line.
        edge = {"edgecolor": bar.colour, "linewidth": 1.2}
        axis.bar(x, row.difference, bar.width, row.start, color=bar.colour, **edge)
        ends = [row.start, row.end]
        if not np.isnan(row.low):
            interval = np.clip([row.start + row.low, row.start + row.high], 0, 1)
            style.interval_beside(x + bar.width / 2 + BESIDE, *interval, axis)
            ends += list(interval)
        fits = min(ends) > ROOM
        place = (min(ends) - GAP, "top") if fits else (max(ends) + GAP, "bottom")
        words = _length(row.difference)
        style.number(x, place[0], words, place[1], axis)
        if np.isnan(row.centre):
            centres = {"within_different": row.start, "within_same": row.end}
            for side, centre in centres.items():
                axis.plot([tick + BARS[side].offset, x], [centre] * 2, **LEAD)
        else:
            axis.plot(x, row.centre, **DOT, markeredgecolor=bar.colour)
            if bar.series in published:
                left = x - bar.width / 2 - BESIDE
                style.published_beside(left, published[bar.series], axis)


def _length(difference: float) -> str:
    """A difference as ``.05``, with a minus sign where it is negative."""
    text = f"{abs(difference):.2f}".removeprefix("0")
    return f"\u2212{text}" if difference < 0 and text != ".00" else text


def _legend(published: bool) -> list:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    order = ("within_different", "same_vs_different", "within_same")
    bars = [Patch(color=BARS[name].colour, label=BARS[name].label) for name in order]
    dot = Line2D(
        [],
        [],
        label="mean",
        linestyle="none",
        **DOT,
        markeredgecolor="#555555",
    )
    return [
        *bars,
        dot,
        style.chance_handle(),
        *([style.published_handle(beside_bars=True)] if published else []),
    ]
