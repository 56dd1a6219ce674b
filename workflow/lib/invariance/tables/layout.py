"""Tables in the paper's layout: Markdown, LaTeX with booktabs, and HTML."""

import re

import pandas as pd

from invariance.artefacts import ARTEFACTS
from invariance.config.run_description import protocol_text, scale_text
from invariance.report.links import Links
from invariance.report.template import render
from invariance.studies.labels import LABELS as NAMES

LABELS = {
    "C_C": "C, C",
    "CO_C": "C+O, C",
    "CO_O": "C+O, O",
    "O_O": "O, O",
    "sens_C": "to C",
    "sens_O": "to O",
    "accuracy": "Transfer accuracy on (images, labels)",
    "sensitivity": "Sensitivity",
    "image": "Image",
    "random": "Random",
    "same": "Same",
    "other": "Other",
    "none": "None",
    "in_distribution": "In-distribution",
    "mild_ood": "Mild OOD",
    "strong_ood": "Strong OOD",
    "cifar10": "CIFAR-10",
    "cifar100": "CIFAR-100",
}
# Explanations of the words in a study's tables.
KEYS = {
    "irrelevant_features": (
        "C: CIFAR-10 images; O: objects on black; C+O: CIFAR-10 images with a pasted object. A "
        "pair is the images and, after the comma, the part to classify. To C, to O: sensitivity "
        "to the image and to the object of C+O: 0 if representations do not change, 1 if they "
        "differ as much as those of unrelated images."
    ),
    "invariance_transfer": (
        "Same: models trained with the scored transformation; Other: mean over models trained with "
        "another one; None: without transformations. Image: objects on image backgrounds; Random: "
        "random patterns. In-distribution: test data of the same kind as in training; OOD, out of "
        "distribution: other classes of the same kind (mild) or of the other kind (strong). "
        "0: invariant; 1: as different as unrelated images."
    ),
}
# The place of objects in the pairs of table 1 (fork 25).
PLACES = {
    "as_trained": "Objects of these pairs are at random places, as in the training images.",
    "corner": (
        "Objects of these pairs are in the upper right corner, unlike in the training images."
    ),
}
SPREADS = {"seeds": "std_seeds", "cells": "std_cells"}
# Characters with a meaning in LaTeX; a folder's name may contain them.
ESCAPED = str.maketrans(
    {
        **{character: f"\\{character}" for character in "&%$#_{}"},
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
    }
)
# A sentence on a table's numbers, by its study.
SUBJECTS = {
    "irrelevant_features": (
        "Accuracy of linear probes on features that were relevant or irrelevant in pretraining, "
        "and sensitivity"
    ),
    "invariance_transfer": (
        "Sensitivity of {} to transformations, by the transformation of its training"
    ),
}


def caption(name: str, numbers: pd.DataFrame, description: dict) -> str:
    """A table's subject, the meaning of its words, its seeds, protocol and scale."""
    table = ARTEFACTS[name]
    study = table.study
    subject = SUBJECTS[study].format(NAMES.get(*2 * table.architectures))
    scale = scale_text({**description, "scale": {study: description["scale"][study]}})
    last = "The lowest value of a block is bold."
    if name == "tab1":
        last = PLACES[description["twin_placement"]]
    made_with = f" {description['made_with']}" if description.get("made_with") else ""
    return (
        f"{subject}. {KEYS[study]} {_over(name, numbers, description)}; "
        f"{protocol_text(description)}; {scale}; {description['run']}. {last}{made_with}"
    )


def _over(name: str, numbers: pd.DataFrame, description: dict) -> str:
    """The seeds or cells of the mean, and of the standard deviation if there is one."""
    seeds, cells = int(numbers.n_seeds.min()), int(numbers.n_cells.min())
    over = "one seed" if seeds == 1 else f"{seeds} seeds"
    if numbers[SPREADS[description["table_spread"]]].isna().all():
        return f"Mean over {over}" if seeds > 1 else "One seed, which has no standard deviation"
    if description["table_spread"] == "cells" and name != "tab1":
        over = f"all {cells} cells of seed and transformation, {over}"
    return f"Mean and standard deviation over {over}"


