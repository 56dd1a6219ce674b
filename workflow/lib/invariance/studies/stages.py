"""The table of stages: the names of each stage in code, rules, folders, records and texts."""

from collections.abc import Callable
from dataclasses import dataclass

from invariance.jobs import resources


@dataclass(frozen=True)
class Stage:
    """One kind of job: about a dataset, a model, or another unit of results.

    Attributes
    ----------
    name : str
        Its name in code, in ``recipes.RECIPES`` and in the ``stages`` of a record.
    rule : str
        The Snakemake rule that runs it.
    folder : str
        Its folder in the folder of a seed.
    words : str
        A description of its files, for people.
    inputs : tuple of str
        The stages whose files it reads.
    settings : str
        The method of ``Study`` that returns its settings, by domain, seed and name.
    work : callable
        A function of ``resources`` that returns its work, by study, domain, seed, name and, for a
        job per target, the target.
    subject : str
        The name of its job's wildcard: ``dataset``, ``model``, or ``unit`` for results that belong
        to no single model.
    method : str or None
        Its name in records and tidy tables; None for a stage without a record.
    title : str
        The method's name for people.
    record : str or None
        Path pattern, in a seed's folder, of the record with the time of a job: its own record, or
        that of the stage that includes its time. Has ``{model}``, which may be a unit, and
        ``{target}``.
    is_saved : bool
        Whether a model or unit has a file of tensors of this stage.
    reads_targets : bool
        Whether it depends on shards of the target tasks.
    on_request : bool
        Whether only a request for it makes it: its records are in no study's table, and no figure,
        claim or sum of costs needs them.
    """

    name: str
    rule: str
    folder: str
    words: str
    inputs: tuple[str, ...]
    settings: str
    work: Callable
    subject: str = "model"
    method: str | None = None
    title: str = ""
    record: str | None = None
    is_saved: bool = False
    reads_targets: bool = False
    on_request: bool = False

    @property
    def is_per_target(self) -> bool:
        """Whether each target has a separate job and record."""
        return bool(self.record) and "{target}" in self.record

    @property
    def has_identity(self) -> bool:
        """Whether its files store what they were made from: tensors and records do."""
        return bool(self.method) or self.is_saved or self.subject == "dataset"


