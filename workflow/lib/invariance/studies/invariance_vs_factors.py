"""Study 1 (sec. 4.1): does invariance matter as much as other factors of pretraining?

Models are pretrained with the transformations of the target task (``same``) or with others
(``different``), and differ in one factor at a time: the relation of their classes to the target's,
their architecture, or the number of training samples. One more panel varies the amount of target
data for models pretrained on the target's classes.
"""

from functools import cache

import numpy as np

from invariance.studies import base
from invariance.studies.protocol import schedule
from invariance.studies.seeds import derive
from invariance.studies.vs_factors import checks
from invariance.studies.vs_factors.models import (
    FACTORS,
    NAME,
    NATURAL_TRAINING,
    TARGET_SAMPLES,
    TRANSFORMS,
    Draw,
    Model,
    model_of,
)
from transforms2d import names
from transforms2d.natural_images.settings import NATURAL_CLASSES
from transforms2d.spec import DatasetSpec


class Study(base.Study):
    """Study 1; any combination of the configured values of the factors can be requested."""

    name = NAME
    title = "Invariance beside other factors of pretraining (4.1)"
    headlines = ("F2", "F3-t2d")
    published = "vs_factors"
    chooses_cells = ("domains", "factors")
    stages = ("linear_probe", "fine_tune")
    init_offset = 583
    targets = ("target",)

    def __init__(self, config: dict):
        super().__init__(config)
        self.domains = tuple(self.settings["domains"])

    def check(self) -> None:
        """Check the numbers of classes and target images, and the probe's batch size."""
        checks.check(self)

    def batches_and_samples(self) -> list[tuple[str, int | float]]:
        """Keys and values of the batch sizes and numbers of samples of trainings."""
        samples = []
        for domain in self.domains:
            sizes, where = self.settings["sizes"][domain], f"studies.{NAME}.sizes.{domain}"
            keys = ["fine_tuning_samples", TARGET_SAMPLES]
            if domain == "t2d":  # in other domains they are numbers per class
                samples.append((f"{where}.default_samples", sizes["default_samples"]))
                keys.append("pretraining_samples")
            samples += [(f"{where}.{key}", value) for key in keys for value in sizes[key]]
        tuning = ("fine_tuning.batch_size", self.config["fine_tuning"]["batch_size"])
        return [*super().batches_and_samples(), tuning, *samples]

    def model(self, name: str) -> Model:
        """The model of this name, even if no figure shows it."""
        return Model.parse(name)

    @cache  # noqa: B019 - a study lives as long as the process
    def models(self, domain: str) -> tuple[Model, ...]:
        """Every model of a domain, without repetition."""
        defaults = self.defaults(domain)
        cells = [
            {**defaults, factor: value}
            for factor in FACTORS
            for value in self.values(factor, domain)
        ]
        if self.values(TARGET_SAMPLES, domain):
            cells.append(self.panel_defaults(TARGET_SAMPLES, domain))
        models = (model_of(transforms, cell) for cell in cells for transforms in TRANSFORMS)
        return tuple(dict.fromkeys(models))

    def values(self, factor: str, domain: str) -> list:
        """The values of a factor in a domain, in the order of the figure's axis."""
        if factor in ("pretraining_samples", TARGET_SAMPLES):
            return self.settings["sizes"][domain][factor]
        return self.settings["factors"][factor]

    def has_results_for(self, artefact) -> bool:
        """Figures of differences need several values of some factor."""
        return artefact.module != "differences" or self.varies

    @property
    def varies(self) -> bool:
        """Whether any factor of a model has more than one value."""
        return any(len(self.values(factor, d)) > 1 for factor in FACTORS for d in self.domains)

    def defaults(self, domain: str) -> dict:
        """The value of every factor that does not vary."""
        samples = self.settings["sizes"][domain]["default_samples"]
        return {**self.settings["defaults"], "pretraining_samples": samples}

    def panel_defaults(self, factor: str, domain: str) -> dict:
        """The fixed factors of a panel: the other factors at their defaults.

        The panel of target samples shows models pretrained on the target's classes.
        """
        if factor == TARGET_SAMPLES:
            return {**self.defaults(domain), "class_relationship": "same"}
        return {key: value for key, value in self.defaults(domain).items() if key != factor}

    def all_of_target(self, domain: str, amount: int | float) -> bool:
        """Whether an amount means all training images of the target."""
        whole = self.settings["target_samples"]["train"] if domain == "t2d" else 1.0
        return amount == whole and type(amount) is type(whole)

    def _amounts(self, domain: str, name: str) -> tuple[list, list]:
        """Amounts of target data in the panel of this model: all data, and smaller amounts."""
        fixed = self.panel_defaults(TARGET_SAMPLES, domain)
        if name not in {model_of(transforms, fixed).name for transforms in TRANSFORMS}:
            return [], []
        amounts = self.values(TARGET_SAMPLES, domain)
        whole = [amount for amount in amounts if self.all_of_target(domain, amount)]
        return whole, [amount for amount in amounts if amount not in whole]

    @cache  # noqa: B019
    def draw(self, domain: str, seed: int) -> Draw:
        """Transformations and classes of run ``seed``, in the published order of calls."""
        configuration, sampling = self.seed_pair(seed)
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
        return Draw(target, other, classes[:size], classes[size:], sampling)

    def classes(self, domain: str, seed: int, relationship: str) -> tuple[int, ...]:
        """Classes of the pretraining data with this relation to the target's classes."""
        draw = self.draw(domain, seed)
        subset = self.settings["sizes"][domain]["subset_classes"]
        return {
            "subset": draw.target_classes[:subset],
            "disjoint": draw.other_classes,
            "same": draw.target_classes,
            "superset": draw.target_classes + draw.other_classes,
        }[relationship]

    def dataset(self, domain: str, seed: int, name: str, split: str) -> DatasetSpec:
        """The dataset ``name`` (a model's data, or ``target``)."""
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
                # The split is not stratified, so some classes have fewer images than the mean.
                per_class = self.natural_images(domain, "train") or NATURAL_TRAINING[domain]
                whole = model.samples >= min(per_class, NATURAL_TRAINING[domain])
                samples = 0 if whole or split != "train" else model.samples * len(classes)
        return self._spec(domain, draw, name, split, samples, classes, transforms)

    def _spec(self, domain, draw, name, split, samples, classes, transforms) -> DatasetSpec:
        shared = self.switches["transform_seeds"] == "shared"
        role = "target" if name in self.targets else "pretraining"
        seed = draw.sampling_seed if shared else derive(draw.sampling_seed, role)
        common = {
            **self.common_spec(),
            "split": split,
            "samples": samples,
            "transforms": transforms,
        }
        if domain == "t2d":
            prototypes = self.config["base_images"]["prototypes"]
            return DatasetSpec(**common, seed=seed, classes=classes, prototypes=prototypes)
        # One sampling seed for all datasets, so that all have the same validation images.
        common |= {"seed": draw.sampling_seed, "transforms_seed": seed}
        return DatasetSpec(
            **common,
            foreground="none",
            background="natural",
            natural_classes=classes,
            labels="background",
        )

    def linear_probe(self, domain: str, seed: int, name: str) -> dict:
        """Settings of the linear probes; small amounts are the same images as in fine-tuning."""
        settings = super().linear_probe(domain, seed, name)
        _, few = self._amounts(domain, name)
        if not few:
            return settings
        return {**settings, "samples": few, "samples_seed": self._tuning_seed(domain, seed)}

    def _tuning_seed(self, domain: str, seed: int) -> int:
        return derive(self.draw(domain, seed).sampling_seed, "fine_tuning")

    def fine_tuning(self, domain: str, seed: int, name: str) -> list[dict]:
        """Settings of the full fine-tunings of every model: one per amount of target data.

        Each starts from the head that was trained on all target images, as published. Those of the
        panel of target samples start from the head that was trained on the same few images.
        """
        common = {
            **self.config["fine_tuning"],
            "decay_epochs": min(
                self.switches["fine_tuning_decay_epochs"], self.config["fine_tuning"]["epochs"]
            ),
            "precision": self.config["pretraining"]["precision"],
            "channels_last": self.config["pretraining"]["channels_last"],
            "model_selection": self.switches["model_selection"],
            "seed": self._tuning_seed(domain, seed),
            "draws": self.transfer_draws(domain, seed, self.config["fine_tuning"]["epochs"]),
        }
        model = self.model(name)
        if model.architecture == "vit" and self.switches["vit"] == "released_code":
            common |= schedule(self.switches, model.architecture)
        whole, few = self._amounts(domain, name)
        amounts = [*self.settings["sizes"][domain]["fine_tuning_samples"], *whole]
        return [
            *({**common, "samples": samples} for samples in dict.fromkeys(amounts)),
            *({**common, "samples": samples, "head_samples": samples} for samples in few),
        ]

    def exported(self) -> dict[str, list[str]]:
        """Models with and without the target's transformations, with defaults of other factors."""
        return {
            domain: [model_of(transforms, self.defaults(domain)).name for transforms in TRANSFORMS]
            for domain in self.domains
        }

    def factors(self, name: str) -> dict:
        """Transformations, class relationship and samples of the model ``name``."""
        model = self.model(name)
        return {
            "transforms": model.transforms,
            "class_relationship": model.class_relationship,
            "pretraining_samples": model.samples,
        }
