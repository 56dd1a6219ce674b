"""Study 3 (sec. 5.1): does the invariance from pretraining also hold on other data?

A model is trained with one transformation, or none, on images (objects on photographs) or on random
data (random patterns on random backgrounds). Its sensitivity to every transformation is scored on
its own distribution, on mildly and strongly different data, and on natural images.
"""

import itertools
from dataclasses import dataclass
from functools import cache

import numpy as np

from invariance.studies import base, checks
from invariance.studies.protocol import data_protocol
from invariance.studies.seeds import derive
from transforms2d.errors import UserError, gather, quote
from transforms2d.names import KNOWN
from transforms2d.natural_images.settings import NATURAL_CLASSES
from transforms2d.spec import DatasetSpec

NAME = "invariance_transfer"
KINDS = ("image", "random")
# What the data of each kind shows: foreground and background.
SHOWS = {"image": ("objects", "images"), "random": ("patterns", "patterns")}
NONE = "none"  # a model trained without transformations
# Published differences between the seed of the random patterns and the configuration seed.
PATTERN_OFFSETS = {"primary": 593, "secondary": 245}


def rendered_sets(kind: str, further: bool) -> dict[str, tuple[str, str, str]]:
    """Role of the classes, foreground and background of each rendered set of twins, by name.

    Parameters
    ----------
    kind : str
        Kind of the models' data. Their sets are the model's own data (``in_distribution``), other
        classes of the same kind of data (``mild_ood``) and other classes of the other kind
        (``strong_ood``).
    further : bool
        Also every other combination, each named after its parts.
    """
    (other,) = set(KINDS) - {kind}
    sets = {
        "in_distribution": ("primary", *SHOWS[kind]),
        "mild_ood": ("secondary", *SHOWS[kind]),
        "strong_ood": ("secondary", *SHOWS[other]),
    }
    if further:
        foregrounds, backgrounds = zip(*SHOWS.values(), strict=True)
        every = itertools.product(PATTERN_OFFSETS, foregrounds, backgrounds)
        present = set(sets.values())
        sets |= {"{}_{}_on_{}".format(*parts): parts for parts in every if parts not in present}
    return sets


@dataclass(frozen=True)
class Model(base.Model):
    """One pretrained model; its name is the path below ``pretrain/``.

    ``kind`` is ``image`` or ``random``, ``transformation`` a transformation's name or ``none``.
    """

    kind: str
    transformation: str
    architecture: str

    @property
    def data(self) -> str:
        """Name of its pretraining data."""
        return f"{self.kind}/{self.transformation}"


