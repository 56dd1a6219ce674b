"""The models of study 1 (sec. 4.1): one per combination of factors in a panel."""

from dataclasses import dataclass

from invariance.studies import base

NAME = "invariance_vs_factors"
TRANSFORMS = ("same", "different")
FACTORS = ("class_relationship", "architecture", "pretraining_samples")
# A factor of the transfer, not of the model: the amount of target data.
TARGET_SAMPLES = "target_samples"
CATEGORIES = 3  # of transformations: geometric, photometric, corruption
# Training images per class of the published data, without the validation split. This number means
# all training images, for any source.
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
        """Name of its pretraining data."""
        return f"{self.transforms}/{self.class_relationship}/n{self.samples}"

    @classmethod
    def parse(cls, name: str) -> "Model":
        """The model of a name, or of a dataset's name with any architecture appended."""
        transforms, relationship, samples, architecture = name.split("/")
        return cls(transforms, relationship, int(samples.removeprefix("n")), architecture)


@dataclass(frozen=True)
class Draw:
    """The draws of a seed: transformations and classes of the target and of other models."""

    target_transforms: tuple[str, ...]
    other_transforms: tuple[str, ...]
    target_classes: tuple[int, ...]
    other_classes: tuple[int, ...]
    sampling_seed: int


def model_of(transforms: str, cell: dict) -> Model:
    """The model with these transformations and the factors of a cell."""
    return Model(
        transforms, cell["class_relationship"], cell["pretraining_samples"], cell["architecture"]
    )


def varied(values: dict[str, int]) -> list[str]:
    """The factors that get a panel in a figure, given the number of values of each.

    These are the factors with several values, or, if there are none, those with one value.
    """
    several = [factor for factor, count in values.items() if count > 1]
    return several or [factor for factor, count in values.items() if count]
