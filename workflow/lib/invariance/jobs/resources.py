"""Memory and time that a job requests from a cluster; both grow with its work and every attempt.

They are limits, not forecasts: a job that ends early costs nothing, a job that reaches its limit
costs an attempt. The unit of work is a pass: one image in one training step of ResNet-18. The
configuration's times are for ``REFERENCE`` passes.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from invariance.architectures import ARCHITECTURES

REFERENCE = 50_000 * 50  # the published default: images and epochs (appendix B)
SHORTEST = 10  # minutes, for the start of Python on a busy file system and for reading shards
FORWARD = 1 / 3  # of the time of a training step
HEAD = 1 / 500  # a linear head on frozen features
DRAWN = 1 / 10  # one view or changed image
# Passes of ResNet-18 that take the time of all kernel ridges of 1,000 images, and of one image in a
# logistic regression. On one core, with 512 features and 10 classes, they were measured as 1,000
# and 1/18; with 1,536 features and 30 classes the latter was 1/4.
KERNEL, LOGISTIC = 5_000, 1 / 2
# Natural images per split for specs that take all, if the files are not counted: CIFAR's numbers.
ALL = {"train": 45_000, "val": 5_000, "test": 10_000}
COPIES = 3  # of the images in memory at the same time: as read, as checked, in the new layout
MINUTES = {"m": 1, "h": 60, "d": 24 * 60}
MEGABYTES = {"MB": 1, "GB": 1000}


@dataclass(frozen=True)
class Work:
    """The work of a job: images in memory, and passes in the unit of ``REFERENCE``."""

    images: int
    passes: float


AS_CONFIGURED = Work(0, REFERENCE)  # requests exactly the configured values


def request(base: Mapping[str, str], work: Work, image_size: int, attempt: int) -> dict[str, str]:
    """Memory and time to request.

    Parameters
    ----------
    base : mapping
        ``mem`` (MB or GB) without images, ``runtime`` (m, h or d) for ``REFERENCE`` passes.
    image_size : int
        Side in pixels; images have three bytes per pixel.
    attempt : int
        From 1; both values are multiplied by it.

    Returns
    -------
    dict of str
        ``mem`` in MB and ``runtime`` in whole minutes, with their units. The time is at least
        ``SHORTEST``, unless the configured time is shorter.
    """
    minutes = amount(base["runtime"], MINUTES)
    scaled = max(minutes * work.passes / REFERENCE, min(minutes, SHORTEST))
    held = COPIES * work.images * 3 * image_size**2 / 1e6
    return {
        "mem": f"{math.ceil(amount(base['mem'], MEGABYTES) + held) * attempt}MB",
        "runtime": f"{math.ceil(scaled) * attempt}m",
    }


def amount(text: str, units: Mapping[str, int]) -> int:
    """A whole number with its unit, in the smallest of ``units``."""
    number, unit = re.fullmatch(r"(\d+)(\D+)", text).groups()
    return int(number) * units[unit]


@cache
def rendering(study, domain: str, seed: int, dataset: str) -> Work:
    """Work of rendering every split of a dataset: one pass per image."""
    images = _images(study, domain, seed, dataset)
    return Work(images, images)


@cache
def pretraining(study, domain: str, seed: int, name: str) -> Work:
    """Work of pretraining the model ``name``."""
    settings = study.pretraining(domain, seed, name)
    data = study.data(name)
    trained = _images(study, domain, seed, data, "train") * settings["epochs"]
    checked = _images(study, domain, seed, data, "val") * settings["epochs"] * FORWARD
    cost = _cost(study, name)
    return Work(_images(study, domain, seed, data), (trained + checked) * cost)


@cache
def features(study, domain: str, seed: int, name: str) -> Work:
    """Work of extracting the features of every image of every target, and of drawing more."""
    images = sum(_images(study, domain, seed, target) for target in study.targets)
    rows = feature_rows(study, domain, seed, name)
    return Work(rows, rows * FORWARD * _cost(study, name) + rows - images)


@cache
def linear_probe(study, domain: str, seed: int, name: str) -> Work:
    """Work of training a head on each target's features."""
    images = sum(_images(study, domain, seed, target) for target in study.targets)
    rows = feature_rows(study, domain, seed, name)
    return Work(rows, images * study.linear_probe(domain, seed, name)["epochs"] * HEAD)


@cache
def fine_tuning(study, domain: str, seed: int, name: str, target: str) -> Work:
    """Work of fine-tuning on a target for each amount of data, validating after every epoch."""
    images = _images(study, domain, seed, target)
    train = _images(study, domain, seed, target, "train")
    validated = _images(study, domain, seed, target, "val")
    passes = images * FORWARD
    for settings in study.fine_tuning(domain, seed, name):
        samples = settings["samples"]
        samples = samples * train if isinstance(samples, float) else samples
        passes += settings["epochs"] * (samples + validated * FORWARD)
    return Work(images, passes * _cost(study, name))


@cache
def sensitivity(study, domain: str, seed: int, name: str) -> Work:
    """Work of rendering and scoring pairs of twins, for each change between them."""
    pairs = study.sensitivity(domain, seed, name)["pairs"]
    sets = study.sensitivity_sets(domain, seed, name).values()
    images = 2 * pairs * sum(len(twins["changes"]) for twins in sets)
    return Work(2 * pairs, images * (1 + FORWARD * _cost(study, name)))


