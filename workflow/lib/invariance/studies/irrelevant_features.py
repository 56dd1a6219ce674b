"""Study 2 (sec. 4.2): do networks become invariant to what their task does not need?

Small objects are pasted on CIFAR-10 images, and models learn either to classify the images (C) or
the objects (O), from images alone (C), objects alone (O) or both (CO). Linear probes for each of
these tasks and the sensitivity to each part then tell what a representation kept. Between the
corners of this design, objects go with the class of their image more or less closely (correlation)
or are there more or less often (availability, appendix C.3).
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
CLASSES = 10  # of CIFAR-10, and as many objects: each belongs to one class at full correlation

ON_IMAGES = {
    "background": "natural",
    "labels": "background",
    "correlation": 0.0,
    "availability": 1.0,
}
# Images shown, and what is to be classified.
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
    """Study 2; a domain is where objects are pasted: anywhere, or in the upper right corner."""

    name = NAME
    title = "Relevant and irrelevant features (4.2)"
    headlines = ("T1a", "T1c")
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
        """An object for each class, natural images enough, and the probe's batch."""
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
        """Keys and values of the batches that networks are trained in, and of their samples."""
        samples = [
            (f"studies.{NAME}.samples.{kind}.train", sizes["train"])
            for kind, sizes in self.settings["samples"].items()
        ]
        return [*super().batches_and_samples(), *samples]

    def _check_objects(self) -> None:
        objects = self.config["base_images"]["objects"]
        if objects < CLASSES:
            raise UserError(
                f"base_images.objects: studies.{NAME} needs {CLASSES}, one for each class of "
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
        """CIFAR-10, but for objects alone."""
        return "cifar10" if self._task(name)["background"] == "natural" else None

    def normalisation(self, domain: str) -> tuple:
        """As on Transforms-2D, CIFAR-10 images too."""
        return base.NORMALISATION["t2d"]

    def sweep(self, factor: str, domain: str) -> dict[float, str]:
        """Name of the pretraining data under each correlation or availability of a domain."""
        values = map(float, self.settings["sweeps"][domain][factor])
        return {value: _swept(factor, value) for value in values}

    @cache  # noqa: B019 - a study lives as long as the process
    def models(self, domain: str) -> tuple[Model, ...]:
        """Every model of a domain, each once, though both ends of a sweep may be in table 1."""
        swept = [data for factor in SWEEPS for data in self.sweep(factor, domain).values()]
        architecture = self.settings["architecture"]
        return tuple(Model(data, architecture) for data in dict.fromkeys([*TASKS, *swept]))

    @cache  # noqa: B019
    def objects(self, seed: int) -> tuple[int, ...]:
        """Objects of run ``seed``, in the published order of calls."""
        rng = np.random.default_rng(self.seed_pair(seed)[0])
        chosen = rng.choice(self.config["base_images"]["objects"], CLASSES, replace=False)
        return tuple(map(int, chosen))

    def dataset(self, domain: str, seed: int, name: str, split: str) -> DatasetSpec:
        """The dataset called ``name``: a model's data, or ``target/`` and a task.

        One sampling seed for all, so that image i shows the same natural image, object and place
        wherever they are shown, and none is for training here and for validation there.
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
            # Nothing is transformed; this sets apart the stages that each part CIFAR-10 anew
            # (fork 13).
            transforms_seed=derive(sampling, "target" if name in self.targets else "pretraining"),
            classes=self.objects(seed),
            prototypes=self.config["base_images"]["prototypes"],
            natural_classes=tuple(range(CLASSES)) if natural else (),
            placement=PLACEMENTS[domain],
            object_scale=self.settings["object_scale"],
        )

    @cache  # noqa: B019
    def _twins(self, seed: int) -> dict:
        return self.dataset("cifar10_corner", seed, "target/CO_C", "test").to_dict()

    def sensitivity_sets(self, domain: str, seed: int, name: str) -> dict[str, dict]:
        """Pairs that differ in the CIFAR-10 image or in the object alone.

        Objects are in the upper right corner in every domain, as published.
        """
        return {
            "CO": {
                "spec": self._twins(seed),
                "changes": ["background", "object"],
                "natural": "cifar10",
                "normalisation": None,
            }
        }

    def factors(self, name: str) -> dict:
        """Name of the data, correlation and availability of the model called ``name``."""
        data = self.data(name)
        return {"data": data, **{factor: self.tasks[data][factor] for factor in SWEEPS}}

    def _task(self, name: str) -> dict:
        return self.tasks[name.removeprefix("target/")]


def _swept(factor: str, value: float) -> str:
    """Name of CO_C data under this correlation or availability; that of a task if it is one."""
    data = {**TASKS["CO_C"], factor: value}
    return next((n for n, task in TASKS.items() if task == data), f"CO_C_{factor}{value:g}")
