"""Records of single jobs, and the tidy table of a study, which is made from them."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from invariance.records.accuracy import accuracy
from invariance.records.record_checks import check_complete, check_record
from invariance.records.tidy_checks import check_tidy
from transforms2d.errors import DamagedFileError, UserError
from transforms2d.files.atomic import atomic_path
from transforms2d.files.signed import check_same, read_signed_json, write_signed_json

QUANTITIES = {
    "test_accuracy": "test",
    "val_accuracy": "val",
    "train_accuracy": "train",
    "pooled_accuracy": "pooled",
    "pooled_macro_accuracy": "pooled_macro",
}
FIRST = ("study", "domain", "seed", "model")
LAST = ("method", "target", "change", "target_samples", "quantity", "value")


def write_record(path, *, method: str, cell: dict, evaluations: list[dict], **information) -> None:
    """Write the results of one job as JSON, atomically.

    Parameters
    ----------
    method : str
        ``pretraining``, ``linear_probe``, ``fine_tuning`` or ``sensitivity``; an evaluation may
        name another, such as ``fine_tuning_few``.
    cell : dict
        ``study``, ``domain``, ``seed``, ``model`` and the factors of the model.
    evaluations : list of dict
        Each has ``counts`` (correct and total, per class, of each split) or ``scores`` (one value
        per name), and keys that distinguish them: ``target`` (a task or a set of twins), ``change``
        (the difference between its twins), ``target_samples`` (number of target images that the
        transfer was trained on; a missing key means all of them).
    information : plain JSON values
        Settings, recipe versions, provenance.
    """
    record = {"method": method, "cell": cell, "evaluations": evaluations, **information}
    write_signed_json(path, record)


def read_record(path) -> dict:
    """Read a record of ``write_record``.

    Raises
    ------
    UserError
        With its path, if the record is missing or any of its values was changed.
    """
    return read_signed_json(path)


def read_expected(paths: Iterable, expected: Iterable[Mapping]) -> list[dict]:
    """Read records, and refuse a record of another job than expected.

    Parameters
    ----------
    expected : iterable of mapping
        Expected content, in the order of ``paths``: see ``lineage.expected_records``.

    Raises
    ------
    UserError
        With the path of a record that is damaged, lacks a key, or belongs to another job.
    """
    return [_checked(path, content) for path, content in zip(paths, expected, strict=True)]


def read_all(paths: Iterable) -> list[dict]:
    """Read records of any jobs; refuse records with impossible numbers."""
    records = [(path, read_record(path)) for path in paths]
    for path, record in records:
        check_record(path, record)
    return [record for _, record in records]


def _checked(path, expected: Mapping) -> dict:
    record = read_record(path)
    check_record(path, record)
    targets = {evaluation.get("target") for evaluation in record["evaluations"]}
    # Only a record of fine-tuning belongs to one target.
    target = ", ".join(map(str, sorted(targets, key=str))) if expected["target"] else None
    check_same(path, {**record, "target": target}, expected)
    check_complete(path, record, expected)
    return record


def collect(paths: Iterable, expected: Iterable[Mapping] | None = None):
    """Gather records into one tidy table: one row per (cell, method, target, quantity).

    Parameters
    ----------
    expected : iterable of mapping or None
        Expected content of each record, see ``read_expected``.

    Returns
    -------
    pandas.DataFrame sorted by its columns, so that the order of ``paths`` changes nothing.

    Raises
    ------
    UserError
        With the path of a record that is damaged, lacks a key, or belongs to another job.
    """
    return tidy(read_all(paths) if expected is None else read_expected(paths, expected))


def tidy(records: Iterable[Mapping]):
    """The tidy table of records from ``read_expected``; see ``collect``."""
    import pandas as pd

    rows = [row for record in records for row in _rows(record)]
    table = pd.DataFrame(rows)
    middle = [name for name in table.columns if name not in (*FIRST, *LAST)]
    columns = [name for name in (*FIRST, *middle, *LAST) if name in table.columns]
    return table[columns].sort_values(columns[:-1], kind="stable").reset_index(drop=True)


def write_results(path, table) -> None:
    """Write a tidy table as CSV and its SHA-256 in the format of ``sha256sum``, atomically."""
    path = Path(path)
    with atomic_path(path) as temporary:
        table.to_csv(temporary, index=False)
        digest = _sha256(temporary)
    with atomic_path(f"{path}.sha256") as temporary:
        temporary.write_text(f"{digest}  {path.name}\n", encoding="utf-8")


def read_results(path):
    """Read a tidy table of ``write_results`` as a pandas.DataFrame.

    Raises
    ------
    DamagedFileError
        If the table was changed.
    UserError
        If the table or one of its values is missing.
    """
    import pandas as pd

    path = Path(path)
    checksum = Path(f"{path}.sha256")
    if not checksum.is_file() or not path.is_file():
        raise UserError(f"{path}: it or its .sha256 is missing; make it with the workflow")
    if checksum.read_text(encoding="utf-8", errors="replace").split()[:1] != [_sha256(path)]:
        raise DamagedFileError(
            f"{path}: damaged: it does not match its .sha256; delete it and run the workflow again"
        )
    table = pd.read_csv(path)
    check_tidy(table, path)
    return table


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _rows(record: Mapping) -> list[dict]:
    return [
        {
            **record["cell"],
            "method": evaluation.get("method", record["method"]),
            **{key: evaluation[key] for key in LAST[1:4] if key in evaluation},
            "quantity": quantity,
            "value": value,
        }
        for evaluation in record["evaluations"]
        for quantity, value in _values(evaluation).items()
    ]


def _values(evaluation: dict) -> dict[str, float]:
    if "scores" in evaluation:
        return evaluation["scores"]
    counts = evaluation["counts"]
    return {
        quantity: accuracy(counts, definition)
        for quantity, definition in QUANTITIES.items()
        if definition in counts or (definition.startswith("pooled") and len(counts) == 3)
    }
