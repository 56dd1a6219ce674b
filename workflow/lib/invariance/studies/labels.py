"""Labels on axes, in legends and in captions; parsing the workflow reads this module."""

from invariance.architectures import ARCHITECTURES

SERIES = {
    "same": "same transformations",
    "different": "different transformations",
}
# Study 2: the axes of figure 14, and the pretraining of its models.
FEATURES = {
    "image": {"accuracy": "Accuracy,\nlabels of images", "sensitivity": "Sensitivity\nto images"},
    "object": {
        "accuracy": "Accuracy,\nlabels of objects",
        "sensitivity": "Sensitivity\nto objects",
    },
}
DATA = {
    "CO_C": "objects on images, labels of images",
    "C_C": "images alone",
    "CO_O": "objects on images, labels of objects",
    "O_O": "objects alone",
}
# The training data of study 3's models, by the kind of images.
TRAINED_ON = {
    "image": "objects on image backgrounds",
    "random": "patterns on random backgrounds",
}
LABELS = {
    "t2d": "Transforms-2D",
    "cifar10": "CIFAR-10",
    "cifar100": "CIFAR-100",
    "cifar": "CIFAR-100 to CIFAR-10",
    "class_relationship": "Class relationship",
    "architecture": "Architecture",
    "pretraining_samples": "Pretraining samples",
    "target_samples": "Target samples",
    "correlation": "Correlation of object and class",
    "availability": "Availability of objects",
    **{name: network.label for name, network in ARCHITECTURES.items()},
}
# Domains of study 2.
PLACES = {
    "cifar10_random": "CIFAR-10, objects at random places",
    "cifar10_corner": "CIFAR-10, objects in a corner",
}
METHODS = {"linear_probe": "linear probe", "fine_tuning": "full fine-tuning"}
ACCURACY = {"linear_probe": "Probe accuracy", "fine_tuning": "Fine-tuned accuracy"}


def value(value: str | float) -> str:
    """A factor's value as a tick label: 1000 images are 1k, a share of 0.1 is 10 (per cent)."""
    if isinstance(value, int):
        return f"{value / 1000:g}k" if value >= 1000 else str(value)
    return f"{100 * value:g}" if isinstance(value, float) else LABELS.get(value, value)


def amount(samples: float) -> str:
    """An amount of target data in words: a number of images, or a share of each class."""
    return (
        f"{100 * samples:g} % of each class"
        if isinstance(samples, float)
        else f"{samples:,} images"
    )


def listed(names) -> str:
    """Names in a sentence: ``a, b and c``."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
