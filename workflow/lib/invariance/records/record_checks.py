"""What a record must hold, so that no value of it is missing or cannot be, before any is used."""

import sys
from collections.abc import Mapping

from transforms2d.errors import UserError
from transforms2d.spec import SPLITS

CELL = {"study": str, "domain": str, "seed": int, "model": str}
TEXTS = ("method", "target", "change")  # of an evaluation, which may lack them
LARGEST = sys.float_info.max
TOOK = ("wall_seconds", "peak_memory_mb", "peak_gpu_memory_mb")


def check_record(path, record: Mapping) -> None:
    """Refuse a record whose numbers cannot be.

    Raises
    ------
    UserError
        By its path: a key is missing or of the wrong kind, counts are no counts, or a score is not
        a finite number.
    """
    _require(path, isinstance(record.get("method"), str), "method is no text")
    cell = record.get("cell")
    _require(path, isinstance(cell, Mapping), "lacks 'cell'")
    for key, kind in CELL.items():
        _require(path, type(cell.get(key)) is kind, f"cell.{key} is {cell.get(key)!r}")
    for key, value in cell.items():
        plain = value is None or isinstance(value, str | int | float)
        _require(path, plain, f"cell.{key} is no single value")
    evaluations = record.get("evaluations")
    _require(path, isinstance(evaluations, list) and evaluations, "evaluations is no list of some")
    for number, evaluation in enumerate(evaluations):
        _check_evaluation(path, evaluation, f"evaluations.{number}")
    _check_provenance(path, record.get("provenance"), "provenance")


def _check_provenance(path, told, where: str) -> None:
    """Of a job, and of the one before it that it tells of; both may leave keys out."""
    if told is None:
        return
    _require(path, isinstance(told, Mapping), f"{where} is no mapping")
    device = told.get("device", "")
    _require(path, isinstance(device, str), f"{where}.device is {device!r}")
    _require(path, isinstance(told.get("versions", {}), Mapping), f"{where}.versions is no mapping")
    workflow = told.get("workflow") or {}
    _require(path, isinstance(workflow, Mapping), f"{where}.workflow is no mapping")
    for key in TOOK:
        value = told.get(key, 0)
        fits = _is_number(value) and value >= 0
        _require(path, fits, f"{where}.{key} is no finite number >= 0")
    if "features" in told:
        _check_provenance(path, told["features"], f"{where}.features")


def _check_evaluation(path, evaluation, where: str) -> None:
    _require(path, isinstance(evaluation, Mapping), f"{where} is no mapping")
    for key in TEXTS:
        told = evaluation.get(key, "")
        _require(path, isinstance(told, str), f"{where}.{key} is {told!r}")
    amount = evaluation.get("target_samples", 1)
    _require(path, _is_number(amount), f"{where}.target_samples is {amount!r}")
    if "scores" in evaluation:
        _check_scores(path, evaluation["scores"], f"{where}.scores")
    else:
        _check_counts(path, evaluation.get("counts"), f"{where}.counts")


def _check_scores(path, scores, where: str) -> None:
    _require(path, isinstance(scores, Mapping) and scores, f"{where} is no mapping of some")
    for name, value in scores.items():
        if value is None:
            raise UserError(
                f"{path}: {where}.{name} is undefined, as for a model that gives all images one "
                "representation; train it with another learning_rate, or longer, and run the "
                "workflow again"
            )
        _require(path, _is_number(value), f"{where}.{name} is {value!r}, no finite number")


def _check_counts(path, counts, where: str) -> None:
    _require(path, isinstance(counts, Mapping) and counts, f"{where} is no mapping of some")
    lengths = set()
    for split, one in counts.items():
        place = f"{where}.{split}"
        _require(
            path, split in SPLITS and isinstance(one, Mapping), f"{place} is no split's counts"
        )
        correct, total = one.get("correct"), one.get("total")
        for name, values in (("correct", correct), ("total", total)):
            whole = isinstance(values, list) and all(type(v) is int and v >= 0 for v in values)
            _require(path, whole, f"{place}.{name} is no list of whole numbers >= 0")
            lengths.add(len(values))
        _require(path, len(correct) == len(total), f"{place} has other numbers of classes")
        fits = all(c <= t for c, t in zip(correct, total, strict=True))
        _require(path, fits, f"{place} has a class with more correct images than images")
        _require(path, sum(total) > 0, f"{place} has no images")
    _require(path, len(lengths) == 1, f"{where}: splits have different numbers of classes")


def check_complete(path, record: Mapping, wanted: Mapping) -> None:
    """Refuse a record that lacks a result, or has one more, than its settings ask for.

    Parameters
    ----------
    record : mapping
        Of ``check_record``.
    wanted : mapping
        One of ``lineage.expected_records``.

    Raises
    ------
    UserError
        By its path, with the first result that is missing or too many.
    """
    found = [_names(one) for one in record["evaluations"]]
    asked = _asked(wanted)
    for names in asked:
        _require(path, names in found, f"has no result of {_words(names)}")
    _require(path, len(found) == len(asked), "has more results than were asked for")
    for number, one in enumerate(record["evaluations"]):
        values = one.get("scores", one.get("counts"))
        missing = set(_values(wanted)) - set(values)
        _require(path, not missing, f"evaluations.{number} lacks {', '.join(sorted(missing))}")


def _names(evaluation: Mapping) -> tuple:
    return tuple(evaluation.get(key) for key in ("target", "change", "target_samples"))


def _asked(wanted: Mapping) -> list[tuple]:
    """Target, change and amount of target images of every result that a record must hold."""
    stages = {stage: one["settings"] for stage, one in wanted["stages"].items()}
    if wanted["method"] == "sensitivity":
        sets = stages["sensitivity"]["sets"]
        return [(name, change, None) for name, one in sets.items() for change in one["changes"]]
    if wanted["method"] == "fine_tuning":
        return [(wanted["target"], None, one["samples"]) for one in stages["fine_tune"]]
    if wanted["method"] == "linear_probe":
        _, *targets = stages["dataset"]
        amounts = (None, *stages["linear_probe"].get("samples", ()))
        return [(target, None, amount) for target in targets for amount in amounts]
    return [(None, None, None)]


def _values(wanted: Mapping) -> tuple[str, ...]:
    """Names of the scores, or the splits, that each result must have."""
    if wanted["method"] == "sensitivity":
        return tuple(wanted["stages"]["sensitivity"]["settings"]["metrics"])
    return SPLITS[:2] if wanted["method"] == "pretraining" else SPLITS


def _words(names: tuple) -> str:
    return ", ".join(str(name) for name in names if name is not None) or "its own task"


def _is_number(value) -> bool:
    # An integer of hundreds of digits is no number of ours, and too large to be compared with one.
    return type(value) in (int, float) and abs(value) <= LARGEST


def _require(path, fits, what: str) -> None:
    if not fits:
        raise UserError(f"{path}: no record of ours: {what}; delete it and run the workflow again")
