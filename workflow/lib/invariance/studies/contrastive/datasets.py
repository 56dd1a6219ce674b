"""The datasets of the study of views: what networks see, and what is measured on them."""

from dataclasses import replace

from invariance.studies.seeds import derive
from transforms2d.natural_images.settings import NATURAL_CLASSES
from transforms2d.seeds import generator
from transforms2d.spec import DatasetSpec

SOURCE, OBJECTS, LATENTS, CIFAR10 = "source", "objects", "latents", "cifar10"
MEASURED = (SOURCE, OBJECTS, LATENTS, CIFAR10)


def measured_split(domain: str, name: str) -> str:
    """The split of a dataset that networks are measured on: no network has seen its images."""
    return "test" if name in (SOURCE, domain) else "train"


def natural(domain: str, name: str) -> str | None:
    """The natural images in a dataset, or None."""
    of_source = None if domain == "t2d" else domain
    return {SOURCE: of_source, CIFAR10: CIFAR10}.get(name)


def images(study, domain: str, name: str, split: str) -> int:
    """Number of images of a split. Splits that nothing reads have one image per class."""
    settings = study.settings
    if split == measured_split(domain, name):
        return sum(settings["measured"][name].values())
    if name == SOURCE:
        return settings["samples"][split]
    return study.classes(domain, name)


def spec(study, domain: str, seed: int, name: str, split: str) -> DatasetSpec:
    """One split of a dataset; see ``Study.dataset``."""
    sampling = study.seed_pair(seed)[1]
    common = {**study.common_spec(), "split": split, "seed": derive(sampling, name)}
    # Datasets share no draws, and splits share none.
    common["protocol"] = replace(common["protocol"], transform_seeds="independent")
    samples, source = images(study, domain, name, split), natural(domain, name)
    if source:
        return _natural(study, common, source, split, samples)
    return DatasetSpec(
        **common,
        samples=samples,
        classes=_objects(study, seed, name),
        transforms=tuple(study.settings["latents"]) if name == LATENTS else (),
        prototypes=study.config["base_images"]["prototypes"],
        placement="random",
        object_scale=study.settings["object_scale"],
    )


def _natural(study, common: dict, source: str, split: str, samples: int) -> DatasetSpec:
    """Natural images, at most as many as there are: 0 means all."""
    classes = NATURAL_CLASSES[source]
    available = study.counted_natural_images(source, split)
    is_all = available is not None and samples >= available * classes
    return DatasetSpec(
        **common,
        samples=0 if is_all else samples,
        foreground="none",
        background="natural",
        natural_classes=tuple(range(classes)),
    )


def _objects(study, seed: int, name: str) -> tuple[int, ...]:
    """All objects, or those of the task that tells objects apart."""
    available = study.config["base_images"]["objects"]
    if name != OBJECTS:
        return tuple(range(available))
    order = generator(study.seed_pair(seed)[0], "contrastive/objects").permutation(available)
    return tuple(order[: study.settings["downstream"]["classes"]].tolist())
