"""The parameters of the captions of this study's figures.

Parsing the workflow reads this module.
"""

from invariance.figures.influence.looks import classes, first_masks
from invariance.studies.labels import listed

DRAWN = {
    "bernoulli": "every class is in a subset with probability 1/2",
    "half": (
        "a subset has half of the classes, so that influences sum to zero: a negative one is below "
        "the average, and need not be harmful"
    ),
}
ESTIMATORS = {
    "least_squares": "least squares with an intercept",
    "difference_of_means": "the difference of means with and without a class",
}
STEPS = {
    "steps": "All networks have the same number of training steps.",
    "epochs": (
        "All networks have the same number of epochs, so that fewer classes are also fewer steps."
    ),
}
# The drawing of intervals over seeds; other figures have none.
MARKS = {
    "influence.by_class": "lines at means",
    "influence.curves": "bands and black lines",
    "influence.reliability": "bands",
}
SOURCES = {"t2d": ("base_images",), "cifar": ("cifar10", "cifar100")}


def sources(figure, domains) -> list[str]:
    """Names of the images behind a figure."""
    return [name for domain in domains for name in SOURCES[domain]]


def parameters(figure, study) -> dict:
    """Words on sources, masks, estimators and counterfactuals, by their names in captions."""
    settings = study.settings
    removal = settings["counterfactuals"]
    return {
        "planted": "t2d" in study.domains,
        "cifar": "cifar" in study.domains,
        "sources": listed([_source(study, domain) for domain in study.domains]),
        "models": settings["masks"]["models"],
        "drawn": DRAWN[first_masks(study)],
        "several_masks": len(settings["masks"]["kinds"]) > 1,
        "half": "half" in settings["masks"]["kinds"],
        "repeated": bool(settings["masks"]["repeated"]),
        "estimator": ESTIMATORS[removal["estimator"]],
        "optimistic": removal["order_from"] == "test",
        "mapping": "mapping" in removal["arms"],
        "steps": STEPS[settings["training"]["fixed"]],
        "repeats": removal["repeats"],
        "design": len(study.seeds) > 1,
    }


def _source(study, domain: str) -> str:
    count = classes(study, domain)
    images = "CIFAR-100" if domain == "cifar" else "Transforms-2D"
    target = "CIFAR-10" if domain == "cifar" else f"{count['target']} others"
    return f"{count['source']} classes of {images} (target: {target})"
