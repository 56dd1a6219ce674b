"""What the caption of a figure is told, in words, of what the figure shows.

The captions are ``workflow/report/<module>.rst``; parsing the workflow reads this module.
"""

from invariance.artefacts import SCORED, Artefact
from invariance.config.run_description import protocol_text
from invariance.figures import intervals
from invariance.studies.labels import LABELS, TRAINED_ON, amount, listed
from invariance.studies.vs_factors.models import FACTORS, TARGET_SAMPLES, varied

ACCURACY = {
    "test": "Accuracy: top-1 on the test split.",
    "pooled_macro": (
        "Accuracy: pooled over all splits, averaged over classes, as in the published numbers."
    ),
}
ELSEWHERE = ("accuracy", "table_spread")  # switches that a sentence of its own or a table tells of
SCALE = {"paper": "the paper's scale", "reduced": "reduced scale, not the paper's"}
# What intervals are drawn as; figures of other modules have none.
MARKS = {"factors": "bands", "mismatch": "bands", "sweeps": "bands", "differences": "black lines"}
SOURCES = {"base_images": "Transforms-2D", "cifar10": "CIFAR-10", "cifar100": "CIFAR-100"}
# What the models of figure 1 are pretrained on, by how their classes relate to the target's.
OBJECTS = {
    "disjoint": "on other objects than the target's",
    "same": "on the target's objects",
    "subset": "on some of the target's objects",
    "superset": "on the target's objects and others",
}


def told(figure: Artefact, study, about: dict) -> dict[str, str | bool]:
    """What a figure's caption says of this result, by the names that the caption uses.

    Parameters
    ----------
    figure : Artefact
        As ``artefacts.available`` gives it.
    study : Study
        That it is drawn from.
    about : dict
        As ``run_description.describe`` gives it.
    """
    return {**OF_MODULE[figure.module](figure, study), "how": how(figure, study, about)}


def how(figure: Artefact, study, about: dict) -> str:
    """Seeds and intervals, which accuracy, protocol, scale, and images that are drawings."""
    seeds, marks = len(study.seeds), MARKS.get(figure.module)
    mean = "One seed." if seeds == 1 else f"Mean over {seeds} seeds."
    parts = [
        intervals.sentence(seeds, marks) if marks else mean,
        "" if figure.methods == SCORED else ACCURACY[about["accuracy"]],
        f"{_protocol(about)}; {SCALE[about['scale'][study.name]]}.",
        drawings(about["sources"], _sources(figure, study)),
    ]
    return " ".join(filter(None, parts))


def _protocol(about: dict) -> str:
    """The preset and what is set beside it, but for what only accuracies or tables follow from."""
    switches = {key: value for key, value in about["switches"].items() if key not in ELSEWHERE}
    return protocol_text({**about, "switches": switches}).capitalize()


def of_picture(picture: Artefact, study, about: dict) -> dict[str, str]:
    """What the caption of a picture of the data says; ``study`` is None where it has none."""
    parts = [f"{_protocol(about)}.", drawings(about["sources"], picture.images)]
    said = {"how": " ".join(filter(None, parts))}
    if study:
        said["objects"] = OBJECTS[study.defaults("t2d")["class_relationship"]]
    return said


def drawings(sources: dict, shown) -> str:
    """A sentence on the images that are shown and are no photographs; nothing if all are."""
    drawn = [SOURCES[name] for name in shown if sources[name] == "procedural"]
    if not drawn:
        return ""
    return f"Drawings stand in for the photographs of {listed(drawn)}."


def _sources(figure: Artefact, study) -> list[str]:
    """Which of ``SOURCES`` a figure's results come from."""
    if figure.module == "sweeps":
        return ["base_images", "cifar10"]
    if figure.module == "heatmaps":
        return ["base_images"] if figure.part == "image" else []
    domains = figure.domains or study.domains
    return ["base_images" if domain == "t2d" else domain for domain in domains]


def _transfer(figure: Artefact, study) -> str:
    if figure.methods == ("linear_probe",):
        return "of linear probes"
    amounts: dict[str, list[str]] = {}
    for domain in figure.domains or study.domains:
        samples = study.settings["sizes"][domain]["fine_tuning_samples"][figure.part]
        amounts.setdefault(amount(samples), []).append(LABELS[domain])
    if figure.domains:
        return f"after full fine-tuning on {listed(amounts)}"
    return "after full fine-tuning on " + listed(
        [f"{samples} ({listed(domains)})" for samples, domains in amounts.items()]
    )


def _factors(figure: Artefact, study) -> dict:
    (domain,) = figure.domains
    counts = {f: len(study.values(f, domain)) for f in (*FACTORS, TARGET_SAMPLES)}
    panels = varied(counts)
    return {
        "domain": LABELS[domain],
        "transfer": _transfer(figure, study),
        "panels": listed([_small(factor) for factor in panels if factor != TARGET_SAMPLES] or [""]),
        "target_samples": TARGET_SAMPLES in panels,
        "tuned": figure.methods != ("linear_probe",),
        "defaults": _defaults(study, domain),
    }


def _defaults(study, domain: str) -> str:
    fixed = study.defaults(domain)
    images = f"{fixed['pretraining_samples']:,} images" + " per class" * (domain != "t2d")
    network = LABELS[fixed["architecture"]]
    return f"{fixed['class_relationship']} classes, {network}, {images}"


def _differences(figure: Artefact, study) -> dict:
    several = [
        factor
        for factor in FACTORS
        if any(len(study.values(factor, domain)) > 1 for domain in study.domains)
    ]
    return {
        "domains": listed([LABELS[domain] for domain in study.domains]),
        "factors": listed([_small(factor) for factor in several]),
        "t2d": "t2d" in study.domains,
        "transfer": _transfer(figure, study),
    }


def _mismatch(figure: Artefact, study) -> dict:
    names = listed([LABELS[network] for network in figure.architectures])
    return {"networks": names}


def _heatmaps(figure: Artefact, study) -> dict:
    there = set(study.transformations)
    return {
        "data": TRAINED_ON[figure.part],
        "flips": bool({"rotate", "shear"} & there and {"h_flip", "v_flip"} & there),
        "colours": {"hue", "grayscale"} <= there,
    }


def _sweeps(figure: Artefact, study) -> dict:
    return {}


def _small(factor: str) -> str:
    return LABELS[factor].lower()


OF_MODULE = {
    "factors": _factors,
    "differences": _differences,
    "mismatch": _mismatch,
    "heatmaps": _heatmaps,
    "sweeps": _sweeps,
}
