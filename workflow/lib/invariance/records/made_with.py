"""Whether results were made alike: by which versions of torch and of the workflow, on what devices.

Results of two versions or devices may differ in their last digits, so that a table of both is told.
"""

from collections.abc import Iterable, Mapping

WORDS = {"torch": "by torch {}", "devices": "on {}", "commits": "at commits {} of the workflow"}
SHOWN = 10  # signs of a commit


def made_with(records: Iterable[Mapping]) -> dict[str, list[str]]:
    """What all records were made with: ``torch``, ``devices`` and ``commits``, sorted, each once.

    A commit that was not clean ends with ``+changes``; where none is known, there is none.
    """
    jobs = [job for record in records for job in _jobs(record)]
    found = {
        "torch": (job.get("versions", {}).get("torch") for job in jobs),
        "devices": (job.get("device") for job in jobs),
        "commits": (_commit(job.get("workflow") or {}) for job in jobs),
    }
    return {name: sorted({str(one) for one in values if one}) for name, values in found.items()}


def together(several: Iterable[Mapping]) -> dict[str, list[str]]:
    """What several of ``made_with`` are together."""
    several = list(several)
    return {name: sorted({one for each in several for one in each[name]}) for name in WORDS}


def sentence(made: Mapping | None) -> str:
    """One sentence about what differs among the results; nothing where they were made alike."""
    if not made:
        return ""
    parts = [words.format(_and(made[name])) for name, words in WORDS.items() if len(made[name]) > 1]
    return f"The results behind this were not all made alike: {', '.join(parts)}." if parts else ""


def _jobs(record: Mapping) -> list[Mapping]:
    own = record.get("provenance") or {}
    return [own, own["features"]] if isinstance(own.get("features"), Mapping) else [own]


def _commit(workflow: Mapping) -> str:
    commit = str(workflow.get("commit") or "")[:SHOWN]
    return f"{commit}+changes" if commit and workflow.get("clean") is False else commit


def _and(names: list[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}"
