"""The interface of every study: its models, datasets, and the settings of each stage."""

from abc import ABC, abstractmethod
from functools import cache, cached_property

from invariance.studies import checks
from invariance.studies.image_folders import mean_images
from invariance.studies.measured.models import Measured
from invariance.studies.protocol import data_protocol, is_fresh, resolve, schedule
from invariance.studies.seeds import derive, pair
from invariance.studies.stages import STAGES, up_to
from transforms2d.natural_images.settings import NATURAL_CLASSES
from transforms2d.rendering.draws import has_draws
from transforms2d.spec import SPLITS, DatasetSpec

NORMALISATION = {
    "t2d": ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    "cifar10": ((0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010)),
    "cifar100": ((0.5071, 0.4865, 0.4409), (0.2673, 0.2564, 0.2762)),
}
NETWORK_SWITCHES = ("vit", "densenet_representation", "densenet_growth")


class Model:
    """A model of a study. A subclass sets ``data``, a dataset's name, and ``architecture``."""

    data: str
    architecture: str

    @property
    def name(self) -> str:
        """The path of the model below ``pretrain/``; its last part is the architecture."""
        return f"{self.data}/{self.architecture}"


class Study(Measured, ABC):
    """The models and datasets for every seed and domain, without knowledge of files' content.

    All names of models have the same number of parts. Parameters of jobs are plain values, so that
    Snakemake can compare them.

    Attributes
    ----------
    name : str
        The study's key in the configuration and its folder below the results.
    headlines : tuple of str
        Names of its claims in the overview; empty for a study without published values.
    published : str
        Module of ``invariance.analysis.published`` that reads its tidy table as cells of published
        values; empty for a study without any.
    chooses_cells : tuple of str
        Its settings that only select models, and do not change them.
    stages : tuple of str
        Its stages, those of models after pretraining: names of ``stages.STAGES`` with a method.
    init_offset : int
        Published difference between the seed of the initial weights and the configuration seed.
    targets : tuple of str
        Names of the datasets of the target tasks.
    """

    name: str
    title: str
    stages: tuple[str, ...]
    init_offset: int = 0
    headlines: tuple[str, ...] = ()
    published: str = ""
    chooses_cells: tuple[str, ...] = ()
    domains: tuple[str, ...] = ("t2d",)
    targets: tuple[str, ...] = ()

    def __init__(self, config: dict):
        self.config = config
        self.settings = config["studies"][self.name]
        self.switches = resolve(config["protocol"])
        self.seeds = tuple(range(self.settings["seeds"]))

    @abstractmethod
    def models(self, domain: str) -> tuple:
        """Every model of a domain, without repetition."""

    @abstractmethod
    def dataset(self, domain: str, seed: int, name: str, split: str) -> DatasetSpec:
        """One split of the dataset ``name``: a model's data or a target."""

    @abstractmethod
    def factors(self, name: str) -> dict:
        """The factors that distinguish the model ``name``: columns of the tidy table."""

    @abstractmethod
    def check(self) -> None:
        """Refuse settings that fit the schema but are impossible.

        Raises
        ------
        UserError
            One line: the key's path, the fault, the valid values.
        """

    def has_results_for(self, artefact) -> bool:
        """Whether its settings give the results of an artefact of ``invariance.artefacts``."""
        return True

    def natural_images(self, natural: str, split: str) -> int | None:
        """Mean number of images per class of a split; None for a folder, which must be counted."""
        return mean_images(natural, self.config["natural_images"][natural], split)

    @cache  # noqa: B019 - a study lives as long as the process
    def counted_natural_images(self, natural: str, split: str) -> int | None:
        """As ``natural_images``, but files of a folder are counted; None if there are none."""
        return mean_images(natural, self.config["natural_images"][natural], split, counted=True)

    def batches_and_samples(self) -> list[tuple[str, int | float]]:
        """Keys and values of the batch sizes and numbers of samples of trainings."""
        return [("pretraining.batch_size", self.config["pretraining"]["batch_size"])]

    def natural(self, domain: str, name: str) -> str | None:
        """Natural images (``cifar10`` or ``cifar100``) in the dataset ``name``, or None."""
        return domain if domain in ("cifar10", "cifar100") else None

    def normalisation(self, domain: str) -> tuple:
        """Mean and standard deviation that normalise inputs of this domain's models."""
        return NORMALISATION[domain]

    def seed_pair(self, seed: int) -> tuple[int, int]:
        """Configuration and sampling seed of run ``seed``: published for 0 to 9, else derived."""
        return pair(self.settings.get("published_seeds", []), seed, self.name)

    def model(self, name: str):
        """The model of this name."""
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> dict:
        return {model.name: model for domain in self.domains for model in self.models(domain)}

    def data(self, name: str) -> str:
        """Name of the pretraining data of the model ``name``."""
        return self.model(name).data

    @cache  # noqa: B019 - a study lives as long as the process
    def dataset_specs(self, domain: str, seed: int, name: str) -> dict[str, dict]:
        """Every split of the dataset ``name``, as plain values."""
        return {split: self.dataset(domain, seed, name, split).to_dict() for split in SPLITS}

    @cache  # noqa: B019
    def draws(self, domain: str, seed: int, name: str) -> str:
        """``fresh`` if the training images of the dataset ``name`` differ by epoch (fork 4)."""
        varies = has_draws(self.dataset(domain, seed, name, "train"))
        return "fresh" if varies and is_fresh(self.switches, domain) else "fixed"

    def transfer_draws(self, domain: str, seed: int, epochs: int) -> int:
        """Number of draws of target images that a transfer of so many epochs uses (fork 28)."""
        drawn = {self.draws(domain, seed, target) for target in self.targets}
        return min(self.switches["transfer_draws"], epochs) if "fresh" in drawn else 1

    def common_spec(self) -> dict:
        """Fields of ``DatasetSpec`` that are equal for all datasets."""
        return {"image_size": self.config["image_size"], "protocol": data_protocol(self.switches)}

    def pretraining(self, domain: str, seed: int, name: str) -> dict:
        """Settings of the pretraining of the model ``name`` (appendix B)."""
        model = self.model(name)
        configuration, sampling = self.seed_pair(seed)
        mean, std = self.normalisation(domain)
        return {
            **self.config["pretraining"],
            **self.settings.get("pretraining", {}),
            "architecture": model.architecture,
            "num_classes": self.dataset(domain, seed, model.data, "train").num_classes,
            "init_seed": configuration + self.init_offset,
            "shuffle_seed": derive(sampling, "shuffle"),
            **schedule(self.switches, model.architecture),
            "model_selection": self.switches["model_selection"],
            "draws": self.draws(domain, seed, model.data),
            **{key: self.switches[key] for key in NETWORK_SWITCHES},
            "mean": list(mean),
            "std": list(std),
            "image_size": self.config["image_size"],
        }

    def features(self, domain: str, seed: int, name: str) -> dict:
        """Settings of the extraction of frozen features."""
        precision = self.config["pretraining"]["precision"]
        draws = self.transfer_draws(domain, seed, self.linear_probe(domain, seed, name)["epochs"])
        return {"batch_size": 512, "precision": precision, "draws": draws}

    def linear_probe(self, domain: str, seed: int, name: str) -> dict:
        """Settings of the linear probes of the model ``name`` (appendix B)."""
        return {
            **self.config["linear_probe"],
            **self.settings.get("linear_probe", {}),
            **schedule(self.switches, self.model(name).architecture),
            "model_selection": self.switches["model_selection"],
            "seed": derive(self.seed_pair(seed)[1], "linear_probe"),
        }

    def sensitivity(self, domain: str, seed: int, name: str) -> dict:
        """Settings of the sensitivity scores (sec. 5.1)."""
        return {
            **self.config["sensitivity"],
            "normaliser": self.switches["sensitivity_normaliser"],
            "precision": self.config["pretraining"]["precision"],
            "seed": derive(self.seed_pair(seed)[1], "sensitivity"),
        }

    def sensitivity_sets(self, domain: str, seed: int, name: str) -> dict[str, dict]:
        """Sets of twins for the sensitivity of the model ``name``, by the set's name.

        Each is a dict with ``spec`` (the result of ``DatasetSpec.to_dict``), ``changes`` (the
        differences between twins, one score each: transformations, ``object``, ``background``),
        ``natural`` (the name of its natural images, or None) and ``normalisation``
        (``{"mean", "std"}`` instead of the model's own, or None).
        """
        return {}

    def cell(self, domain: str, seed: int, name: str) -> dict:
        """The cell of a model or another unit: the first columns of the tidy table."""
        place = {"study": self.name, "domain": domain, "seed": seed, "model": name}
        return {**place, **self.factors(name), "architecture": self.architecture(name)}

    def architecture(self, name: str) -> str:
        """The architecture of the model ``name``, or of the networks of another unit."""
        return self.model(name).architecture

    def shows_objects(self, domain: str) -> bool:
        """Whether images of a domain show objects or backgrounds of the base images."""
        return domain not in NATURAL_CLASSES

    @property
    def recorded(self) -> tuple[str, ...]:
        """The stages with a record that it needs, in order."""
        return ("pretrain", *self.stages)

    def units(self, domain: str, stage: str) -> tuple[str, ...]:
        """What the jobs of a stage are about: models, datasets (not targets), or other units.

        A study with units that are no models overrides it. It returns nothing for other stages.
        """
        of_model = {"dataset": "data", "model": "name"}.get(STAGES[stage].subject)
        if not of_model or STAGES[stage] not in up_to(*self.recorded, *self.on_request):
            return ()
        return tuple(dict.fromkeys(getattr(model, of_model) for model in self.models(domain)))

    def units_before(self, domain: str, stage: str, unit: str, before: str) -> tuple[str, ...]:
        """The units of the stage ``before`` that the result of a unit of ``stage`` depends on."""
        return (unit,)

    def places_before(
        self, domain: str, seed: int, stage: str, unit: str, before: str
    ) -> dict[str, tuple]:
        """``units_before`` of a result, each as (domain, seed, unit), by a name of its own."""
        units = self.units_before(domain, stage, unit, before)
        return {one: (domain, seed, one) for one in units}

    def networks(self, domain: str, stage: str, unit: str) -> int:
        """The number of networks that a job of a stage trains from scratch."""
        return int(stage == "pretrain")

    def records(self, stages: tuple[str, ...] | None = None) -> list[str]:
        """Paths, below the study's folder, of every record of the study's table, or of stages."""
        return [
            f"{domain}/seed{seed}/{STAGES[stage].record.format(model=unit, target=target)}"
            for domain, seed, unit, stage, target in self.results(stages)
        ]

    def results(self, stages: tuple[str, ...] | None = None) -> list[tuple]:
        """Domain, seed, model or unit, stage and target (or None) of each of ``records``."""
        return [
            (domain, seed, unit, stage, target)
            for domain in self.domains
            for seed in self.seeds
            for unit, of_unit in self._stages_by_unit(domain, stages or self.recorded).items()
            for stage in of_unit
            for target in (self.targets if STAGES[stage].is_per_target else (None,))
        ]

    def _stages_by_unit(self, domain: str, stages: tuple[str, ...]) -> dict[str, list[str]]:
        by_unit: dict[str, list[str]] = {}
        for stage in stages:
            for unit in self.units(domain, stage):
                by_unit.setdefault(unit, []).append(stage)
        return by_unit

    def exported(self) -> dict[str, list[str]]:
        """Names of the models of seed 0, by domain, that ``snakemake export`` exports."""
        return {}

    def check_name(self, domain: str, parts: list[str], stage: str = "pretrain") -> None:
        """Refuse folders of a model, dataset or unit that the configuration does not have."""
        checks.name_parts(parts, self.units(domain, stage))

    def pattern(self, stage: str) -> str:
        """Regular expression for what the jobs of a stage are about; empty without any.

        Of models and datasets: any combination of the configured values.
        """
        subject = STAGES[stage].subject
        names = [unit for domain in self.domains for unit in self.units(domain, stage)]
        one = "|".join(dict.fromkeys(names)) if subject == "unit" else checks.combinations(names)
        return "|".join(filter(None, [*(self.targets if subject == "dataset" else ()), one]))
