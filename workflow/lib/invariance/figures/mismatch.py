"""Probe accuracy against the transformations of the target, a line for each nested set of
pretraining (figures 4 and 18)."""

import pandas as pd

from invariance.figures import style
from invariance.figures.catalogue import FIGURES
from invariance.studies.invariance_mismatch import TRANSFORMATIONS, Study, target
from invariance.tidy_checks import check_tidy
from transforms2d.errors import UserError


def table(results: pd.DataFrame, study: Study, name: str) -> pd.DataFrame:
    """The rows of a study's tidy table that a figure shows.

    Returns
    -------
    DataFrame with columns architecture, pretraining and target (numbers of transformations), seed
    and accuracy in 0..1.
    """
    check_tidy(results, name)
    rows = results[
        (results.method == "linear_probe")
        & (results.quantity == style.ACCURACY[study.switches["accuracy"]])
        & results.architecture.isin(FIGURES[name].architectures)
    ]
    if rows.empty:
        raise UserError(f"{name}: no results of {' or '.join(FIGURES[name].architectures)}")
    sizes = {target(size): size for size in study.sizes}
    shown = rows.assign(
        pretraining=rows.transformations.astype(int),
        target=rows.target.map(sizes),
        accuracy=rows.value,
    )
    return shown[["architecture", "pretraining", "target", "seed", "accuracy"]].reset_index(
        drop=True
    )


def draw(table: pd.DataFrame, study: Study, name: str, published: pd.DataFrame):
    """Draw a panel for each architecture.

    Lines are means over seeds, bands 95 % bootstrap intervals over seeds, diamonds published means.

    Returns
    -------
    matplotlib.figure.Figure
    """
    plt = style.pyplot()
    shown = [a for a in FIGURES[name].architectures if (table.architecture == a).any()]
    width = style.COLUMN_INCHES if len(shown) == 1 else style.PAGE_INCHES
    figure, axes = plt.subplots(
        1, len(shown), figsize=(width, 2.3), sharey=True, squeeze=False, layout="constrained"
    )
    colours = _colours(max(TRANSFORMATIONS, *study.sizes))
    published = published[(published.artefact == name) & (published.quantity == "accuracy")]
    published = published.assign(x=published.x.astype(int))
    published = published[published.x.isin(study.sizes)]
    for architecture, axis in zip(shown, axes[0], strict=True):
        for size in study.sizes:
            part = table[(table.architecture == architecture) & (table.pretraining == size)]
            style.line(part, "target", "accuracy", colours[size], axis)
            known = published[(published.arch == architecture) & (published.series == _key(size))]
            style.published(known.x, known.value, colours[size], axis)
        axis.set(xlabel="Transformations in target", ylabel="Accuracy", xticks=study.sizes)
        axis.set(ylim=(0, 1.03), title=style.LABELS[architecture] if len(shown) > 1 else "")
    handles = [style.handle(str(size), colours[size]) for size in sorted(study.sizes)[::-1]]
    if not published.empty:
        handles.append(style.published_handle())
    figure.legend(
        handles=handles,
        title="In pretraining",
        title_fontsize=8,
        loc="outside right center",
        frameon=False,
        handlelength=1.2,
    )
    return figure


def _key(size: int) -> str:
    """A nested set's series in the published values."""
    return f"train_{size}"


def _colours(largest: int) -> dict[int, tuple]:
    """From light for the smallest nested set to dark for the largest, whichever are shown."""
    import matplotlib

    ramp = matplotlib.colormaps["viridis_r"]
    return {size: ramp(0.12 + 0.88 * (size - 1) / (largest - 1)) for size in range(1, largest + 1)}
