"""Probe accuracy against the transformations of the target, one line per nested set of
pretraining (figures 4 and 18)."""

import pandas as pd

from invariance.artefacts import ARTEFACTS
from invariance.figures import style
from invariance.records.accuracy import QUANTITIES
from invariance.records.tidy_checks import check_tidy
from invariance.studies import labels
from invariance.studies.invariance_mismatch import TRANSFORMATIONS, Study, target
from transforms2d.errors import UserError

# To show lines that coincide, later lines have dashes with wider gaps. Markers differ in shape and
# are side by side, within ``SPREAD`` units of the axis.
DASHES = ("-", *((0, dash) for dash in ((6, 2), (5, 3), (4, 4), (3, 4), (3, 5), (2, 5), (1, 5))))
MARKERS = "os^vPX<>"
SPREAD = 0.64


def table(results: pd.DataFrame, study: Study, name: str) -> pd.DataFrame:
    """The rows of a study's tidy table in a figure.

    Returns
    -------
    DataFrame with columns architecture, pretraining and target (numbers of transformations), seed
    and accuracy in 0..1.
    """
    check_tidy(results, name)
    networks = ARTEFACTS[name].networks(study)
    rows = results[
        (results.method == "linear_probe")
        & (results.quantity == QUANTITIES[study.switches["accuracy"]])
        & results.architecture.isin(networks)
    ]
    if rows.empty:
        raise UserError(f"{name}: no results of {' or '.join(networks)}")
    sizes = {target(size): size for size in study.sizes}
    selected = rows.assign(
        pretraining=rows.transformations.astype(int),
        target=rows.target.map(sizes),
        accuracy=rows.value,
    )
    return selected[["architecture", "pretraining", "target", "seed", "accuracy"]].reset_index(
        drop=True
    )


def draw(table: pd.DataFrame, study: Study, name: str, published: pd.DataFrame):
    """Draw one panel per architecture.

    Lines are means over seeds, with ``style.line``'s intervals. Diamonds are published means.

    Returns
    -------
    matplotlib.figure.Figure
    """
    plt = style.pyplot()
    networks = ARTEFACTS[name].networks(study)
    width = style.COLUMN_INCHES if len(networks) == 1 else style.PAGE_INCHES
    figure, axes = plt.subplots(
        1, len(networks), figsize=(width, 2.7), sharey=True, squeeze=False, layout="constrained"
    )
    looks = _looks(study.sizes)
    published = published[(published.artefact == name) & (published.quantity == "accuracy")]
    published = published.assign(x=published.x.astype(int))
    published = published[published.x.isin(study.sizes) & published.arch.isin(networks)]
    for network, axis in zip(networks, axes[0], strict=True):
        for size, (beside, look) in looks.items():
            part = table[(table.architecture == network) & (table.pretraining == size)]
            style.line(
                part.assign(place=part.target + beside), "place", "accuracy", axis=axis, **look
            )
            marks = published[(published.arch == network) & (published.series == _key(size))]
            style.published(marks.x + beside, marks.value, look["colour"], axis)
        style.chance(axis, 1 / study.settings["classes"])
        axis.set(xlabel="Transformations in target", ylabel="", xticks=study.sizes)
        axis.set(ylim=(0, 1.03), title=labels.LABELS[network])
    axes[0][0].set_ylabel(labels.ACCURACY["linear_probe"])
    handles = [style.handle(str(size), **looks[size][1]) for size in sorted(study.sizes)[::-1]]
    handles.append(style.chance_handle())
    if not published.empty:
        handles.append(style.published_handle())
    figure.legend(
        handles=handles,
        title="In pretraining",
        title_fontsize=8,
        loc="outside right center",
        frameon=False,
        handlelength=2.2,
    )
    return figure


def _key(size: int) -> str:
    """A nested set's series in the published values."""
    return f"train_{size}"


def _looks(sizes) -> dict[int, tuple[float, dict]]:
    """The horizontal offset and the line style of each nested set.

    Colours go from light for the smallest possible set to dark for the largest.
    """
    import matplotlib

    ramp, largest = matplotlib.colormaps["viridis_r"], max(TRANSFORMATIONS, *sizes)
    steps = max(TRANSFORMATIONS, len(sizes)) - 1
    return {
        size: (
            SPREAD * (position - (len(sizes) - 1) / 2) / steps,
            {
                "colour": ramp(0.12 + 0.88 * (size - 1) / (largest - 1)),
                "linestyle": DASHES[position % len(DASHES)],
                "linewidth": 1.3,
                "marker": MARKERS[position % len(MARKERS)],
            },
        )
        for position, size in enumerate(sizes)
    }
