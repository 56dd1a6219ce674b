"""Views: what invariances do they teach, how are these measured, and what do they cost?

Networks are trained on views of images (Ericsson et al. 2022): of all changes, of crops alone, of
colours alone. Each is frozen and measured in several ways on images whose latents are known. Then
networks of different views are fused, beside ensembles of one kind of view.
"""

from functools import cache

from invariance.studies import base
from invariance.studies.contrastive import checks, datasets, fusions, measuring, shown
from invariance.studies.contrastive.listing import list_views
from invariance.studies.contrastive.models import Model, list_models, wide
from invariance.studies.seeds import derive
from transforms2d.spec import DatasetSpec

NAME = "contrastive"
OF_NETWORKS = ("contrastive", "represent")


@cache
def _factors(table: str) -> list[str]:
    """What the views of a person's table differ in, in its order."""
    return list(dict.fromkeys(row.factor for row in list_views(table)))


class Study(base.Study):
    """The study of views: a network per objective and kind of view, and fusions of them."""

    name = NAME
    title = "What invariances do views teach, and what do they cost"
    headlines = ("C1",)
    published = NAME
    chooses_cells = ("domains", "conditions", "fusions", "groups")
    stages = ("contrastive", "represent", "fusion")
    targets = (datasets.OBJECTS, datasets.LATENTS, datasets.CIFAR10)

    def __init__(self, config: dict):
        super().__init__(config)
        self.domains = tuple(self.settings["domains"])
        groups = self.settings["groups"].items()
        self.groups = {name: one for name, one in groups if one is not None}
        self.fusions = fusions.named(self.settings["fusions"])

    def check(self) -> None:
        """Check views, batches, objects, natural images, groups of views and fusions."""
        checks.check(self)

    def batches_and_samples(self) -> list[tuple[str, int | float]]:
        """Key and value of the batch size of its trainings."""
        size = self.settings["pretraining"]["batch_size"]
        return [(f"studies.{NAME}.pretraining.batch_size", size)]

    def has_results_for(self, artefact) -> bool:
        """Whether it has the conditions, transformations and datasets that an artefact shows."""
        return shown.is_shown(artefact.name, self.settings)

    @property
    def recorded(self) -> tuple[str, ...]:
        """The stages with a record that it needs, in order."""
        return self.stages

    @cache  # noqa: B019 - a study lives as long as the process
    def models(self, domain: str) -> tuple[Model, ...]:
        """The networks of every domain."""
        return list_models(self.settings)

    @cache  # noqa: B019
    def units(self, domain: str, stage: str) -> tuple[str, ...]:
        """Names of networks, of groups of views, and of fusions with their controls."""
        if stage in OF_NETWORKS:
            return tuple(model.name for model in self.models(domain))
        found = {"dataset": (datasets.SOURCE,), "views": self.groups, "fusion": self.fusions}
        return tuple(found.get(stage, ()))

    def pattern(self, stage: str) -> str:
        """As of every study, but of networks only those there are: each objective has own views."""
        if stage in OF_NETWORKS:
            return "|".join(model.name for model in self._by_name.values())
        return super().pattern(stage)

    def units_before(self, domain: str, stage: str, unit: str, before: str) -> tuple[str, ...]:
        """The units of the stage ``before`` that the result of a unit of ``stage`` depends on."""
        if before == "views" and stage != before:
            return self.units(domain, before)
        if stage == "fusion" and before == "contrastive":
            return tuple(dict.fromkeys(map(self._fused, self.fusions[unit])))
        return (unit,)

    def places_before(
        self, domain: str, seed: int, stage: str, unit: str, before: str
    ) -> dict[str, tuple]:
        """As ``units_before``, with domain and seed: ensembles have networks of other seeds."""
        if stage == "fusion" and before == "contrastive":
            return {
                f"seed{other}/{name}": (domain, other, name)
                for other, name in self.parts(seed, unit)
            }
        return super().places_before(domain, seed, stage, unit, before)

    def parts(self, seed: int, fusion: str) -> tuple[tuple[int, str], ...]:
        """Seed and name of each network of a fusion or control."""
        parts = fusions.parts(self.fusions[fusion], seed, len(self.seeds))
        return tuple((other, self._fused(condition)) for condition, other in parts)

    def controls(self, fusion: str) -> tuple[str, ...]:
        """Names of the ensembles that a fusion is compared with."""
        return tuple(map(fusions.name_of, fusions.controls(self.fusions[fusion])))

    def _fused(self, condition: str) -> str:
        return Model("moco", condition, self.settings["architecture"]).name

    def networks(self, domain: str, stage: str, unit: str) -> int:
        """The number of networks that a job of a stage trains from scratch."""
        return int(stage == "contrastive" and self.model(unit).objective != "none")

    def data(self, name: str) -> str:
        """The data of every network."""
        return datasets.SOURCE

    def architecture(self, name: str) -> str:
        """The architecture of a network, or of the parts of a fusion."""
        model = self._by_name.get(name)
        return model.architecture if model else self.settings["architecture"]

    def factors(self, name: str) -> dict:
        """Objective and condition; of a fusion ``fusion`` or ``ensemble``, and its name."""
        model = self._by_name.get(name)
        if model:
            return {"objective": model.objective, "condition": model.condition}
        kind = "fusion" if len(set(self.fusions.get(name, ()))) > 1 else "ensemble"
        return {"objective": kind, "condition": name} if name in self.fusions else {}

    def natural(self, domain: str, name: str) -> str | None:
        """CIFAR-100 in the source of its domain, CIFAR-10 in the target of this name, else None."""
        return datasets.natural(domain, name)

    def shows_objects(self, domain: str) -> bool:
        """True: targets show objects on every domain."""
        return True

    def classes(self, domain: str, name: str) -> int:
        """Number of classes of a dataset."""
        return self.dataset(domain, 0, name, datasets.measured_split(domain, name)).num_classes

    def dataset(self, domain: str, seed: int, name: str, split: str) -> DatasetSpec:
        """The dataset ``source``, which networks are trained on, or a target.

        Objects are at random places on backgrounds. ``latents`` shows them under transformations,
        and ``objects`` some of them, to be told apart. Networks are measured on the test images of
        ``source`` and on the training images of each target, of CIFAR-10 on the test images where
        networks are trained on it.
        """
        return datasets.spec(self, domain, seed, name, split)

    def pretraining(self, domain: str, seed: int, name: str) -> dict:
        """Settings of the training under views of the network ``name``."""
        model, shared = self.model(name), self.config["pretraining"]
        configuration, sampling = self.seed_pair(seed)
        mean, std = self.normalisation(domain)
        settings = {
            "objective": model.objective,
            "architecture": model.architecture,
            "width": shared["width"],
            "blocks_per_stage": shared["blocks_per_stage"],
            "num_classes": self.classes(domain, datasets.SOURCE),
            "init_seed": configuration,
            "shuffle_seed": derive(sampling, "shuffle"),
            **{key: self.switches[key] for key in base.NETWORK_SWITCHES},
            "mean": list(mean),
            "std": list(std),
            "image_size": self.config["image_size"],
            "precision": shared["precision"],
            "channels_last": shared["channels_last"],
        }
        if model.objective != "none":
            views = {"group": model.condition, "seed": derive(sampling, "views")}
            settings |= {
                **self.settings["pretraining"],
                "views": {**self.settings["views"], **views},
            }
        if model.objective == "moco":
            settings |= self.settings["moco"]
            if model.architecture == wide(self.settings["architecture"]):
                settings["dimension"] *= 3
        return dict(sorted(settings.items()))

    def represent(self, domain: str, seed: int, name: str) -> dict:
        """Settings of the measures of a network, by dataset."""
        return measuring.settings_by_dataset(self, seed)

    def fusion(self, domain: str, seed: int, name: str) -> dict:
        """Settings of what is read out of a fusion, by dataset: those of a network."""
        measured = self.represent(domain, seed, name)
        return {key: one for key, one in measured.items() if one["readout_train"]}

    def view_groups(self, domain: str, seed: int, name: str) -> dict:
        """How a group of views is made: a table of files, or rendered from a dataset."""
        group = self.groups[name]
        if "csv" in group:
            return {**group, "factors": _factors(group["csv"])}
        spec = self.dataset(domain, seed, datasets.OBJECTS, "train").to_dict()
        spec |= {"samples": group["groups"], "seed": derive(self.seed_pair(seed)[1], "views", name)}
        return {**group, "spec": spec}
