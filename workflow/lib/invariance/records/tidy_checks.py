"""A tidy table whose means are means of what they say: no value missing, none of one seed alone."""

import math

from invariance.studies.stages import BY_METHOD
from transforms2d.errors import UserError

RESULT = ("method", "target", "change", "target_samples", "quantity")


def check_tidy(table, where) -> None:
    """Refuse a study's tidy table that lacks values which a mean would leave out without a word.

    Parameters
    ----------
    table : pandas.DataFrame
        As ``results.collect`` gives it.
    where : path or str
        What the error begins with.

    Raises
    ------
    UserError
        For a value that is no finite number, and for a result that a model has in one seed and
        lacks in another; with the record that it came from.
    """
    import pandas as pd

    numbers = pd.to_numeric(table.value, errors="coerce")
    missing = table[~numbers.map(math.isfinite)]
    if len(missing):
        row = missing.iloc[0]
        raise _refused(where, row, f"{row.quantity} is {row.value}, no finite number")
    model = [name for name in table.columns if name not in (*RESULT, "seed", "value")]
    if not model:
        return
    by = [*model, *(name for name in RESULT if name in table.columns)]
    seeds = table.groupby(model, dropna=False).seed.transform("nunique")
    there = table.groupby(by, dropna=False).seed.transform("nunique")
    uneven = table[there < seeds]
    if len(uneven):
        row = uneven.iloc[0]
        of_model = table[_equal(table, row, model)]
        has = _equal(of_model, row, by)
        absent = sorted(set(of_model.seed) - set(of_model[has].seed))
        raise _refused(where, row.where(row.index != "seed", absent[0]), f"lacks {row.quantity}")


def _equal(table, row, columns: list[str]):
    """Rows that have the values of one row, of which some may be missing."""
    kept = table[columns]
    return ((kept == row[columns]) | (kept.isna() & row[columns].isna())).all(axis=1)


def _refused(where, row, what: str) -> UserError:
    told = {name: row[name] for name in RESULT[1:4] if name in row.index and row[name] == row[name]}
    of = "".join(f", {name} {value}" for name, value in told.items())
    # A method may have kinds: ``fine_tuning_few`` is told by the record of ``fine_tuning``.
    stage = next((one for name, one in BY_METHOD.items() if row.method.startswith(name)), None)
    model, target = row.get("model", "?"), row.get("target", "?")
    pattern = stage.record.format(model=model, target=target) if stage else model
    record = f"{row.get('study', '?')}/{row.get('domain', '?')}/seed{row.seed}/{pattern}"
    return UserError(f"{where}: {what}{of} ({record}); delete both and run the workflow again")
