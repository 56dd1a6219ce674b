"""The table of a person's views: which pictures belong to which group. No picture is opened."""

import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from transforms2d.errors import UserError, quote

COLUMNS = ("group", "path", "factor")
ALL = "all"  # the factor of a table without this column


@dataclass(frozen=True)
class Row:
    """A line of a table: a picture, its group, and the factor that the group's views differ in."""

    group: str
    path: Path
    factor: str


def list_views(table) -> list[Row]:
    """The rows of a CSV file with columns ``group``, ``path`` and optionally ``factor``.

    No picture is opened, so this is fast.

    Parameters
    ----------
    table : path
        UTF-8. Paths are relative to its folder.

    Raises
    ------
    UserError
        One line, for the first of: a file that is missing or not a table, a column that is missing
        or unknown, an empty value, a picture that is missing or named twice in a group, a group
        with a single view.
    """
    table = Path(table)
    rows = []
    for line, values in _lines(table):
        path = table.parent / values["path"]
        if not _is_file(path):
            raise UserError(
                f"{table}, line {line}: no such picture: {quote(str(path))}; correct it"
            )
        rows.append(Row(values["group"], path, values.get("factor", ALL)))
    if not rows:
        raise UserError(f"{table}: no rows below its header; list the pictures of each group")
    times = Counter((row.factor, row.group, row.path.resolve()) for row in rows)
    for (_, group, path), count in times.items():
        if count > 1:
            raise UserError(
                f"{table}: group {quote(group)} names {quote(str(path))} {count} times; "
                "name it once"
            )
    for (factor, group), count in Counter((row.factor, row.group) for row in rows).items():
        if count < 2:
            where = "" if factor == ALL else f" of factor {quote(factor)}"
            raise UserError(
                f"{table}: group {quote(group)}{where} has a single view; give two or more"
            )
    return rows


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # too long a name, or a folder that others cannot enter
        return False


def _lines(table: Path):
    """Yield (number of the line, values by column), without empty lines."""
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            _check_columns(table, reader.fieldnames or [])
            for values in reader:
                if None in values or None in values.values():
                    raise UserError(
                        f"{table}, line {reader.line_num}: not {len(reader.fieldnames)} values; "
                        "quote a value that contains a comma"
                    )
                values = {key: value.strip() for key, value in values.items()}
                for key, value in values.items():
                    if not value:
                        raise UserError(f"{table}, line {reader.line_num}: no {key}; fill it in")
                yield reader.line_num, values
    except FileNotFoundError:
        raise UserError(f"{table}: no such file; correct its path") from None
    except OSError as error:
        raise UserError(f"{table}: not readable ({error.strerror}); correct it") from None
    except (UnicodeDecodeError, csv.Error) as error:
        fault = "not UTF-8" if isinstance(error, UnicodeDecodeError) else error
        raise UserError(f"{table}: not a CSV table ({fault}); save it as CSV in UTF-8") from None


def _check_columns(table: Path, columns) -> None:
    for name in COLUMNS[:2]:
        if name not in columns:
            raise UserError(
                f"{table}: no column {name!r}; its first line must be group,path,factor"
            )
    for name in columns:
        if name not in COLUMNS or columns.count(name) > 1:
            fault = "unknown" if name not in COLUMNS else "named twice"
            raise UserError(f"{table}: column {quote(name)} is {fault}; give group,path,factor")
