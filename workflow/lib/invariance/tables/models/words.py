"""Words that both tables of models share."""

from collections.abc import Iterable

import pandas as pd

from invariance.studies.labels import PLACES
from invariance.tables import cells


def study_labels(studies: Iterable[str]) -> dict[str, str]:
    """Labels of studies and of their domains."""
    return {**PLACES, **{one: one.replace("_", " ").capitalize() for one in studies}}


def caption_of(subject: str, numbers: pd.DataFrame, description: dict) -> str:
    """What a table shows, the number of seeds, and the run."""
    least, most = int(numbers.n_seeds.min()), int(numbers.n_seeds.max())
    over = f"{most} seed{'s' * (most > 1)}" if least == most else f"{least} to {most} seeds"
    studies = list(dict.fromkeys(numbers.study))
    run = cells.run_text(studies, description, "No value of it is published.")
    return f"{subject} {over[0].upper()}{over[1:]}; {run}"
