"""A description of a run: its protocol, seeds and sources, and whether it has the paper's scale.

A run has the paper's scale if the settings of its amount of data and training equal those of
``config/paper_scale.yaml``: image size, objects, backgrounds, photographs as the source, network
sizes, epochs, batches, learning rates, precision, samples, classes, transformations, pairs, and at
least the paper's seeds. Not counted are keys that change no result (device, memory format), the
protocol (every page names it), and keys that only select some of the paper's cells: domains,
architectures, values of factors, nested sets.

Parsing the workflow reads this module, so it imports nothing heavy. The paper's scale is a separate
file, so that the difference is also noticed after a change of ``config/config.yaml`` itself.
"""

from invariance.config.results_folder import public_name
from invariance.studies import STUDIES
from invariance.studies.labels import listed
from invariance.studies.protocol import resolve

SOURCES = {
    "procedural": "drawings that stand in for {}",
    "folder": "{} from a folder",
    "huggingface": "{} from the Hugging Face Hub",
    "torchvision": "{} from its authors",
}
PICTURES = {
    "base_images": "photographed objects and backgrounds",
    "cifar10": "CIFAR-10",
    "cifar100": "CIFAR-100",
}

SECTIONS = ("image_size", "pretraining", "linear_probe", "fine_tuning", "sensitivity")
NO_RESULT = {"pretraining.channels_last", "pretraining.compile", "sensitivity.metrics"}
VALUES_OF_FACTORS = (".pretraining_samples", ".target_samples")  # of a domain of study 1
PROTOTYPES = ("objects", "backgrounds", "prototypes")


def scale(config: dict) -> dict[str, object]:
    """Every setting that determines the scale of a run, by its dotted key."""
    settings_by_key = {
        key: value for section in SECTIONS for key, value in _flat(config[section], section)
    }
    settings_by_key = {key: value for key, value in settings_by_key.items() if key not in NO_RESULT}
    base = config["base_images"]
    settings_by_key["base_images.source"] = _source(base)
    settings_by_key |= {f"base_images.{key}": base[key] for key in PROTOTYPES}
    for name, natural in config["natural_images"].items():
        settings_by_key[f"natural_images.{name}.source"] = _source(natural)
    for name, settings in config["studies"].items():
        skipped = ("published_seeds", *STUDIES[name].chooses_cells)
        counted = {key: value for key, value in settings.items() if key not in skipped}
        settings_by_key |= {
            key: value
            for key, value in _flat(counted, f"studies.{name}")
            if not key.endswith(VALUES_OF_FACTORS)
        }
    return settings_by_key


def differences(config: dict, paper: dict) -> dict[str, tuple]:
    """The keys of the scale that differ from the paper's, with (value here, value in the paper)."""
    here = scale(config)
    studies = tuple(f"studies.{name}." for name in config["studies"])
    keys = [key for key in paper if not key.startswith("studies.") or key.startswith(studies)]
    return {
        key: (here.get(key), paper.get(key))
        for key in dict.fromkeys([*keys, *here])
        if not _reaches(key, here.get(key), paper.get(key))
    }


def describe(config: dict, paper: dict) -> dict:
    """The description of a run in tables and the scorecard, as plain values.

    Parameters
    ----------
    config : dict
        The merged configuration.
    paper : dict
        The content of ``config/paper_scale.yaml``.

    Returns
    -------
    dict with ``run`` (its folder, see ``results_folder.public_name``), ``preset``, ``switches``
    (those that differ from the preset), ``accuracy``, ``table_spread`` and ``twin_placement``
    (switches), ``seeds`` (one number per study), ``sources``, ``scale`` (``paper`` or ``reduced``
    per study) and ``differences`` (one text per key).
    """
    switches, preset = resolve(config["protocol"]), config["protocol"]["preset"]
    defaults = resolve({"preset": preset})
    differing = differences(config, paper)
    return {
        "run": public_name(config["results"]),
        "preset": preset,
        "switches": {key: value for key, value in switches.items() if value != defaults[key]},
        "accuracy": switches["accuracy"],
        "table_spread": switches["table_spread"],
        "twin_placement": switches["twin_placement"],
        "seeds": {name: settings["seeds"] for name, settings in config["studies"].items()},
        "sources": {
            "base_images": config["base_images"]["source"],
            **{name: one["source"] for name, one in config["natural_images"].items()},
        },
        "scale": {
            name: "reduced" if any(_concerns(key, name) for key in differing) else "paper"
            for name in config["studies"]
        },
        "differences": [f"{key} {here}, not {there}" for key, (here, there) in differing.items()],
    }


def protocol_text(description: dict) -> str:
    """The preset, and the switches that differ from it."""
    beside = ", ".join(f"{key}={value}" for key, value in description["switches"].items())
    return f"protocol {description['preset']}" + (f" with {beside}" if beside else "")


def sources_text(sources: dict[str, str]) -> str:
    """Where the images of each kind come from, in words."""
    by_source: dict[str, list[str]] = {}
    for what, how in sources.items():
        by_source.setdefault(how, []).append(PICTURES[what])
    parts = (SOURCES[how].format(listed(what)) for how, what in by_source.items())
    return "; ".join(parts)


def seeds_text(seeds: dict) -> str:
    """The number of seeds, or its range if studies have different numbers."""
    least, most = min(seeds.values()), max(seeds.values())
    if least < most:
        return f"{least} to {most} seeds"
    return f"{least} seed{'s' * (least != 1)}"


def scale_text(description: dict) -> str:
    """Whether the run has the paper's scale, for all its studies together."""
    reduced = [name for name, scale in description["scale"].items() if scale == "reduced"]
    if not reduced:
        return "the paper's scale"
    words = "reduced scale" if len(reduced) == len(description["scale"]) else "partly reduced scale"
    return f"{words}, not the paper's ({len(description['differences'])} settings differ)"


def _flat(value, key: str):
    if not isinstance(value, dict):
        yield key, value
        return
    for name, inner in value.items():
        yield from _flat(inner, f"{key}.{name}")


def _source(settings: dict) -> str:
    return "drawings" if settings["source"] == "procedural" else "photographs"


def _reaches(key: str, here, there) -> bool:
    if key.endswith(".seeds") and here is not None and there is not None:
        return here >= there
    return here == there


def _concerns(key: str, study: str) -> bool:
    return not key.startswith("studies.") or key.startswith(f"studies.{study}.")