class Study(base.Study):
    """Study 3.

    Attributes
    ----------
    transformations : tuple of str
        The transformations for training and scoring, in the order of the paper's figure 5.
    """

    name = NAME
    title = "Invariance on data of another kind (5.1)"
    headlines = ("T2",)
    published = "transfer"
    chooses_cells = ("architectures", "further_sets")
    stages = ("sensitivity",)
    init_offset = 394

    def __init__(self, config: dict):
        super().__init__(config)
        chosen = self.settings["transformations"]
        self.transformations = tuple(name for name in KNOWN if name in chosen)

    def check(self) -> None:
        """Check names of transformations, the number of objects (twice the classes), and pairs."""
        gather(
            self._check_transformations,
            lambda: checks.objects(self, 2 * self.settings["classes"], "classes"),
            lambda: checks.pairs(self, self.settings["samples"]["test"], "samples.test"),
        )

    def _check_transformations(self) -> None:
        for name in self.settings["transformations"]:
            if name not in KNOWN:
                raise UserError(
                    f"studies.{NAME}.transformations: {quote(name)} is not one of "
                    f"{', '.join(KNOWN)}"
                )

    def batches_and_samples(self) -> list[tuple[str, int | float]]:
        """Keys and values of the batch sizes and numbers of samples of trainings."""
        samples = (f"studies.{NAME}.samples.train", self.settings["samples"]["train"])
        return [*super().batches_and_samples(), samples]

    @cache  # noqa: B019 - a study lives as long as the process
    def models(self, domain: str) -> tuple[Model, ...]:
        """One model per architecture, kind of data and transformation, the latter or none."""
        return tuple(
            Model(kind, transformation, architecture)
            for architecture in self.settings["architectures"]
            for kind in KINDS
            for transformation in (*self.transformations, NONE)
        )

    def measured_on(self, name: str) -> str:
        """The data without transformations of the model's kind."""
        return f"{self.model(name).kind}/{NONE}"

    def factors(self, name: str) -> dict:
        """Kind of data and transformation of the model ``name``."""
        model = self.model(name)
        return {"data": model.kind, "transformation": model.transformation}

    def objects(self, seed: int) -> dict[str, tuple[int, ...]]:
        """Objects of run ``seed``: those of the training (``primary``) and others."""
        count = self.settings["classes"]
        rng = np.random.default_rng(self.seed_pair(seed)[0])
        drawn = rng.choice(self.config["base_images"]["objects"], 2 * count, replace=False)
        classes = tuple(map(int, drawn))
        return {"primary": classes[:count], "secondary": classes[count:]}

    def dataset(self, domain: str, seed: int, name: str, split: str) -> DatasetSpec:
        """The pretraining data: primary classes with one transformation or none."""
        kind, transformation = name.split("/")
        return DatasetSpec(
            **self._family(seed, "primary", *SHOWS[kind]),
            split=split,
            samples=self.settings["samples"][split],
            transforms=() if transformation == NONE else (transformation,),
        )

    def sensitivity_sets(self, domain: str, seed: int, name: str) -> dict[str, dict]:
        """Sets of twins, relative to the data of the model ``name`` (sec. 5.1).

        Those of ``rendered_sets``, and the test images of CIFAR-10 and CIFAR-100. Models of one
        seed and kind of data share the sets, and the returned mappings.
        """
        return self._sets(seed, self.model(name).kind)

    @cache  # noqa: B019
    def _sets(self, seed: int, kind: str) -> dict[str, dict]:
        samples = self.settings["samples"]["test"]
        families = {
            name: {**self._family(seed, *parts), "samples": samples}
            for name, parts in rendered_sets(kind, self.settings["further_sets"]).items()
        }
        for name, classes in NATURAL_CLASSES.items():
            families[name] = {
                **self._common(seed),
                "foreground": "none",
                "background": "natural",
                "natural_classes": range(classes),
                "samples": 0,
            }
        # As published, all sets share one seed of draws, which differs from those of the training.
        twins = derive(self.seed_pair(seed)[1], "twins")
        return {
            name: {
                "spec": DatasetSpec(**family, split="test", transforms_seed=twins).to_dict(),
                "changes": list(self.transformations),
                "natural": name if name in NATURAL_CLASSES else None,
                "normalisation": self._normalisation(name),
            }
            for name, family in families.items()
        }

    def _normalisation(self, name: str) -> dict | None:
        if name not in NATURAL_CLASSES or self.switches["cifar_normalisation"] == "own":
            return None
        mean, std = base.NORMALISATION[name]
        return {"mean": list(mean), "std": list(std)}

    def _family(self, seed: int, role: str, foreground: str, background: str) -> dict:
        family = {**self._common(seed), "foreground": foreground, "background": background}
        if foreground == "objects":
            return {
                **family,
                "classes": self.objects(seed)[role],
                "prototypes": self.config["base_images"]["prototypes"],
            }
        return {
            **family,
            "classes": range(self.settings["classes"]),
            "pattern_seed": self.seed_pair(seed)[0] + PATTERN_OFFSETS[role],
        }

    def _common(self, seed: int) -> dict:
        # The released code shared transformation seeds between splits only in sec. 4.1.
        switches = {**self.switches, "transform_seeds": "independent"}
        return {
            **self.common_spec(),
            "seed": self.seed_pair(seed)[1],
            "protocol": data_protocol(switches),
        }
