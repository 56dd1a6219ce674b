"""The models of study 1 (sec. 4.1): one for every combination of factors that a panel shows."""

from dataclasses import dataclass

from invariance.studies import base

NAME = "invariance_vs_factors"
TRANSFORMS = ("same", "different")
FACTORS = ("class_relationship", "architecture", "pretraining_samples")
# The factor that is no model's: how much of the target the transfer is trained on.
TARGET_SAMPLES = "target_samples"
CATEGORIES = 3  # of transformations: geometric, photometric, corruption
# Images per class that the validation split leaves of the published data; so many means all there
# are, whatever the source.
NATURAL_TRAINING = {"cifar10": 4500, "cifar100": 450}


@dataclass(frozen=True)
class Model(base.Model):
    """One pretrained model; its name is the path below ``pretrain/``.

    ``samples`` counts images on Transforms-2D and images per class on CIFAR.
    """

    transforms: str
    class_relationship: str
    samples: int
    architecture: str

    @property
    def data(self) -> str:
        """Name of the dataset it is pretrained on."""
        return f"{self.transforms}/{self.class_relationship}/n{self.samples}"

    @classmethod
    def parse(cls, name: str) -> "Model":
        """From a model's name, or from a dataset's with any architecture appended."""
        transforms, relationship, samples, architecture = name.split("/")
        return cls(transforms, relationship, int(samples.removeprefix("n")), architecture)


@dataclass(frozen=True)
class Draw:
    """What a seed decides: transformations and classes of the target and of the other models."""

    target_transforms: tuple[str, ...]
    other_transforms: tuple[str, ...]
    target_classes: tuple[int, ...]
    other_classes: tuple[int, ...]
    sampling_seed: int


def model_of(transforms: str, cell: dict) -> Model:
    """The model under these transformations in a cell, a value for each of the factors."""
    return Model(
        transforms, cell["class_relationship"], cell["pretraining_samples"], cell["architecture"]
    )


def varied(values: dict[str, int]) -> list[str]:
    """The factors that a figure has a panel of, from the number of values that each takes.

    Those with several; where none has, those with one.
    """
    several = [factor for factor, count in values.items() if count > 1]
    return several or [factor for factor, count in values.items() if count]
