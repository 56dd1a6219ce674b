"""The parameters of the captions of this study's figures.

Parsing the workflow reads this module.
"""

from invariance.studies.labels import listed

VIEWS = {
    "default": "default (crop, flip, colour jitter, gray, blur)",
    "ventral": "ventral (crop and flip)",
    "dorsal": "dorsal (colour jitter, gray, blur)",
    "geometric": "geometric (the six geometric transformations)",
    "appearance": "appearance (the photometric six, contrast, blur)",
}
# The drawing of intervals over seeds; other figures have none.
MARKS = {
    "contrastive.two_axes": "crosses",
    "contrastive.latents": "lines",
    "contrastive.fusion": "lines",
}
SOURCES = {"t2d": "base_images", "cifar100": "cifar100", "cifar10": "cifar10"}


def parameters(figure, study) -> dict:
    """Words on conditions, images and measures, by their names in captions."""
    settings = study.settings
    chosen, invariance = settings["conditions"], settings["invariance"]
    source, faithful = settings["measured"]["source"], settings["faithful"]
    return {
        "networks": _networks(chosen),
        "changed": _changed(invariance),
        "scored": f"{source['scored']:,}",
        "fit": f"{source['fit']:,}",
        "identity": faithful["identity"],
        "fused": bool(settings["fusions"]),
        "classes": settings["downstream"]["classes"],
        "two": len(study.domains) > 1,
        "few": len(chosen["moco"]) + len(chosen["supervised"]) + len(chosen["wide"]) < 4,
    }


def _networks(chosen: dict) -> str:
    """The networks by objective and views. Only the first mention of a view explains it."""
    kinds = (
        ("moco", "MoCo v2 under"),
        ("wide", "MoCo v2 three times as wide under"),
        ("supervised", "supervised ones under"),
    )
    told, words = set(), []
    for kind, start in kinds:
        if chosen[kind]:
            names = [one if one in told else VIEWS.get(one, one) for one in chosen[kind]]
            words.append(f"{start} {listed(names)} views")
            told.update(chosen[kind])
    return "; ".join([*words, "untrained ones"])


def _changed(invariance: dict) -> str:
    if invariance["grid"]:
        return f"a grid of at most {invariance['grid']} parameters"
    return "one draw per image" if invariance["draws"] == 1 else f"{invariance['draws']} draws"


def sources(figure, domains) -> list[str]:
    """Names of the images behind a figure: those of pretraining, of latents, and of tasks."""
    used = [] if figure.name == "latents" else [SOURCES[domain] for domain in domains]
    used += ["base_images"] if figure.name in ("latents", "fusion") else []
    return [*dict.fromkeys([*used, *(["cifar10"] if figure.name == "fusion" else [])])]
