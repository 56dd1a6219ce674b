"""Influence: which source classes help or hurt a transfer, by what they show or what they teach?

Many networks are trained on random subsets of the source classes and transferred to one target.
Their margins on the target's images tell the influence of each class. Then classes are removed in
several orders, and networks are trained on the rest. A seed is a design: it draws the objects of
source and target and a list of transformations for each class. On the domain ``cifar`` the source
has the classes of CIFAR-100, and the target those of CIFAR-10.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from invariance.studies import base
from invariance.studies.influence import checks
from invariance.studies.influence.design import Design, class_names, draw
from invariance.studies.seeds import derive
from transforms2d.natural_images.settings import NATURAL_CLASSES
from transforms2d.spec import DatasetSpec

NAME = "influence"
NATURAL = {"source": "cifar100", "target": "cifar10"}  # of the domain cifar
PLANTED = "planted"  # the arm that needs lists of transformations
RELIABILITY = (0.25, 0.5, 1.0)  # shares of the models


class Study(base.Study):
    """The study of influence. It has no models: its units are sets of masks, kinds, repeats.

    Training images have one draw of their transformations under every protocol.
    """

    name = NAME
    title = "Which source classes help or hurt a transfer"
    headlines = ("I1",)
    published = NAME
    # Stacks change results only by rounding.
    chooses_cells = ("domains", "stack")
    stages = ("subsets", "influence", "counterfactuals")
    targets = ("target",)

    def __init__(self, config: dict):
        super().__init__(config)
        self.domains = tuple(self.settings["domains"])
        self.kinds = tuple(self.settings["masks"]["kinds"])

    def check(self) -> None:
        """Check objects, lists, masks, removals, stacks and natural images."""
        checks.check(self)

    def batches_and_samples(self) -> list[tuple[str, int | float]]:
        """Key and value of the batch size of its trainings."""
        return [(f"studies.{NAME}.training.batch_size", self.settings["training"]["batch_size"])]

    @property
    def recorded(self) -> tuple[str, ...]:
        """The stages with a record that it needs, in order."""
        return self.stages

    def models(self, domain: str) -> tuple:
        """None: every result belongs to many networks."""
        return ()

    @cache  # noqa: B019 - a study lives as long as the process
    def units(self, domain: str, stage: str) -> tuple[str, ...]:
        """Names of what the jobs of a stage are about.

        Of ``masks`` and ``subsets``: a part of the masks of a kind, such as ``bernoulli/0``. Kinds
        besides those of the settings are ``repeated``, the first masks of the first kind with other
        seeds of training, and ``full``, all classes. Of ``influence``: a kind. Of
        ``counterfactuals``: a repeat.
        """
        if stage in ("masks", "subsets"):
            kinds = (*self.kinds, "repeated", "full")
            return tuple(name for kind in kinds for name in self._parts(kind))
        repeats = range(self.settings["counterfactuals"]["repeats"])
        return {
            "dataset": ("source",),
            "influence": self.kinds,
            "counterfactuals": tuple(f"repeat{number}" for number in repeats),
        }.get(stage, ())

    def units_before(self, domain: str, stage: str, unit: str, before: str) -> tuple[str, ...]:
        """The units of the stage ``before`` that the result of a unit of ``stage`` depends on.

        Orders of removal are those of the first kind of masks.
        """
        if stage == "counterfactuals" and before != stage:
            first = self.kinds[0]
            if before == "influence":
                return (first,)
            return self.units_before(domain, "influence", first, before)
        if stage == "influence" and before in ("masks", "subsets"):
            return tuple(part for parts in self.units_by_role(unit).values() for part in parts)
        return (unit,)

    def units_by_role(self, kind: str) -> dict[str, list[str]]:
        """Units of ``subsets`` that the influences of a kind are estimated from.

        ``subsets``: those of its masks; ``repeated``, if this kind has some; ``full``.
        """
        roles = {
            "subsets": self._parts(kind),
            "repeated": self._parts("repeated") if kind == self.kinds[0] else (),
            "full": self._parts("full"),
        }
        return {role: list(units) for role, units in roles.items() if units}

    def _parts(self, kind: str) -> tuple[str, ...]:
        parts = -(-self.models_of(kind) // self.settings["masks"]["per_job"])
        return tuple(f"{kind}/{part}" for part in range(parts))

    def models_of(self, kind: str) -> int:
        """Number of masks of a kind."""
        masks = self.settings["masks"]
        if kind == "full":
            return self.settings["counterfactuals"]["repeats"]
        return round(masks["repeated"] * masks["models"]) if kind == "repeated" else masks["models"]

    def networks(self, domain: str, stage: str, unit: str) -> int:
        """The number of networks that a job of a stage trains from scratch.

        A repeat removes classes in every order, by the order ``wrong`` once, and once none.
        """
        if stage == "subsets":
            first, end = self._rows(unit)
            return end - first
        removals = len(self.arms(domain)) * len(self.removed(domain)) + 2
        return removals if stage == "counterfactuals" else 0

    def _rows(self, unit: str) -> tuple[int, int]:
        """The first row of a part of the masks of a kind, and the one after its last."""
        kind, part = unit.split("/")
        size = self.settings["masks"]["per_job"]
        return int(part) * size, min((int(part) + 1) * size, self.models_of(kind))

    def data(self, name: str) -> str:
        """The data of every network."""
        return "source"

    def architecture(self, name: str) -> str:
        """The architecture of every network."""
        return self.settings["network"]["architecture"]

    def factors(self, name: str) -> dict:
        """No factors."""
        return {}

    def natural(self, domain: str, name: str) -> str | None:
        """CIFAR-100 in the source and CIFAR-10 in the target of ``cifar``, else None."""
        return NATURAL[name] if domain == "cifar" else None

    def normalisation(self, domain: str) -> tuple:
        """The normalisation of the source, for the target too."""
        return base.NORMALISATION["t2d" if domain == "t2d" else NATURAL["source"]]

    def shows_objects(self, domain: str) -> bool:
        """Whether images of a domain show objects or backgrounds of the base images."""
        return domain == "t2d"

    def source_classes(self, domain: str) -> tuple[str, ...]:
        """Names of the source classes in label order."""
        if domain == "t2d":
            return class_names(self.settings["classes"])
        return tuple(f"class {number}" for number in range(NATURAL_CLASSES[NATURAL["source"]]))

    def target_classes(self, domain: str) -> tuple[str, ...]:
        """Names of the target classes in label order."""
        natural = NATURAL_CLASSES[NATURAL["target"]]
        number = self.settings["target"]["objects"] if domain == "t2d" else natural
        return tuple(f"class {one}" for one in range(1, number + 1))

    @cache  # noqa: B019
    def design(self, seed: int) -> Design:
        """Objects and lists of run ``seed`` on Transforms-2D."""
        objects = self.config["base_images"]["objects"]
        return draw(self.settings, objects, self.seed_pair(seed)[0])

    def dataset(self, domain: str, seed: int, name: str, split: str) -> DatasetSpec:
        """The dataset ``source`` or ``target``.

        Of the source, train is for training, and test for its accuracy and the means of its
        classes. Nothing reads its val, so that has one image per class. Of the target, train fits
        the heads, val tells the influences, and test is what is reported.
        """
        sizes = self.settings["samples"]
        source = {"train": sizes["source"], "val": 1, "test": sizes["source_test"]}
        per_class = (source if name == "source" else sizes["target"])[split]
        sampling = self.seed_pair(seed)[1]
        common = {**self.common_spec(), "split": split}
        # Source and target share no draws, and splits share none.
        common["protocol"] = replace(common["protocol"], transform_seeds="independent")
        if domain == "cifar":
            return self._natural_spec(common, name, per_class, sampling)
        design = self.design(seed)
        classes = design.objects if name == "source" else design.target_objects
        lists = dict(enumerate(design.lists)) if name == "source" else design.target_list
        return DatasetSpec(
            **common,
            samples=per_class * len(classes),
            seed=derive(sampling, name),
            classes=classes,
            transforms=lists,
            prototypes=self.config["base_images"]["prototypes"],
        )

    def _natural_spec(self, common: Mapping, name: str, per_class: int, seed: int) -> DatasetSpec:
        """Natural images, at most as many as there are: 0 means all."""
        classes = NATURAL_CLASSES[NATURAL[name]]
        available = self.counted_natural_images(NATURAL[name], common["split"])
        is_all = available is not None and per_class >= available
        return DatasetSpec(
            **common,
            samples=0 if is_all else per_class * classes,
            seed=seed,
            foreground="none",
            background="natural",
            natural_classes=tuple(range(classes)),
            labels="background",
        )

    def masks(self, domain: str, seed: int, unit: str) -> dict:
        """Settings of the masks of a unit: its rows in the list of masks of its kind."""
        kind, sampling = unit.split("/")[0], self.seed_pair(seed)[1]
        return {
            "classes": list(self.source_classes(domain)),
            "kind": self.kinds[0] if kind == "repeated" else kind,
            "network_seed": derive(sampling, "networks", kind),
            "rows": list(self._rows(unit)),
            "seed": derive(sampling, "masks"),
        }

    def subsets(self, domain: str, seed: int, unit: str) -> dict:
        """Settings of the training of every network, and of its transfer."""
        mean, std = self.normalisation(domain)
        shared = self.config["pretraining"]
        settings = {
            **self.settings["network"],
            **self.settings["training"],
            "stack": dict(self.settings["stack"]),
            "channels_last": shared["channels_last"],
            "precision": shared["precision"],
            "image_size": self.config["image_size"],
            "num_classes": len(self.source_classes(domain)),
            "mean": list(mean),
            "std": list(std),
        }
        return dict(sorted(settings.items()))

    def influence(self, domain: str, seed: int, unit: str) -> dict:
        """Settings of the estimation of influences, and of the orders of removal."""
        design = self.design(seed) if domain == "t2d" else None
        removal = self.settings["counterfactuals"]
        return {
            "classes": list(self.source_classes(domain)),
            "estimator": removal["estimator"],
            "lists": [list(names) for names in design.lists] if design else None,
            "models": self.settings["masks"]["models"],
            "order_from": removal["order_from"],
            "permutations": self.settings["statistics"]["permutations"],
            "reliability": self._numbers_of_models(),
            "repeated": self.models_of("repeated") if unit == self.kinds[0] else 0,
            "resamples": self.settings["statistics"]["resamples"],
            "seed": derive(self.seed_pair(seed)[1], "influence"),
            "target_classes": list(self.target_classes(domain)),
            "target_list": list(design.target_list) if design else None,
        }

    def _numbers_of_models(self) -> list[int]:
        """Numbers of models that reliability is shown for, all even, as masks may be pairs."""
        models = self.settings["masks"]["models"]
        pairs = {min(models // 2, max(2, round(share * models / 2))) for share in RELIABILITY}
        return sorted(2 * number for number in pairs)

    def counterfactuals(self, domain: str, seed: int, unit: str) -> dict:
        """Settings of the removals of a repeat: its arms, numbers of classes, and seeds."""
        sampling = self.seed_pair(seed)[1]
        return {
            "arms": list(self.arms(domain)),
            "network_seed": derive(sampling, "counterfactuals", unit),
            "order_seed": derive(sampling, "random order", unit),
            "removed": list(self.removed(domain)),
            "training": self.subsets(domain, seed, unit),
        }

    def arms(self, domain: str) -> tuple[str, ...]:
        """The orders of removal of a domain; without lists there is no planted one."""
        arms = self.settings["counterfactuals"]["arms"]
        return tuple(arm for arm in arms if domain == "t2d" or arm != PLANTED)

    def removed(self, domain: str) -> tuple[int, ...]:
        """The numbers of classes that are removed, in ascending order."""
        classes = len(self.source_classes(domain))
        shares = self.settings["counterfactuals"]["removed"]
        return tuple(sorted(round(share * classes) for share in shares))