@cache
def measures(study, domain: str, seed: int, name: str) -> Work:
    """Work of rendering images, and of scoring changes of some of them."""
    one = study.measures(domain, seed, name)
    images = one["fit"] + one["images"]
    changed = one["images"] * len(one["transformations"]) * (one["grid"] + one["draws"])
    return Work(images, images + (images + changed) * (DRAWN + FORWARD * _cost(study, name)))


@cache
def masks(study, domain: str, seed: int, unit: str) -> Work:
    """Work of drawing the masks of a unit, of which a pass is far more than enough for each."""
    return Work(0, study.networks(domain, "subsets", unit))


@cache
def subsets(study, domain: str, seed: int, unit: str) -> Work:
    """Work of training a network per mask, and of its transfer."""
    return _trained(study, domain, seed, unit, "subsets")


@cache
def influence(study, domain: str, seed: int, unit: str) -> Work:
    """Work of estimating influences: each resample fits a number for every mask."""
    settings = study.influence(domain, seed, unit)
    fits = settings["resamples"] + settings["permutations"]
    return Work(0, fits * settings["models"])


@cache
def counterfactuals(study, domain: str, seed: int, unit: str) -> Work:
    """Work of training a network per removal, and of its transfer."""
    return _trained(study, domain, seed, unit, "counterfactuals")


@cache
def views(study, domain: str, seed: int, unit: str) -> Work:
    """Work of rendering groups of views; a table's pictures are read, which takes no passes."""
    group = study.view_groups(domain, seed, unit)
    images = group.get("groups", 0) * group.get("views", 0)
    return Work(images, max(images, 1))


@cache
def contrastive(study, domain: str, seed: int, name: str) -> Work:
    """Work of training under views: two passes of each image, and the views of both."""
    settings, data = study.pretraining(domain, seed, name), study.data(name)
    images = _images(study, domain, seed, data)
    trained = _images(study, domain, seed, data, "train") * settings.get("epochs", FORWARD)
    passes = trained * (1 + FORWARD) * _cost(study, name) + 2 * trained * DRAWN
    return Work(3 * images, passes)


@cache
def represent(study, domain: str, seed: int, name: str) -> Work:
    """Work of every measure of a network: changed images, twins and regressions."""
    images, passes = 0, 0.0
    for one in study.represent(domain, seed, name).values():
        ways = one["grid"] + one["draws"] + 2 * one["twins"]
        changed = one["images"] * len(one["transformations"]) * ways
        own = one["fit"] + one["images"]
        images = max(images, own, 2 * one["images"])
        passes += (own + changed) * (DRAWN + FORWARD * _cost(study, name)) + _read_out(one)
    return Work(images, passes)


@cache
def fusion(study, domain: str, seed: int, name: str) -> Work:
    """Work of reading out the features of several networks at once."""
    parts = len(study.parts(seed, name))
    measured = study.fusion(domain, seed, name).values()
    images = max(one["fit"] + one["images"] for one in measured)
    features = sum(one["fit"] + one["images"] for one in measured) * FORWARD * _cost(study, name)
    return Work(images, parts * (features + sum(map(_read_out, measured))))


def _read_out(settings: Mapping) -> float:
    """Passes of the regressions of a dataset; a kernel ridge grows with the cube of its images."""
    train, folds = settings["readout_train"], settings["folds"]
    kernels = settings["latents"] * KERNEL * (train / 1000) ** 3
    return kernels + train * settings["penalties"] * folds * LOGISTIC


def _trained(study, domain: str, seed: int, unit: str, stage: str) -> Work:
    """Work of networks that each train for the same steps and transfer to every target."""
    training = study.subsets(domain, seed, unit)
    images = sum(_images(study, domain, seed, target) for target in study.targets)
    seen = images + _images(study, domain, seed, study.data(unit), "test")
    passes = training["steps"] * training["batch_size"] + seen * FORWARD
    held = images + _images(study, domain, seed, study.data(unit))
    return Work(held, study.networks(domain, stage, unit) * passes * _cost(study, unit))


def feature_rows(study, domain: str, seed: int, name: str) -> int:
    """Rows of features of all targets of the model ``name``, each further draw counted."""
    draws = study.features(domain, seed, name)["draws"]
    rows = 0
    for target in study.targets:
        rows += _images(study, domain, seed, target)
        if study.draws(domain, seed, target) == "fresh":
            rows += (draws - 1) * _images(study, domain, seed, target, "train")
    return rows


def _cost(study, name: str) -> float:
    return ARCHITECTURES[study.architecture(name)].cost


def _images(study, domain: str, seed: int, dataset: str, split: str | None = None) -> int:
    specs = study.dataset_specs(domain, seed, dataset)
    splits = specs if split is None else [split]
    return sum(
        specs[name]["samples"] or _all_images(study, study.natural(domain, dataset), specs[name])
        for name in splits
    )


def _all_images(study, natural: str, spec: Mapping) -> int:
    """Images of a dataset that takes all natural images of its classes and split."""
    per_class = study.natural_images(natural, spec["split"])
    return ALL[spec["split"]] if per_class is None else per_class * len(spec["natural_classes"])