def markdown(name: str, numbers: pd.DataFrame, description: dict) -> str:
    """The table in Markdown, its caption above."""
    texts, bold = _grid(name, numbers, description["table_spread"], "±")
    texts = texts.where(~bold, "**" + texts + "**")
    heads = [*texts.index.names, *(" ".join(column) for column in _pairs(texts.columns))]
    lines = [heads, ["---"] * len(heads)]
    lines += [
        [*row, *values] for row, values in zip(_pairs(texts.index), texts.to_numpy(), strict=True)
    ]
    body = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"{caption(name, numbers, description)}\n\n{body}\n"


def latex(name: str, numbers: pd.DataFrame, description: dict) -> str:
    """The table in LaTeX; it needs the packages booktabs and multirow."""
    styled = _styled(name, numbers, description["table_spread"], r"$\pm$", "textbf:--rwrap;")
    text = styled.to_latex(
        hrules=True,
        clines="skip-last;data" if styled.data.index.nlevels > 1 else None,
        column_format="l" * (styled.data.index.nlevels + styled.data.shape[1]),
        multicol_align="c",
        multirow_align="t",
        position_float="centering",
        caption=caption(name, numbers, description).translate(ESCAPED),
        label=f"tab:{name.removeprefix('tab')}",
    )
    # Use rules of booktabs between blocks, and none above the last rule.
    text = re.sub(r"\\cline\{.*\}\n(?=\\bottomrule)", "", text)
    return re.sub(r"\\cline\{.*\}", r"\\midrule", text)


def html(name: str, numbers: pd.DataFrame, description: dict) -> str:
    """The table as a separate page."""
    styled = _styled(name, numbers, description["table_spread"], "±", "font-weight: bold;")
    return render(
        "table.html",
        links=Links(f"tables/{name}.html", ()),
        run=description["run"],
        name=name,
        number=ARTEFACTS[name].number,
        title=ARTEFACTS[name].title,
        body=styled.to_html(table_uuid=name),
        caption=caption(name, numbers, description),
    )


FORMATS = {".md": markdown, ".tex": latex, ".html": html}


def _grid(name: str, numbers: pd.DataFrame, spread: str, sign: str):
    """Texts and boldness of a table's cells, with the labels of its rows and columns."""
    text = numbers["mean"].map("{:.2f}".format)
    deviation = numbers[SPREADS[spread]]
    text += deviation.map(lambda value: f" {sign} {value:.2f}").where(deviation.notna(), "")
    cells = numbers.assign(text=text)
    if name == "tab1":
        index, columns = ["row"], ["block", "column"]
        cells["bold"] = False
        names = ["Pretrained on"]
    else:
        index, columns = ["block", "row"], ["column"]
        least = cells.groupby(["block", "column"], observed=True)["mean"].transform("min")
        cells["bold"] = cells["mean"] == least
        names = ["Trained on", "Transformation"]
    wide = cells.pivot(index=index, columns=columns, values=["text", "bold"])
    texts, bold = wide["text"].fillna(""), wide["bold"].fillna(False).astype(bool)
    for frame in (texts, bold):
        frame.index = _labelled(frame.index).set_names(names)
        frame.columns = _labelled(frame.columns).set_names([None] * frame.columns.nlevels)
    return texts, bold


def _labelled(index: pd.Index) -> pd.Index:
    rows = [tuple(LABELS[part] for part in pair) for pair in _pairs(index)]
    return pd.MultiIndex.from_tuples(rows) if index.nlevels > 1 else pd.Index([r[0] for r in rows])


def _pairs(index: pd.Index) -> list[tuple]:
    return [pair if isinstance(pair, tuple) else (pair,) for pair in index]


def _styled(name: str, numbers: pd.DataFrame, spread: str, sign: str, mark: str):
    texts, bold = _grid(name, numbers, spread, sign)
    marks = bold.map(lambda least: mark if least else "")
    return texts.style.apply(lambda _: marks, axis=None)
