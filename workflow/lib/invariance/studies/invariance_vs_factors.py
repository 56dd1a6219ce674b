"""Study 1 (sec. 4.1): does invariance matter as much as other factors of pretraining?

Models are pretrained with the transformations of the target task (``same``) or with others
(``different``), and differ in one factor at a time: how their classes relate to the target's,
their architecture, or the number of samples they were trained on.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from invariance.protocol import data_protocol, resolve
from invariance.studies.seeds import derive, pair
from transforms2d import names
from transforms2d.errors import UserError
from transforms2d.spec import SPLITS, DatasetSpec

NAME = "invariance_vs_factors"
TRANSFORMS = ("same", "different")
FACTORS = ("class_relationship", "architecture", "pretraining_samples")
NATURAL_CLASSES = {"cifar10": 10, "cifar100": 100}
# Images per class that the validation split leaves; so many or more means all there are, as a
# split that is not stratified has fewer in some classes.
NATURAL_TRAINING = {"cifar10": 4500, "cifar100": 450}
NORMALISATION = {
    "t2d": ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    "cifar10": ((0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010)),
    "cifar100": ((0.5071, 0.4865, 0.4409), (0.2673, 0.2564, 0.2762)),
}


@dataclass(frozen=True)
class Model:
    """One pretrained model; its name is the path below ``pretrain/``.

    ``samples`` counts images on Transforms-2D and images per class on CIFAR.
    """

    transforms: str
    class_relationship: str
    samples: int
    architecture: str

    @property
    def name(self) -> str:
        return f"{self.data}/{self.architecture}"

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
    init_seed: int


class Study:
    """What to train and on what, for every seed and domain; knows nothing of files but names."""

    name = NAME
    targets = ("target",)

    def __init__(self, config: dict):
        self.config = config
        self.settings = config["studies"][NAME]
        self.switches = resolve(config["protocol"])
        self.domains = tuple(self.settings["domains"])
        self.seeds = tuple(range(self.settings["seeds"]))

    @lru_cache  # noqa: B019 - a study lives as long as the process
    def models(self, domain: str) -> tuple[Model, ...]:
        """Every model of a domain, each once, however many panels show it."""
        defaults = self.defaults(domain)
        cells = [
            {**defaults, factor: value}
            for factor in FACTORS
            for value in self.values(factor, domain)
        ]
        models = (
            Model(
                transforms,
                cell["class_relationship"],
                cell["pretraining_samples"],
                cell["architecture"],
            )
            for cell in cells
            for transforms in TRANSFORMS
        )
        return tuple(dict.fromkeys(models))

    def values(self, factor: str, domain: str) -> list:
        """The values a factor takes in a domain, in the order of the figure's axis."""
        if factor == "pretraining_samples":
            return self.settings["sizes"][domain]["pretraining_samples"]
        return self.settings["factors"][factor]

    def defaults(self, domain: str) -> dict:
        """The value of every factor that is not being varied."""
        samples = self.settings["sizes"][domain]["default_samples"]
        return {**self.settings["defaults"], "pretraining_samples": samples}

    @lru_cache  # noqa: B019
    def draw(self, domain: str, seed: int) -> Draw:
        """Transformations and classes of run ``seed``, in the published order of calls."""
        configuration, sampling = pair(self.settings["published_seeds"], seed, NAME)
        rng = np.random.default_rng(configuration)
        categories = (names.GEOMETRIC, names.PHOTOMETRIC, names.CORRUPTION)
        pairs = [tuple(map(str, rng.choice(category, 2, replace=False))) for category in categories]
        size = self.settings["sizes"][domain]["target_classes"]
        total = NATURAL_CLASSES.get(domain, self.config["base_images"]["objects"])
        classes = tuple(map(int, rng.choice(total, 2 * size, replace=False)))
        if self.switches["transform_sets"] == "one_per_category":
            target, other = zip(*pairs, strict=True)
        else:
            count = self.settings["transformations"]
            uniform = np.random.default_rng(derive(configuration, NAME, "transforms"))
            chosen = tuple(map(str, uniform.choice(names.ALL, 2 * count, replace=False)))
            target, other = chosen[:count], chosen[count:]
        return Draw(target, other, classes[:size], classes[size:], sampling, configuration + 583)

    def classes(self, domain: str, seed: int, relationship: str) -> tuple[int, ...]:
        """Classes of the pretraining data, by how they relate to the target's."""
        draw = self.draw(domain, seed)
        subset = self.settings["sizes"][domain]["subset_classes"]
        return {
            "subset": draw.target_classes[:subset],
            "disjoint": draw.other_classes,
            "same": draw.target_classes,
            "superset": draw.target_classes + draw.other_classes,
        }[relationship]

    def dataset(self, domain: str, seed: int, name: str, split: str) -> DatasetSpec:
        """The dataset called ``name`` (a model's data, or ``target``)."""
        draw = self.draw(domain, seed)
        sizes = self.settings["target_samples"]
        if name in self.targets:
            transforms, classes = draw.target_transforms, draw.target_classes
            samples = sizes[split] if domain == "t2d" else 0
        else:
            model = Model.parse(f"{name}/any")
            same = model.transforms == "same"
            transforms = draw.target_transforms if same else draw.other_transforms
            classes = self.classes(domain, seed, model.class_relationship)
            if domain == "t2d":
                samples = model.samples if split == "train" else sizes[split]
            else:
                whole = split != "train" or model.samples >= NATURAL_TRAINING[domain]
                samples = 0 if whole else model.samples * len(classes)
        return self._spec(domain, draw, name, split, samples, classes, transforms)

    def _spec(self, domain, draw, name, split, samples, classes, transforms) -> DatasetSpec:
        shared = self.switches["transform_seeds"] == "shared"
        role = "target" if name in self.targets else "pretraining"
        seed = draw.sampling_seed if shared else derive(draw.sampling_seed, role)
        common = {
            "split": split,
            "samples": samples,
            "transforms": transforms,
            "image_size": self.config["image_size"],
            "protocol": data_protocol(self.switches),
        }
        if domain == "t2d":
            prototypes = self.config["base_images"]["prototypes"]
            return DatasetSpec(**common, seed=seed, classes=classes, prototypes=prototypes)
        # One sampling seed for all: which natural images are for validation is the same everywhere.
        common |= {"seed": draw.sampling_seed, "transforms_seed": seed}
        return DatasetSpec(
            **common,
            foreground="none",
            background="natural",
            natural_classes=classes,
            labels="background",
        )

    def data(self, model: str) -> str:
        """Name of the dataset that the model of this name is pretrained on."""
        return Model.parse(model).data

    def pretraining(self, domain: str, seed: int, name: str) -> dict:
        """Settings of the pretraining of the model called ``name`` (appendix B)."""
        settings = self.config["pretraining"]
        model = Model.parse(name)
        draw = self.draw(domain, seed)
        vit = model.architecture == "vit"
        mean, std = NORMALISATION[domain]
        return {
            **settings,
            "architecture": model.architecture,
            "num_classes": len(self.classes(domain, seed, model.class_relationship)),
            "init_seed": draw.init_seed,
            "shuffle_seed": derive(draw.sampling_seed, "shuffle"),
            **self._schedule(vit),
            "model_selection": self.switches["model_selection"],
            "draws": self.switches["draws"],
            "vit": self.switches["vit"],
            "densenet_representation": self.switches["densenet_representation"],
            "mean": list(mean),
            "std": list(std),
            "image_size": self.config["image_size"],
        }

    def dataset_specs(self, domain: str, seed: int, name: str) -> dict[str, dict]:
        """Every split of the dataset called ``name``, as plain values."""
        return {split: self.dataset(domain, seed, name, split).to_dict() for split in SPLITS}

    def features(self, domain: str, seed: int, name: str) -> dict:
        """Settings of the extraction of frozen features."""
        return {"batch_size": 512, "precision": self.config["pretraining"]["precision"]}

    def linear_probe(self, domain: str, seed: int, name: str) -> dict:
        """Settings of the linear probes of the model called ``name`` (appendix B)."""
        vit = Model.parse(name).architecture == "vit"
        return {
            **self.config["linear_probe"],
            **self._schedule(vit),
            "seed": derive(self.draw(domain, seed).sampling_seed, "linear_probe"),
        }

    def fine_tuning(self, domain: str, seed: int, name: str) -> list[dict]:
        """Settings of the full fine-tunings of every model: one for each amount of target data."""
        common = {
            **self.config["fine_tuning"],
            "decay_epochs": min(
                self.switches["fine_tuning_decay_epochs"], self.config["fine_tuning"]["epochs"]
            ),
            "precision": self.config["pretraining"]["precision"],
            "channels_last": self.config["pretraining"]["channels_last"],
            "seed": derive(self.draw(domain, seed).sampling_seed, "fine_tuning"),
        }
        if Model.parse(name).architecture == "vit" and self.switches["vit"] == "released_code":
            common |= self._schedule(vit=True)
        amounts = self.settings["sizes"][domain]["fine_tuning_samples"]
        return [{**common, "samples": samples} for samples in amounts]

    def sensitivity(self, domain: str, seed: int, name: str) -> dict:
        """Settings of the sensitivity scores (sec. 5.1)."""
        return {
            **self.config["sensitivity"],
            "normaliser": self.switches["sensitivity_normaliser"],
            "precision": self.config["pretraining"]["precision"],
            "seed": derive(self.draw(domain, seed).sampling_seed, "sensitivity"),
        }

    def _schedule(self, vit: bool) -> dict:
        variant = self.switches["vit"]
        if not vit:
            return {"schedule": "constant", "weight_decay": 0.0}
        decay = {"paper": 1e-5, "released_code": 5e-5}[variant]
        return {"schedule": f"vit_{variant}", "weight_decay": decay}

    def sensitivity_sets(self, domain: str, seed: int, name: str) -> dict[str, dict]:
        """Twins to score every model on: under the target's transformations, and the others'."""
        draw = self.draw(domain, seed)
        samples = self.settings["target_samples"]["test"] if domain == "t2d" else 0
        sets = {
            "target_transformations": draw.target_transforms,
            "other_transformations": draw.other_transforms,
        }
        common = domain, draw, self.targets[0], "test", samples, draw.target_classes
        return {
            set_name: self._spec(*common, transforms).to_dict()
            for set_name, transforms in sets.items()
        }

    def example(self, transforms: str) -> str:
        """Name of the pretraining data on Transforms-2D that figure 1 shows."""
        defaults = self.defaults("t2d")
        return f"{transforms}/{defaults['class_relationship']}/n{defaults['pretraining_samples']}"

    def records(self) -> list[str]:
        """Paths, below the study's folder, of every record the study's table is made of."""
        return [
            f"{domain}/seed{seed}/{stage}"
            for domain in self.domains
            for seed in self.seeds
            for model in self.models(domain)
            for stage in (
                f"pretrain/{model.name}/record.json",
                f"probe/{model.name}/record.json",
                *(f"finetune/{model.name}/{target}.json" for target in self.targets),
                f"sensitivity/{model.name}/record.json",
            )
        ]

    def cell(self, domain: str, seed: int, name: str) -> dict:
        """Where a model stands in the study: the first columns of the tidy table."""
        model = Model.parse(name)
        return {
            "study": NAME,
            "domain": domain,
            "seed": seed,
            "model": name,
            "transforms": model.transforms,
            "class_relationship": model.class_relationship,
            "pretraining_samples": model.samples,
            "architecture": model.architecture,
        }

    def check_name(self, domain: str, parts: list[str]) -> None:
        """Refuse the folders of a model or dataset that the configuration knows nothing of.

        Raises
        ------
        UserError
            One line with the part that is wrong and the values it may take.
        """
        for part, valid in zip(parts, self._parts([domain]), strict=False):
            if part not in valid:
                raise UserError(f"unknown {part!r}; valid here: {', '.join(valid)}")

    def _parts(self, domains) -> list[list[str]]:
        models = [model.name.split("/") for domain in domains for model in self.models(domain)]
        return [list(dict.fromkeys(parts)) for parts in zip(*models, strict=True)]

    @property
    def model_pattern(self) -> str:
        """Regular expression of the names of models: any combination of the configured values."""
        return "/".join(f"(?:{'|'.join(part)})" for part in self._parts(self.domains))

    @property
    def dataset_pattern(self) -> str:
        """Regular expression of the names of datasets."""
        parts = self._parts(self.domains)[:-1]
        return "|".join([*self.targets, "/".join(f"(?:{'|'.join(part)})" for part in parts)])
