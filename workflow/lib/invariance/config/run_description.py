"""What a run is: its protocol, seeds and sources, and whether it has the paper's scale.

A run has the paper's scale if nothing that sets how much is trained, on what, and how often
differs from ``config/paper_scale.yaml``: image size, objects, backgrounds, photographs as the
source, network sizes, epochs, batches, learning rates, precision, samples, classes,
transformations, pairs, and at least the paper's seeds. Not counted are keys that change no result
(device, memory format), the protocol (a run says which it follows), and keys that only choose
which of the paper's cells are run: domains, architectures, values of factors, nested sets.

Parsing the workflow reads this module, so it imports nothing heavy. The paper's scale is a file
of its own, so that whoever edits ``config/config.yaml`` itself is told of the difference too.
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
    """Every setting that makes the scale of a run, by its dotted key."""
    found = {key: value for section in SECTIONS for key, value in _flat(config[section], section)}
    found = {key: value for key, value in found.items() if key not in NO_RESULT}
    base = config["base_images"]
    found["base_images.source"] = _source(base)
    found |= {f"base_images.{key}": base[key] for key in PROTOTYPES}
    for name, natural in config["natural_images"].items():
        found[f"natural_images.{name}.source"] = _source(natural)
    for name, settings in config["studies"].items():
        skipped = ("published_seeds", *STUDIES[name].chooses_cells)
        counted = {key: value for key, value in settings.items() if key not in skipped}
        found |= {
            key: value
            for key, value in _flat(counted, f"studies.{name}")
            if not key.endswith(VALUES_OF_FACTORS)
        }
    return found


def differences(config: dict, paper: dict) -> dict[str, tuple]:
    """Keys in which the scale of a run differs from the paper's: (here, in the paper)."""
    here = scale(config)
    studies = tuple(f"studies.{name}." for name in config["studies"])
    keys = [key for key in paper if not key.startswith("studies.") or key.startswith(studies)]
    return {
        key: (here.get(key), paper.get(key))
        for key in dict.fromkeys([*keys, *here])
        if not _reaches(key, here.get(key), paper.get(key))
    }


def describe(config: dict, paper: dict) -> dict:
    """What every table and scorecard says about its run, as plain values.

    Parameters
    ----------
    config : dict
        The merged configuration.
    paper : dict
        The content of ``config/paper_scale.yaml``.

    Returns
    -------
    dict with ``run`` (its folder, see ``results_folder.public_name``), ``preset``, ``switches``
    (those set beside the preset), ``accuracy`` and ``table_spread`` (switches), ``seeds`` (a number
    a study), ``sources``, ``scale`` (``paper`` or ``reduced``, a study) and ``differences`` (one
    text a key).
    """
    switches, preset = resolve(config["protocol"]), config["protocol"]["preset"]
    usual = resolve({"preset": preset})
    found = differences(config, paper)
    return {
        "run": public_name(config["results"]),
        "preset": preset,
        "switches": {key: value for key, value in switches.items() if value != usual[key]},
        "accuracy": switches["accuracy"],
        "table_spread": switches["table_spread"],
        "seeds": {name: settings["seeds"] for name, settings in config["studies"].items()},
        "sources": {
            "base_images": config["base_images"]["source"],
            **{name: one["source"] for name, one in config["natural_images"].items()},
        },
        "scale": {
            name: "reduced" if any(_concerns(key, name) for key in found) else "paper"
            for name in config["studies"]
        },
        "differences": [f"{key} {here}, not {there}" for key, (here, there) in found.items()],
    }


def protocol_text(about: dict) -> str:
    """The preset, and the switches set beside it."""
    beside = ", ".join(f"{key}={value}" for key, value in about["switches"].items())
    return f"protocol {about['preset']}" + (f" with {beside}" if beside else "")


def sources_text(sources: dict[str, str]) -> str:
    """Where the images of each kind come from, in words."""
    by_source: dict[str, list[str]] = {}
    for what, how in sources.items():
        by_source.setdefault(how, []).append(PICTURES[what])
    parts = (SOURCES[how].format(listed(what)) for how, what in by_source.items())
    return "; ".join(parts)


def seeds_text(seeds: dict) -> str:
    """The number of seeds, or from which to which where studies have different numbers."""
    least, most = min(seeds.values()), max(seeds.values())
    if least < most:
        return f"{least} to {most} seeds"
    return f"{least} seed{'s' * (least != 1)}"


def scale_text(about: dict) -> str:
    """Whether the run has the paper's scale, for all of its studies together."""
    reduced = [name for name, scale in about["scale"].items() if scale == "reduced"]
    if not reduced:
        return "the paper's scale"
    what = "reduced scale" if len(reduced) == len(about["scale"]) else "partly reduced scale"
    return f"{what}, not the paper's ({len(about['differences'])} settings differ)"


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
