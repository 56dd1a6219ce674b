"""The parameters of captions: words on the content of a figure.

The captions are ``workflow/report/<caption>.rst``. Parsing the workflow reads this module.
"""

from invariance.artefacts import Artefact
from invariance.config.run_description import protocol_text
from invariance.figures import intervals
from invariance.figures.contrastive import words as contrastive
from invariance.figures.influence import words as influence
from invariance.studies.labels import LABELS, TRAINED_ON, amount, listed
from invariance.studies.vs_factors.models import FACTORS, TARGET_SAMPLES, varied

ACCURACY = {
    "test": "Accuracy: top-1 on the test split.",
    "pooled_macro": (
        "Accuracy: pooled over all splits, averaged over classes, as in the published numbers; "
        "most of the images are training images."
    ),
}
ACCURATE = {"linear_probe", "fine_tuning"}  # methods with the protocol's accuracy
ELSEWHERE = ("accuracy", "table_spread")  # switches that another sentence or a table names
SCALE = {"paper": "the paper's scale", "reduced": "reduced scale, not the paper's"}
# The drawing of intervals; figures of other modules have none.
MARKS = {
    "factors": "bands",
    "mismatch": "bands",
    "sweeps": "bands",
    "differences": "black lines (for the length of the bar on their left)",
    **influence.MARKS,
    **contrastive.MARKS,
}
SOURCES = {"base_images": "Transforms-2D", "cifar10": "CIFAR-10", "cifar100": "CIFAR-100"}


def caption_parameters(figure: Artefact, study, description: dict) -> dict[str, str | bool]:
    """The parameters of a figure's caption, by their names in the caption.

    Parameters
    ----------
    figure : Artefact
        From ``artefacts.available``.
    study : Study
        The study of its results.
    description : dict
        The result of ``run_description.describe``.
    """
    own = BY_STUDY.get(figure.study)
    words = (own.parameters if own else BY_MODULE[figure.module])(figure, study)
    return {**words, "how": how(figure, study, description)}


def how(figure: Artefact, study, description: dict) -> str:
    """Sentences on seeds, intervals, accuracy, protocol, scale, and images that are drawings."""
    seeds, marks = len(study.seeds), MARKS.get(figure.module)
    mean = "One seed." if seeds == 1 else f"Mean over {seeds} seeds."
    mean = "Seed 0." if figure.own_rule else mean
    parts = [
        intervals.sentence(seeds, marks) if marks else mean,
        ACCURACY[description["accuracy"]] if ACCURATE & {*figure.methods} else "",
        f"{_protocol(description)}; {SCALE[description['scale'][study.name]]}.",
        drawings(description["sources"], _sources(figure, study)),
    ]
    return " ".join(filter(None, parts))


def _protocol(description: dict) -> str:
    """The preset and its changed switches, without switches for accuracies and tables only."""
    switches = {
        key: value for key, value in description["switches"].items() if key not in ELSEWHERE
    }
    return protocol_text({**description, "switches": switches}).capitalize()


def picture_parameters(picture: Artefact, description: dict) -> dict[str, str]:
    """The parameters of a picture's caption."""
    parts = [f"{_protocol(description)}.", drawings(description["sources"], picture.images)]
    return {"how": " ".join(filter(None, parts))}


def drawings(sources: dict, images) -> str:
    """A sentence on images that are drawings; empty if all images are photographs."""
    drawn = [SOURCES[name] for name in images if sources[name] == "procedural"]
    if not drawn:
        return ""
    return f"Drawings replace the photographs of {listed(drawn)}."


def _sources(figure: Artefact, study) -> list[str]:
    """The names in ``SOURCES`` of the images behind a figure."""
    if figure.module == "sweeps":
        return ["base_images", "cifar10"]
    if figure.module == "heatmaps":
        return ["base_images"] if figure.part == "image" else []
    domains = figure.domains or study.domains
    if figure.study in BY_STUDY:
        return BY_STUDY[figure.study].sources(figure, domains)
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
        "tuned": figure.methods != ("linear_probe",),
        "transfer": _transfer(figure, study),
    }


def _mismatch(figure: Artefact, study) -> dict:
    names = listed([LABELS[network] for network in figure.architectures])
    return {"networks": names, "disjoint": study.switches["mismatch_objects"] == "disjoint"}


def _heatmaps(figure: Artefact, study) -> dict:
    names = set(study.transformations)
    return {
        "data": TRAINED_ON[figure.part],
        "flips": bool({"rotate", "shear"} & names and {"h_flip", "v_flip"} & names),
        "colours": {"hue", "grayscale"} <= names,
    }


def _sweeps(figure: Artefact, study) -> dict:
    return {}


def _small(factor: str) -> str:
    return LABELS[factor].lower()


BY_MODULE = {
    "factors": _factors,
    "differences": _differences,
    "mismatch": _mismatch,
    "heatmaps": _heatmaps,
    "sweeps": _sweeps,
}
BY_STUDY = {"influence": influence, "contrastive": contrastive}  # one for all figures of a study
