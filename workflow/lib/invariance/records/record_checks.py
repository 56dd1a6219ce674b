"""Checks of a record before its values are used: none may be missing or impossible."""

import sys
from collections.abc import Mapping

from invariance.records.required_results import names_of, required_results
from transforms2d.errors import UserError
from transforms2d.spec import SPLITS

CELL = {"study": str, "domain": str, "seed": int, "model": str}
TEXTS = ("method", "target", "change")  # optional keys of an evaluation
LARGEST = sys.float_info.max
COSTS = ("wall_seconds", "peak_memory_mb", "peak_gpu_memory_mb")


def check_record(path, record: Mapping) -> None:
    """Refuse a record with impossible values.

    Raises
    ------
    UserError
        With its path, if a key is missing or of the wrong type, counts are invalid, or a score is
        not a finite number.
    """
    _require(path, isinstance(record.get("method"), str), "method is not text")
    cell = record.get("cell")
    _require(path, isinstance(cell, Mapping), "'cell' is missing")
    for key, kind in CELL.items():
        _require(path, type(cell.get(key)) is kind, f"cell.{key} is {cell.get(key)!r}")
    for key, value in cell.items():
        is_plain = value is None or isinstance(value, str | int | float)
        _require(path, is_plain, f"cell.{key} is not a single value")
    evaluations = record.get("evaluations")
    is_filled = isinstance(evaluations, list) and evaluations
    _require(path, is_filled, "evaluations is not a list with entries")
    for number, evaluation in enumerate(evaluations):
        _check_evaluation(path, evaluation, f"evaluations.{number}")
    _check_provenance(path, record.get("provenance"), "provenance")


def _check_provenance(path, provenance, key: str) -> None:
    """Check the provenance of a job, and of the job before it if included; keys are optional."""
    if provenance is None:
        return
    _require(path, isinstance(provenance, Mapping), f"{key} is not a mapping")
    device = provenance.get("device", "")
    _require(path, isinstance(device, str), f"{key}.device is {device!r}")
    versions = provenance.get("versions", {})
    _require(path, isinstance(versions, Mapping), f"{key}.versions is not a mapping")
    workflow = provenance.get("workflow") or {}
    _require(path, isinstance(workflow, Mapping), f"{key}.workflow is not a mapping")
    for name in COSTS:
        value = provenance.get(name, 0)
        is_valid = _is_number(value) and value >= 0
        _require(path, is_valid, f"{key}.{name} is not a finite number >= 0")
    if "features" in provenance:
        _check_provenance(path, provenance["features"], f"{key}.features")


def _check_evaluation(path, evaluation, where: str) -> None:
    _require(path, isinstance(evaluation, Mapping), f"{where} is not a mapping")
    for key in TEXTS:
        text = evaluation.get(key, "")
        _require(path, isinstance(text, str), f"{where}.{key} is {text!r}")
    amount = evaluation.get("target_samples", 1)
    _require(path, _is_number(amount), f"{where}.target_samples is {amount!r}")
    if "scores" in evaluation:
        _check_scores(path, evaluation["scores"], f"{where}.scores")
    else:
        _check_counts(path, evaluation.get("counts"), f"{where}.counts")


def _check_scores(path, scores, where: str) -> None:
    _require(path, isinstance(scores, Mapping) and scores, f"{where} is not a mapping with entries")
    for name, value in scores.items():
        if value is None:
            raise UserError(
                f"{path}: {where}.{name} is undefined, for example because the model gives all "
                "images the same representation; train it with another learning_rate, or longer, "
                "and run the workflow again"
            )
        _require(path, _is_number(value), f"{where}.{name} is {value!r}, not a finite number")


def _check_counts(path, counts, where: str) -> None:
    _require(path, isinstance(counts, Mapping) and counts, f"{where} is not a mapping with entries")
    lengths = set()
    for split, split_counts in counts.items():
        place = f"{where}.{split}"
        is_split = split in SPLITS and isinstance(split_counts, Mapping)
        _require(path, is_split, f"{place} does not hold the counts of a split")
        correct, total = split_counts.get("correct"), split_counts.get("total")
        for name, values in (("correct", correct), ("total", total)):
            is_valid = isinstance(values, list) and all(type(v) is int and v >= 0 for v in values)
            _require(path, is_valid, f"{place}.{name} is not a list of whole numbers >= 0")
            lengths.add(len(values))
        _require(path, len(correct) == len(total), f"{place} has lists of different lengths")
        is_possible = all(c <= t for c, t in zip(correct, total, strict=True))
        _require(path, is_possible, f"{place} has a class with more correct images than images")
        _require(path, sum(total) > 0, f"{place} has no images")
    _require(path, len(lengths) == 1, f"{where}: splits have different numbers of classes")


def check_complete(path, record: Mapping, expected: Mapping) -> None:
    """Refuse a record with fewer or more results than its settings ask for.

    Parameters
    ----------
    record : mapping
        A record that ``check_record`` accepts.
    expected : mapping
        One of ``lineage.expected_records``.

    Raises
    ------
    UserError
        With its path and the first missing or superfluous result.
    """
    method, evaluations = record["method"], record["evaluations"]
    present = {names_of(one, method): (number, one) for number, one in enumerate(evaluations)}
    required = required_results(expected)
    for names, values in required:
        _require(path, names in present, f"has no result of {_words(names)}")
        number, evaluation = present[names]
        missing = set(values) - set(evaluation.get("scores", evaluation.get("counts")))
        _require(path, not missing, f"evaluations.{number} lacks {', '.join(sorted(missing))}")
    _require(path, len(evaluations) == len(required), "has more results than requested")


def _words(names: tuple) -> str:
    return ", ".join(str(name) for name in names if name is not None) or "its own task"


def _is_number(value) -> bool:
    # An integer of hundreds of digits would fail in later comparisons with floats.
    return type(value) in (int, float) and abs(value) <= LARGEST


def _require(path, is_met, fault: str) -> None:
    if not is_met:
        raise UserError(
            f"{path}: not a valid record: {fault}; delete it and run the workflow again"
        )