# In the order of the jobs of a model, then of the other units.
STAGES = {
    stage.name: stage
    for stage in (
        Stage(
            name="dataset",
            rule="render_dataset",
            folder="data",
            words="shards of the dataset",
            inputs=(),
            settings="dataset_specs",
            work=resources.rendering,
            subject="dataset",
        ),
        Stage(
            name="pretrain",
            rule="pretrain",
            folder="pretrain",
            words="the model",
            inputs=("dataset",),
            settings="pretraining",
            work=resources.pretraining,
            method="pretraining",
            title="pretraining",
            record="pretrain/{model}/record.json",
            is_saved=True,
        ),
        Stage(
            name="features",
            rule="extract_features",
            folder="features",
            words="frozen features of the model",
            inputs=("dataset", "pretrain"),
            settings="features",
            work=resources.features,
            record="probe/{model}/record.json",
            is_saved=True,
            reads_targets=True,
        ),
        Stage(
            name="linear_probe",
            rule="linear_probe",
            folder="probe",
            words="linear probes of the model",
            inputs=("features",),
            settings="linear_probe",
            work=resources.linear_probe,
            method="linear_probe",
            title="linear probes",
            record="probe/{model}/record.json",
            is_saved=True,
            reads_targets=True,
        ),
        Stage(
            name="fine_tune",
            rule="fine_tune",
            folder="finetune",
            words="full fine-tunings of the model",
            inputs=("dataset", "pretrain", "linear_probe"),
            settings="fine_tuning",
            work=resources.fine_tuning,
            method="fine_tuning",
            title="full fine-tuning",
            record="finetune/{model}/{target}.json",
            reads_targets=True,
        ),
        Stage(
            name="sensitivity",
            rule="score_sensitivity",
            folder="sensitivity",
            words="sensitivity scores of the model",
            inputs=("pretrain",),
            settings="sensitivity",
            work=resources.sensitivity,
            method="sensitivity",
            title="sensitivity",
            record="sensitivity/{model}/record.json",
        ),
        Stage(
            name="measures",
            rule="measure_model",
            folder="measures",
            words="every measure of invariance of the model",
            inputs=("pretrain",),
            settings="measures",
            work=resources.measures,
            method="measures",
            title="measures of invariance",
            record="measures/{model}/record.json",
            on_request=True,
        ),
        Stage(
            name="masks",
            rule="draw_masks",
            folder="masks",
            words="masks: which source classes each network is trained on, of",
            inputs=(),
            settings="masks",
            work=resources.masks,
            subject="unit",
        ),
        Stage(
            name="subsets",
            rule="train_subsets",
            folder="subsets",
            words="networks trained on subsets of the source classes, of",
            inputs=("dataset", "masks"),
            settings="subsets",
            work=resources.subsets,
            subject="unit",
            method="subsets",
            title="networks on subsets",
            record="subsets/{model}/record.json",
            is_saved=True,
            reads_targets=True,
        ),
        Stage(
            name="influence",
            rule="estimate_influence",
            folder="influence",
            words="influences of the source classes, from masks of kind",
            inputs=("subsets",),
            settings="influence",
            work=resources.influence,
            subject="unit",
            method="influence",
            title="influences",
            record="influence/{model}/record.json",
            is_saved=True,
            reads_targets=True,
        ),
        Stage(
            name="counterfactuals",
            rule="train_counterfactuals",
            folder="counterfactuals",
            words="networks without the most and least useful source classes, of",
            inputs=("dataset", "influence"),
            settings="counterfactuals",
            work=resources.counterfactuals,
            subject="unit",
            method="counterfactuals",
            title="counterfactual removal",
            record="counterfactuals/{model}/record.json",
            reads_targets=True,
        ),
        Stage(
            name="views",
            rule="prepare_views",
            folder="views",
            words="views, in groups, of",
            inputs=(),
            settings="view_groups",
            work=resources.views,
            subject="unit",
            is_saved=True,
        ),
        Stage(
            name="contrastive",
            rule="pretrain_contrastive",
            folder="encoders",
            words="the network trained under views",
            inputs=("dataset",),
            settings="pretraining",
            work=resources.contrastive,
            method="contrastive",
            title="pretraining under views",
            record="encoders/{model}/record.json",
            is_saved=True,
        ),
        Stage(
            name="represent",
            rule="represent",
            folder="represent",
            words="all measures of the network",
            inputs=("dataset", "views", "contrastive"),
            settings="represent",
            work=resources.represent,
            method="represent",
            title="measures of representations",
            record="represent/{model}/record.json",
            reads_targets=True,
        ),
        Stage(
            name="fusion",
            rule="fuse",
            folder="fusion",
            words="readouts of networks side by side,",
            inputs=("dataset", "contrastive"),
            settings="fusion",
            work=resources.fusion,
            subject="unit",
            method="fusion",
            title="fusions",
            record="fusion/{model}/record.json",
            reads_targets=True,
        ),
    )
}
BY_METHOD = {stage.method: stage for stage in STAGES.values() if stage.method}
BY_FOLDER = {stage.folder: stage for stage in STAGES.values()}
BY_RULE = {stage.rule: stage for stage in STAGES.values()}
NETWORKS = ("pretrain", "contrastive")  # whose jobs end with one network each
ON_REQUEST = tuple(stage.name for stage in STAGES.values() if stage.on_request)


def up_to(*names: str) -> tuple[Stage, ...]:
    """Some stages and all stages that they depend on, in order."""
    selected = {*names}
    for stage in reversed(STAGES.values()):
        if stage.name in selected:
            selected.update(stage.inputs)
    return tuple(stage for stage in STAGES.values() if stage.name in selected)


def counted_in(method: str) -> tuple[Stage, ...]:
    """The stages whose times are in the record of a method; the method's own stage is first."""
    own = BY_METHOD[method]
    others = (stage for stage in STAGES.values() if stage.record == own.record and stage is not own)
    return (own, *others)
