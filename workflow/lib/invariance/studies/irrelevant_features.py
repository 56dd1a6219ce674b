"""Study 2 (sec. 4.2): do networks become invariant to features that their task does not need?

Small objects are pasted on CIFAR-10 images. Models learn to classify the images (C) or the objects
(O), from images alone (C), objects alone (O) or both (CO). Linear probes for each of these tasks
and the sensitivity to each part then show what a representation contains. Sweeps vary how strongly
objects correlate with the class of their image (correlation), and how often images have an object
(availability, appendix C.3).
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from invariance.studies import base, checks
from invariance.studies.seeds import derive
from transforms2d.errors import UserError, gather
from transforms2d.spec import DatasetSpec

NAME = "irrelevant_features"
PLACEMENTS = {"cifar10_random": "random", "cifar10_corner": "corner"}
SWEEPS = ("correlation", "availability")
CLASSES = 10  # of CIFAR-10 and of objects: at full correlation each object has one class

ON_IMAGES = {
    "background": "natural",
    "labels": "background",
    "correlation": 0.0,
    "availability": 1.0,
}
# Name: visible parts, and the part to classify.
TASKS = {
    "C_C": {**ON_IMAGES, "availability": 0.0},
    "CO_C": ON_IMAGES,
    "CO_O": {**ON_IMAGES, "labels": "foreground"},
    "O_O": {**ON_IMAGES, "background": "uniform", "labels": "foreground"},
}


@dataclass(frozen=True)
class Model(base.Model):
    """One pretrained model; its name is the path below ``pretrain/``."""

    data: str
    architecture: str


class Study(base.Study):
    """Study 2; a domain is the place of the objects: anywhere, or in the upper right corner."""

    name = NAME
    title = "Relevant and irrelevant features (4.2)"
    headlines = ("T1a", "T1c")
    published = "features"
    chooses_cells = ("domains", "architecture", "sweeps")
    stages = ("linear_probe", "sensitivity")
    init_offset = 493
    targets = tuple(f"target/{task}" for task in TASKS)

    def __init__(self, config: dict):
        super().__init__(config)
        self.domains = tuple(self.settings["domains"])
        self.tasks = {
            **TASKS,
            **{
                data: {**TASKS["CO_C"], factor: value}
                for domain in self.domains
                for factor in SWEEPS
                for value, data in self.sweep(factor, domain).items()
            },
        }

    def check(self) -> None:
        """Check the numbers of objects and natural images, and the probe's batch size."""
        sizes = self.settings["samples"]
        gather(
            self._check_objects,
            *(
                lambda kind=kind: checks.batch(self, sizes[kind]["train"], f"samples.{kind}.train")
                for kind in sizes
            ),
            *(lambda split=split: self._check_natural(split) for split in sizes["natural"]),
            lambda: checks.pairs(self, sizes["natural"]["test"], "samples.natural.test"),
            self._check_sweeps,
        )

    def batches_and_samples(self) -> list[tuple[str, int | float]]:
        """Keys and values of the batch sizes and numbers of samples of trainings."""
        samples = [
            (f"studies.{NAME}.samples.{kind}.train", sizes["train"])
            for kind, sizes in self.settings["samples"].items()
        ]
        return [*super().batches_and_samples(), *samples]

    def _check_objects(self) -> None:
        objects = self.config["base_images"]["objects"]
        if objects < CLASSES:
            raise UserError(
                f"base_images.objects: studies.{NAME} needs {CLASSES}, one per class of "
                f"CIFAR-10, but there are {objects}"
            )

    def _check_natural(self, split: str) -> None:
        samples = self.settings["samples"]["natural"][split]
        checks.natural(self, "cifar10", split, samples / CLASSES, f"samples.natural.{split}")

    def _check_sweeps(self) -> None:
        for domain in self.domains:
            for factor in SWEEPS:
                for value in self.sweep(factor, domain):
                    if value != float(f"{value:g}"):
                        raise UserError(
                            f"studies.{NAME}.sweeps.{domain}.{factor}: {value} has more than "
                            f"the six digits that name its data; write {value:g}"
                        )

    def natural(self, domain: str, name: str) -> str | None:
        """CIFAR-10, or None for tasks with objects alone."""
        return "cifar10" if self._task(name)["background"] == "natural" else None

    def normalisation(self, domain: str) -> tuple:
        """The normalisation of Transforms-2D, for CIFAR-10 images too."""
        return base.NORMALISATION["t2d"]

    def sweep(self, factor: str, domain: str) -> dict[float, str]:
        """Name of the pretraining data per correlation or availability of a domain."""
        values = map(float, self.settings["sweeps"][domain][factor])
        return {value: _sweep_name(factor, value) for value in values}

    @cache  # noqa: B019 - a study lives as long as the process
    def models(self, domain: str) -> tuple[Model, ...]:
        """Every model of a domain, without repetition: the ends of a sweep may be in table 1."""
        sweeps = [data for factor in SWEEPS for data in self.sweep(factor, domain).values()]
        architecture = self.settings["architecture"]
        return tuple(Model(data, architecture) for data in dict.fromkeys([*TASKS, *sweeps]))

    @cache  # noqa: B019
    def objects(self, seed: int) -> tuple[int, ...]:
        """Objects of run ``seed``, in the published order of calls."""
        rng = np.random.default_rng(self.seed_pair(seed)[0])
        chosen = rng.choice(self.config["base_images"]["objects"], CLASSES, replace=False)
        return tuple(map(int, chosen))

    def dataset(self, domain: str, seed: int, name: str, split: str) -> DatasetSpec:
        """The dataset ``name``: a model's data, or ``target/`` and a task.

        All datasets share one sampling seed: image i has the same natural image, object and place
        in each of them, and no image is for training in one and for validation in another.
        """
        task, sampling = self._task(name), self.seed_pair(seed)[1]
        natural = task["background"] == "natural"
        samples = self.settings["samples"]["natural" if natural else "objects"]
        return DatasetSpec(
            **self.common_spec(),
            **task,
            split=split,
            samples=samples[split],
            seed=sampling,
            # There are no transformations. This seed distinguishes the stages, which split CIFAR-10
            # separately (fork 13).
            transforms_seed=derive(sampling, "target" if name in self.targets else "pretraining"),
            classes=self.objects(seed),
            prototypes=self.config["base_images"]["prototypes"],
            natural_classes=tuple(range(CLASSES)) if natural else (),
            placement=PLACEMENTS[domain],
            object_scale=self.settings["object_scale"],
        )

    @cache  # noqa: B019
    def _twins(self, domain: str, seed: int) -> dict:
        return self.dataset(domain, seed, "target/CO_C", "test").to_dict()

    def sensitivity_sets(self, domain: str, seed: int, name: str) -> dict[str, dict]:
        """Pairs that differ only in the CIFAR-10 image or only in the object.

        Objects are where the model's training pasted them, or all in the corner (fork 25).
        """
        as_trained = self.switches["twin_placement"] == "as_trained"
        return {
            "CO": {
                "spec": self._twins(domain if as_trained else "cifar10_corner", seed),
                "changes": ["background", "object"],
                "natural": "cifar10",
                "normalisation": None,
            }
        }

    def measured_on(self, name: str) -> str:
        """Objects on CIFAR-10, as for the sensitivity to each part."""
        return "target/CO_C"

    def factors(self, name: str) -> dict:
        """Name of the data, correlation and availability of the model ``name``."""
        data = self.data(name)
        return {"data": data, **{factor: self.tasks[data][factor] for factor in SWEEPS}}

    def _task(self, name: str) -> dict:
        return self.tasks[name.removeprefix("target/")]


def _sweep_name(factor: str, value: float) -> str:
    """Name of CO_C data with this correlation or availability, or of the equal task."""
    data = {**TASKS["CO_C"], factor: value}
    return next((n for n, task in TASKS.items() if task == data), f"CO_C_{factor}{value:g}")
