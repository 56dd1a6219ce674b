"""Study 4 (sec. 5.2): what does each missing or superfluous transformation cost?

The transformations of a seed are put in an order; the nested set of size n is the first n of them.
A model is pretrained on each set, and probed on targets with each set; all use the same objects.
The paper's sets have up to eight transformations. Larger sets continue with added transformations,
and then with the other published ones.
"""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from invariance.studies import base, checks
from invariance.studies.seeds import derive
from transforms2d import names
from transforms2d.errors import UserError, gather
from transforms2d.spec import DatasetSpec

NAME = "invariance_mismatch"
TRANSFORMATIONS = 8  # that a seed draws, in order; the paper's largest nested set


@dataclass(frozen=True)
class Model(base.Model):
    """One pretrained model; its name is the path below ``pretrain/``."""

    transformations: int
    architecture: str

    @property
    def data(self) -> str:
        """Name of its pretraining data."""
        return f"nested{self.transformations}"


@dataclass(frozen=True)
class Draw:
    """The draws of a seed: the transformations in order, and the objects of all tasks."""

    transforms: tuple[str, ...]
    objects: tuple[int, ...]
    target_objects: tuple[int, ...]
    sampling_seed: int


class Study(base.Study):
    """Study 4: a model for each nested set and architecture, probed on all nested sets."""

    name = NAME
    title = "Too few and too many transformations (5.2)"
    headlines = ("F4",)
    published = "mismatch"
    chooses_cells = ("sizes", "architectures")
    stages = ("linear_probe",)
    init_offset = 53

    def __init__(self, config: dict):
        super().__init__(config)
        self.sizes = tuple(self.settings["sizes"])
        self.targets = tuple(target(size) for size in self.sizes)

    def check(self) -> None:
        """Check the numbers of transformations and objects, and the probe's batch size."""
        gather(
            self._check_sizes,
            lambda: checks.objects(self, self._objects_needed(), "classes"),
            lambda: checks.batch(self, self.settings["samples"]["train"], "samples.train"),
        )

    def _objects_needed(self) -> int:
        return self.settings["classes"] * (2 if self._disjoint else 1)

    @property
    def _disjoint(self) -> bool:
        return self.switches["mismatch_objects"] == "disjoint"

    def _check_sizes(self) -> None:
        if max(self.sizes) > len(names.KNOWN):
            raise UserError(
                f"studies.{NAME}.sizes: {max(self.sizes)} is more than the {len(names.KNOWN)} "
                "known transformations"
            )

    def batches_and_samples(self) -> list[tuple[str, int | float]]:
        """Keys and values of the batch sizes and numbers of samples of trainings."""
        batch = self._smaller_batch(self.config["pretraining"])["batch_size"]
        samples = self.settings["samples"]["train"]
        return [
            ("pretraining.batch_size", batch),
            (f"studies.{NAME}.samples.train", samples),
        ]

    @cache  # noqa: B019 - a study lives as long as the process
    def models(self, domain: str) -> tuple[Model, ...]:
        """One model per architecture and nested set."""
        return tuple(
            Model(size, architecture)
            for architecture in self.settings["architectures"]
            for size in self.sizes
        )

    @cache  # noqa: B019
    def draw(self, seed: int) -> Draw:
        """Transformations and objects of run ``seed``, in the published order of calls.

        The target's objects are the source's, or drawn among all others (fork 26).
        """
        configuration, sampling = self.seed_pair(seed)
        rng = np.random.default_rng(configuration)
        transforms = rng.choice(names.ALL, TRANSFORMATIONS, replace=False)
        objects = self.config["base_images"]["objects"]
        chosen = rng.choice(objects, self.settings["classes"], replace=False)
        others = [name for name in names.ALL if name not in transforms]
        order = np.random.default_rng(derive(configuration, "larger sets")).permutation(others)
        ordered = (*transforms, *names.NEW, *order)
        target_objects = chosen
        if self._disjoint:
            rng = np.random.default_rng(derive(configuration, "target objects"))
            left = np.setdiff1d(np.arange(objects), chosen)
            target_objects = rng.choice(left, len(chosen), replace=False)
        return Draw(
            tuple(map(str, ordered)),
            tuple(map(int, chosen)),
            tuple(map(int, target_objects)),
            sampling,
        )

    def dataset(self, domain: str, seed: int, name: str, split: str) -> DatasetSpec:
        """The dataset ``name``: ``nested3`` for pretraining, ``target/nested3`` for probes."""
        draw = self.draw(seed)
        role = "target" if name in self.targets else "pretraining"
        shared = self.switches["transform_seeds"] == "shared"
        common = self.common_spec()
        # The released code shares streams between source and target here, but not between splits.
        common["protocol"] = replace(common["protocol"], transform_seeds="independent")
        return DatasetSpec(
            **common,
            split=split,
            samples=self.settings["samples"][split],
            seed=draw.sampling_seed if shared else derive(draw.sampling_seed, role),
            classes=draw.target_objects if role == "target" else draw.objects,
            transforms=draw.transforms[: int(name.rpartition("nested")[2])],
            prototypes=self.config["base_images"]["prototypes"],
        )

    def pretraining(self, domain: str, seed: int, name: str) -> dict:
        """Settings of pretraining; the released code trains longer in this study (fork 12)."""
        settings = super().pretraining(domain, seed, name)
        return {**self._smaller_batch(settings), "epochs": self._epochs(settings["epochs"])}

    def linear_probe(self, domain: str, seed: int, name: str) -> dict:
        """Settings of the linear probes; the epochs are equal in both protocols."""
        return self._smaller_batch(super().linear_probe(domain, seed, name))

    def _epochs(self, epochs: int) -> int:
        return 2 * epochs if self._doubled else epochs

    def _smaller_batch(self, settings: dict) -> dict:
        size = settings["batch_size"]
        return {**settings, "batch_size": max(1, size // 2) if self._doubled else size}

    @property
    def _doubled(self) -> bool:
        return self.switches["mismatch_training"] == "double_epochs_half_batch"

    def factors(self, name: str) -> dict:
        """Number of transformations in the pretraining data of the model ``name``."""
        return {"transformations": self.model(name).transformations}


def target(size: int) -> str:
    """Name of the target task with the nested set of this size."""
    return f"target/nested{size}"
