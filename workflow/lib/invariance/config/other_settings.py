"""A note for a person whose folder of results was made with other settings than the new run."""

from collections.abc import Mapping
from pathlib import Path

from invariance.config.run_description import NO_RESULT, VALUES_OF_FACTORS
from invariance.config.settings_files import read
from invariance.studies import STUDIES
from transforms2d.errors import UserError, quote

SHOWN = 3  # keys
# Settings that change no result, and settings that only change the number of results.
OUTSIDE = ("results", "device", "resources")
NUMBERS = ("seeds", "published_seeds")


def note(config: Mapping) -> str | None:
    """One line on the settings that differ from those beside the results, or None.

    Only settings that change results of both are compared: not the device, nor the selection of
    studies, seeds and cells.

    Parameters
    ----------
    config : mapping
        The checked configuration of a run.
    """
    path = Path(config["results"], "config.yaml")
    if not path.is_file():
        return None
    try:
        old = _result_settings(read(path))
    except UserError:  # written by hand; the settings of the results are unknown
        return None
    new = _result_settings(config)
    differ = [key for key in new if key in old and new[key] != old[key]]
    # Optional keys in a section that both have, such as a fork set beside the preset.
    forks = {key for key in {**new, **old} if key.startswith(("protocol.", "base_", "natural_"))}
    differ += sorted(key for key in forks if (key in new) != (key in old))
    if not differ:
        return None
    examples = ", ".join(
        f"{key}: {_value(old, key)} there, {_value(new, key)} now" for key in differ[:SHOWN]
    )
    more = f", and {len(differ) - SHOWN} more" if len(differ) > SHOWN else ""
    return (
        f"note: {config['results']} was made with other settings ({examples}{more}); results that "
        "depend on them are made again and replaced: to keep both, set results: to another folder, "
        f"as in --config results={_other_folder(config['results'])}"
    )


def _other_folder(results: str) -> str:
    return f"{results}_2" if results != "results" else "results/mine"


def _value(settings: Mapping, key: str) -> str:
    return quote(settings[key])[:40] if key in settings else "not set"


def _result_settings(config: Mapping) -> dict[str, object]:
    """The settings that results depend on, by their dotted keys."""
    settings: dict[str, object] = {}
    for section, value in config.items():
        if section == "studies":
            for name, study in (value or {}).items():
                study_class = STUDIES.get(name)
                skipped = (*NUMBERS, *(study_class.chooses_cells if study_class else ()))
                kept = {key: inner for key, inner in (study or {}).items() if key not in skipped}
                settings |= _flat(kept, f"studies.{name}")
        elif section not in OUTSIDE:
            settings |= _flat(value, section)
    return {
        key: value
        for key, value in settings.items()
        if key not in NO_RESULT and not key.endswith(VALUES_OF_FACTORS)
    }


def _flat(value, key: str) -> dict[str, object]:
    if not isinstance(value, Mapping):
        return {key: value}
    flat: dict[str, object] = {}
    for name, inner in value.items():
        flat |= _flat(inner, f"{key}.{name}")
    return flat
