"""Files of masks: which source classes each network sees."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from transforms2d.errors import DamagedFileError, UserError
from transforms2d.files.atomic import atomic_path

FIRST = ("row", "seed")  # columns before those of the classes


@dataclass(frozen=True)
class Planned:
    """The networks of one job.

    Attributes
    ----------
    rows : int64 [m]
        Their numbers in the whole list of masks.
    seeds : int64 [m]
        A seed for each network's initial weights and batches.
    masks : uint8 [m, K]
        1 where a network sees a class, else 0.
    class_names : tuple of str
        Of the K source classes.
    """

    rows: np.ndarray
    seeds: np.ndarray
    masks: np.ndarray
    class_names: tuple[str, ...]


def check(masks: np.ndarray, rows: np.ndarray | None = None) -> None:
    """Refuse masks other than 0 and 1 in [m, K], and a row without a class.

    ``rows``: their numbers in errors, by default from 0.
    """
    if masks.ndim != 2 or not np.isin(masks, (0, 1)).all():
        raise UserError(f"masks: {masks.dtype} {list(masks.shape)} given; give 0 and 1 in [m, K]")
    empty = np.flatnonzero(masks.sum(axis=1) == 0)
    if len(empty):
        row = empty[0] if rows is None else rows[empty[0]]
        raise UserError(f"masks: row {row} has no class to train on; give each row at least one")


def write(path, planned: Planned) -> None:
    """Write a CSV: ``row``, ``seed``, and a column of 0 and 1 per class, under its name."""
    with atomic_path(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow([*FIRST, *planned.class_names])
        for row, seed, mask in zip(planned.rows, planned.seeds, planned.masks, strict=True):
            table.writerow([int(row), int(seed), *mask.tolist()])


def read(path, class_names: Sequence[str] | None = None) -> Planned:
    """Read a file of ``write``.

    Parameters
    ----------
    class_names : sequence of str or None
        The source classes that the file must have, in order.

    Raises
    ------
    DamagedFileError
        If the file holds no masks.
    UserError
        If it is missing, or has other classes.
    """
    try:
        with Path(path).open(newline="", encoding="utf-8") as file:
            first, *lines = csv.reader(file)
        values = np.array([[int(value) for value in line] for line in lines], dtype=np.int64)
        if tuple(first[:2]) != FIRST or values.shape[1] != len(first):
            raise ValueError("other columns")
        check(values[:, 2:], values[:, 0])
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; make it with the workflow") from None
    except (ValueError, IndexError, OverflowError) as error:
        raise DamagedFileError(
            f"{path}: damaged: not readable as masks ({error}); delete it and run the workflow "
            "again"
        ) from None
    names = tuple(first[2:])
    if class_names is not None and names != tuple(class_names):
        raise UserError(
            f"{path}: made for other source classes; delete it and run the workflow again"
        )
    return Planned(values[:, 0], values[:, 1], values[:, 2:].astype(np.uint8), names)
