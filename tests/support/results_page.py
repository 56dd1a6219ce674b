"""What docs/results.md tells of the tables of results: the test of a finished run compares."""

import re
from fnmatch import fnmatch

import pandas as pd
from support.project import REPOSITORY

PAGE = REPOSITORY / "docs/results.md"
TRAINING = ("<study>/<domain>/seed<k>/pretrain/<model>/metrics.jsonl",)
ROWS = r"^\| {} \|.*\n\|[-| ]+\n((?:\|.*\n?)+)"  # of the table whose first column has this header


def columns() -> dict[tuple[str, ...], dict[str, list[str]]]:
    """Kinds of values and when there is none, by column, by the files in a section's heading."""
    found = {}
    for section in _text().split("\n## ")[1:]:
        heading, _, text = section.partition("\n")
        files = tuple(re.findall(r"`([^`]+)`", heading))
        if files:
            rows = _rows(text, "column")
            found[files] = {row[0]: row[2:] for row in rows}
            assert len(rows) == len(found[files]), f"{heading}: a column has two rows"
    return found


def named(what: str) -> set[str]:
    """What the page lists in its table of quantities or methods."""
    return {row[0] for row in _rows(_text(), what)}


def is_of(path: str, files: tuple[str, ...]) -> bool:
    """Whether a heading names the file; parts in angle brackets stand for any name."""
    return any(fnmatch(path, re.sub(r"<\w+>", "*", name)) for name in files)


def check_values(column: pd.Series, values: str, empty: str, where: str) -> None:
    """Whether the values of a column are of the kind that the page tells, and none is missing."""
    assert empty != "never" or column.notna().all(), f"{where}: empty"
    column = column.dropna()
    if values.startswith(("whole", "number", "share")) and len(column):
        column = pd.to_numeric(column)
    if values.startswith("whole"):
        assert (column % 1 == 0).all(), f"{where}: not whole"
    if values.startswith("share"):
        assert column.between(0, 1).all(), f"{where}: no share"
    if values.startswith("true/false"):
        assert set(column.astype(str)) <= {"True", "False"}, f"{where}: not true or false"


def _text() -> str:
    return PAGE.read_text(encoding="utf-8")


def _rows(text: str, header: str) -> list[list[str]]:
    """The cells of a table, the first without its backticks."""
    (rows,) = re.findall(ROWS.format(header), text, re.MULTILINE)
    return [
        [cell.strip().strip("`") for cell in row.strip("|").split(" | ")]
        for row in rows.splitlines()
    ]
