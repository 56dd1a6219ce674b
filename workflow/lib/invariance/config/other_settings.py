"""Says when a folder of results was made with other settings than a run is about to use."""

from collections.abc import Mapping
from pathlib import Path

from invariance.config.run_description import NO_RESULT, VALUES_OF_FACTORS
from invariance.config.settings_files import read
from invariance.studies import STUDIES
from transforms2d.errors import UserError, quote

SHOWN = 3  # keys
# What changes no result, and what only asks for more or fewer of them.
OUTSIDE = ("results", "device", "resources")
NUMBERS = ("seeds", "published_seeds")


def note(config: Mapping) -> str | None:
    """One line on the settings that differ from those beside the results, or None if none do.

    Compared is what changes results of both: not the device, nor which studies, seeds and cells
    are asked for.

    Parameters
    ----------
    config : mapping
        The checked configuration of a run.
    """
    path = Path(config["results"], "config.yaml")
    if not path.is_file():
        return None
    try:
        there = _counted(read(path))
    except UserError:  # somebody wrote it by hand; it says nothing of the results
        return None
    here = _counted(config)
    differ = [key for key in here if key in there and here[key] != there[key]]
    # A key that one of them leaves out, within a part that both have: a fork set beside the preset.
    forks = {key for key in {**here, **there} if key.startswith(("protocol.", "base_", "natural_"))}
    differ += sorted(key for key in forks if (key in here) != (key in there))
    if not differ:
        return None
    shown = ", ".join(
        f"{key} {_said(there, key)} there and {_said(here, key)} now" for key in differ[:SHOWN]
    )
    more = f", and {len(differ) - SHOWN} more" if len(differ) > SHOWN else ""
    return (
        f"note: {config['results']} was made with other settings ({shown}{more}); what depends on "
        "them is made again in its place: to keep both, set results: to a folder of its own, as in "
        f"--config results={_own(config['results'])}"
    )


def _own(results: str) -> str:
    return f"{results}_2" if results != "results" else "results/mine"


def _said(settings: Mapping, key: str) -> str:
    return quote(settings[key])[:40] if key in settings else "not set"


def _counted(config: Mapping) -> dict[str, object]:
    """The settings that results follow from, by their dotted keys."""
    found: dict[str, object] = {}
    for section, value in config.items():
        if section == "studies":
            for name, study in (value or {}).items():
                known = STUDIES.get(name)
                chosen = (*NUMBERS, *(known.chooses_cells if known else ()))
                kept = {key: one for key, one in (study or {}).items() if key not in chosen}
                found |= _flat(kept, f"studies.{name}")
        elif section not in OUTSIDE:
            found |= _flat(value, section)
    return {
        key: value
        for key, value in found.items()
        if key not in NO_RESULT and not key.endswith(VALUES_OF_FACTORS)
    }


def _flat(value, key: str) -> dict[str, object]:
    if not isinstance(value, Mapping):
        return {key: value}
    found: dict[str, object] = {}
    for name, inner in value.items():
        found |= _flat(inner, f"{key}.{name}")
    return found
