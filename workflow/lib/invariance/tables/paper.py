"""The cells and captions of tables 1 to 5, in the paper's words."""

import pandas as pd

from invariance.artefacts import ARTEFACTS
from invariance.config.run_description import protocol_text, scale_text
from invariance.studies.labels import LABELS as NAMES
from invariance.tables.layout import labelled
from invariance.tables.numbers import numbers

__all__ = ["caption", "grid", "numbers"]

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


def grid(
    name: str, numbers: pd.DataFrame, description: dict, latex: bool
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Texts and boldness of a table's cells, with the labels of its rows and columns."""
    sign = r"$\pm$" if latex else "±"
    text = numbers["mean"].map("{:.2f}".format)
    deviation = numbers[SPREADS[description["table_spread"]]]
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
        frame.index = labelled(frame.index, LABELS).set_names(names)
        frame.columns = labelled(frame.columns, LABELS).set_names([None] * frame.columns.nlevels)
    return texts, bold
