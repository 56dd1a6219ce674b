"""The one table of stages: what each is called in code, rules, folders, records and words."""

from collections.abc import Callable
from dataclasses import dataclass

from invariance.jobs import resources


@dataclass(frozen=True)
class Stage:
    """One kind of job of a model, from the rendering of its dataset on.

    Attributes
    ----------
    name : str
        Its name in code, in ``recipes.RECIPES`` and in the ``stages`` of a record.
    rule : str
        The Snakemake rule that runs it.
    folder : str
        Its folder below that of a seed.
    words : str
        What its files hold, for people.
    needs : tuple of str
        The stages whose files it reads.
    settings : str
        The method of ``Study`` that gives its settings, by domain, seed and name.
    work : callable
        How much there is to do: a function of ``resources``, by study, domain, seed, name and,
        where a job is of one target, the target.
    method : str or None
        Its name in records and tidy tables; None for a stage that leaves no record.
    title : str
        The method for people.
    record : str or None
        The record, below a seed's folder, with ``{model}`` and ``{target}``, that tells how long a
        job took: its own, or that of the stage which counts it in.
    is_saved : bool
        Whether a model has a file of tensors of this stage.
    reads_targets : bool
        Whether shards of the target tasks stand behind it.
    """

    name: str
    rule: str
    folder: str
    words: str
    needs: tuple[str, ...]
    settings: str
    work: Callable
    method: str | None = None
    title: str = ""
    record: str | None = None
    is_saved: bool = False
    reads_targets: bool = False

    @property
    def is_per_target(self) -> bool:
        """Whether each target has a job, and a record, of its own."""
        return bool(self.record) and "{target}" in self.record


# In the order in which a model goes through them.
STAGES = {
    stage.name: stage
    for stage in (
        Stage(
            name="dataset",
            rule="render_dataset",
            folder="data",
            words="shards of the dataset",
            needs=(),
            settings="dataset_specs",
            work=resources.rendering,
        ),
        Stage(
            name="pretrain",
            rule="pretrain",
            folder="pretrain",
            words="the model",
            needs=("dataset",),
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
            needs=("dataset", "pretrain"),
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
            needs=("features",),
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
            needs=("dataset", "pretrain", "linear_probe"),
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
            needs=("pretrain",),
            settings="sensitivity",
            work=resources.sensitivity,
            method="sensitivity",
            title="sensitivity",
            record="sensitivity/{model}/record.json",
        ),
    )
}
BY_METHOD = {stage.method: stage for stage in STAGES.values() if stage.method}
BY_FOLDER = {stage.folder: stage for stage in STAGES.values()}
BY_RULE = {stage.rule: stage for stage in STAGES.values()}


def up_to(name: str) -> tuple[Stage, ...]:
    """A stage and all that stand behind it, in order."""
    behind = {name}
    for stage in reversed(STAGES.values()):
        if stage.name in behind:
            behind.update(stage.needs)
    return tuple(stage for stage in STAGES.values() if stage.name in behind)


def counted_in(method: str) -> tuple[Stage, ...]:
    """The stages whose time the record of a method tells, its own first."""
    own = BY_METHOD[method]
    also = (one for one in STAGES.values() if one.record == own.record and one is not own)
    return (own, *also)
