"""Checks of a tidy table, so that its means are right: no value may be missing in any seed."""

import math

from invariance.records.required_measures import MAY_BE_UNDEFINED
from invariance.studies import STUDIES
from invariance.studies.stages import ON_REQUEST, STAGES
from transforms2d.errors import UserError

RESULT = ("method", "target", "change", "target_samples", "quantity")


def check_tidy(table, where) -> None:
    """Refuse a study's tidy table with missing values, which a mean would silently leave out.

    Parameters
    ----------
    table : pandas.DataFrame
        The result of ``results.collect``.
    where : path or str
        The start of the error.

    Raises
    ------
    UserError
        With the source record of a value that is not a finite number, or of a result that a model
        has in one seed and lacks in another.
    """
    import pandas as pd

    numbers = pd.to_numeric(table.value, errors="coerce")
    missing = table[~numbers.map(math.isfinite)]
    if len(missing):
        row = missing.iloc[0]
        raise _error(where, row, f"{row.quantity} is {row.value}, not a finite number")
    model = [name for name in table.columns if name not in (*RESULT, "seed", "value")]
    if not model:
        return
    by = [*model, *(name for name in RESULT if name in table.columns)]
    seeds = table.groupby(model, dropna=False).seed.transform("nunique")
    seeds_with_result = table.groupby(by, dropna=False).seed.transform("nunique")
    incomplete = table[(seeds_with_result < seeds) & ~table.quantity.isin(MAY_BE_UNDEFINED)]
    if len(incomplete):
        row = incomplete.iloc[0]
        model_rows = table[_equal(table, row, model)]
        has_result = _equal(model_rows, row, by)
        absent = sorted(set(model_rows.seed) - set(model_rows[has_result].seed))
        raise _error(where, row.where(row.index != "seed", absent[0]), f"lacks {row.quantity}")


def _equal(table, row, columns: list[str]):
    """Mask of the rows with the values of one row; missing values are equal."""
    values = table[columns]
    return ((values == row[columns]) | (values.isna() & row[columns].isna())).all(axis=1)


def _stage(study: str, method: str):
    """The stage of a study whose record has a method, or None.

    A method may have variants: ``fine_tuning_few`` is in the record of ``fine_tuning``. Records of
    measured networks have other methods.
    """
    names = (*STUDIES[study].stages, *ON_REQUEST) if study in STUDIES else ()
    stages = [STAGES[name] for name in ("pretrain", *names)]
    own = (one for one in stages if one.method and method.startswith(one.method))
    others = ("represent", *ON_REQUEST)
    return next(own, next((STAGES[name] for name in others if name in names), None))


def _error(where, row, fault: str) -> UserError:
    names = [name for name in RESULT[1:4] if name in row.index and row[name] == row[name]]
    result = "".join(f", {name} {row[name]}" for name in names)
    stage = _stage(row.get("study"), row.method)
    model, target = row.get("model", "?"), row.get("target", "?")
    pattern = stage.record.format(model=model, target=target) if stage else model
    record = f"{row.get('study', '?')}/{row.get('domain', '?')}/seed{row.seed}/{pattern}"
    return UserError(f"{where}: {fault}{result} ({record}); delete both and run the workflow again")
