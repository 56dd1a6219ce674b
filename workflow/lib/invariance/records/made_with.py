"""Versions of torch and of the workflow, and devices, that results were made with.

Results of two versions or devices may differ in their last digits, so a table of both says so.
"""

from collections.abc import Iterable, Mapping

WORDS = {"torch": "by torch {}", "devices": "on {}", "commits": "at commits {} of the workflow"}
SHOWN = 10  # characters of a commit


def made_with(records: Iterable[Mapping]) -> dict[str, list[str]]:
    """The ``torch``, ``devices`` and ``commits`` of all records, sorted, without repetition.

    A commit with uncommitted changes ends with ``+changes``. Unknown commits are left out.
    """
    jobs = [job for record in records for job in _jobs(record)]
    all_values = {
        "torch": (job.get("versions", {}).get("torch") for job in jobs),
        "devices": (job.get("device") for job in jobs),
        "commits": (_commit(job.get("workflow") or {}) for job in jobs),
    }
    return {
        name: sorted({str(value) for value in values if value})
        for name, values in all_values.items()
    }


def together(parts: Iterable[Mapping]) -> dict[str, list[str]]:
    """The union of several results of ``made_with``."""
    parts = list(parts)
    return {name: sorted({value for part in parts for value in part[name]}) for name in WORDS}


def sentence(versions: Mapping | None) -> str:
    """One sentence on the versions and devices that differ among the results; else empty."""
    if not versions:
        return ""
    parts = [
        words.format(_and(versions[name]))
        for name, words in WORDS.items()
        if len(versions[name]) > 1
    ]
    if not parts:
        return ""
    return f"These results were not all made in the same way: {', '.join(parts)}."


def _jobs(record: Mapping) -> list[Mapping]:
    own = record.get("provenance") or {}
    return [own, own["features"]] if isinstance(own.get("features"), Mapping) else [own]


def _commit(workflow: Mapping) -> str:
    commit = str(workflow.get("commit") or "")[:SHOWN]
    return f"{commit}+changes" if commit and workflow.get("clean") is False else commit


def _and(names: list[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}"
