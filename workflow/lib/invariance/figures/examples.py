"""Images of one seed's data: the target task, and pretraining data (figure 1)."""

import pandas as pd

from invariance.figures import style

COLUMNS = 9
LABELS = {
    "target": "Target task",
    "same": "Pretraining,\nsame\ntransformations",
    "different": "Pretraining,\ndifferent\ntransformations",
}


def specs(study) -> dict:
    """The spec of each of the three rows, as plain values, for run 0 of a study."""
    names = {kind: (study.example(kind), "val") for kind in ("same", "different")}
    rows = {"target": ("target", "test"), **names}
    return {row: study.dataset_specs("t2d", 0, name)[split] for row, (name, split) in rows.items()}


def table(shards: dict) -> pd.DataFrame:
    """The content of the figure, one row per image: series, object, background, label."""
    rows = []
    for name, shard in shards.items():
        for index in range(_columns(shards)):
            latents = {key: int(shard.latents[key][index]) for key in ("object", "background")}
            rows.append(
                {"series": name, "index": index, **latents, "label": int(shard.labels[index])}
            )
    return pd.DataFrame(rows)


def draw(shards: dict):
    """Draw a row of images per dataset, with the names of its transformations.

    Parameters
    ----------
    shards : dict of str to Shard
        ``target``, ``same`` and ``different``. The figure shows ``COLUMNS`` images of each, or
        the number of images in the smallest.

    Returns
    -------
    matplotlib.figure.Figure
    """
    plt = style.pyplot()
    columns = _columns(shards)
    figure, axes = plt.subplots(
        len(shards),
        columns,
        squeeze=False,
        figsize=(0.8 * columns, 0.94 * len(shards)),
        gridspec_kw={"wspace": 0.06, "hspace": 0.28},
    )
    for row, (name, shard) in zip(axes, shards.items(), strict=True):
        for index, axis in enumerate(row):
            axis.imshow(shard.images[index].permute(1, 2, 0).numpy(), interpolation="nearest")
            axis.set_axis_off()
        names = ", ".join(shard.spec.all_transforms())
        row[0].set_title(names, loc="left", fontsize=8, pad=2.5, style="italic")
        row[0].text(
            -0.15,
            0.5,
            LABELS[name],
            transform=row[0].transAxes,
            ha="right",
            va="center",
            fontsize=8.5,
            color=style.COLOURS.get(name, "black"),
        )
    return figure


def _columns(shards: dict) -> int:
    return min(COLUMNS, *(len(shard.labels) for shard in shards.values()))
