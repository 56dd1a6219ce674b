"""A figure, a table or a picture: its names, its content and the results it is made from."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from invariance.studies.measured.settings import measured
from invariance.studies.stages import BY_METHOD, up_to


@dataclass(frozen=True)
class Artefact:
    """A figure, a table, or a picture of the data.

    Attributes
    ----------
    name : str
        The name in requests and in its files; any name is allowed.
    number : str
        Its number in the paper, such as ``Figure 4``; empty for one that the paper does not have.
    kind : str
        ``figures`` or ``tables``: the folder of its files.
    shows : str
        Its content, in a few words.
    module : str
        The module of ``invariance.figures`` or ``invariance.tables`` that makes it.
    study : str or None
        The study of its results; None for a picture, or for a table of all studies.
    caption : str
        Its caption is ``workflow/report/<caption>.rst``.
    domains : tuple of str
        It is made only if the study has all of these. Empty means all domains of the study.
    architectures : tuple of str
        It is made only if the study has one of these, and shows only these. Empty means all.
    others : bool
        Whether it shows all architectures of its study except these.
    methods : tuple of str
        The methods of its results; empty for a picture, which is drawn from shards.
    part : int, str or None
        The part of the results, if its module can show several: the position of an amount of
        fine-tuning data in the configured list, or the kind of images that models are trained on.
    images : tuple of str
        The sources of the images that a picture shows.
    category : str
        Its part of the report; empty means that of all figures or of all tables.
    own_rule : bool
        Whether a rule of its own draws it, from files of its study other than the table.
    least_models : int
        Of a table of the measures of all studies' models, which only a request makes: the models
        that must be measured on the same images. 0 means any other artefact.
    """

    name: str
    number: str
    kind: str
    shows: str
    module: str
    study: str | None
    caption: str
    domains: tuple[str, ...] = ()
    architectures: tuple[str, ...] = ()
    others: bool = False
    methods: tuple[str, ...] = ()
    part: int | str | None = None
    images: tuple[str, ...] = ()
    category: str = ""
    own_rule: bool = False
    least_models: int = 0

    @property
    def label(self) -> str:
        """Its number, or its name in words: ``Figure 4``, ``Influence by class``."""
        return self.number or self.name.replace("_", " ").capitalize()

    @property
    def title(self) -> str:
        """``Figure 4: too few and too many transformations, ResNet-18``."""
        return f"{self.label}: {self.shows}"

    @property
    def report_category(self) -> str:
        """The part of Snakemake's report that has it."""
        return self.category or self.kind.capitalize()

    @property
    def is_picture(self) -> bool:
        """Whether it is drawn from images rather than from the table of a study."""
        return not self.methods

    @property
    def file(self) -> str:
        """Its main file, relative to the folder of the results."""
        return f"{self.kind}/{self.name}.{'png' if self.kind == 'figures' else 'html'}"

    def is_made_of(self, record: Mapping) -> bool:
        """Whether it shows the result of a record, or a result that is made from it."""
        cell = record["cell"]
        return (
            cell["study"] == self.study
            and (not self.domains or cell["domain"] in self.domains)
            and (not self.architectures or cell["architecture"] in self.architectures)
            and any(
                stage.method == record["method"]
                for method in self.methods
                for stage in up_to(BY_METHOD[method].name)
            )
        )

    def networks(self, study) -> tuple[str, ...]:
        """The configured architectures of its study that it shows."""
        if not self.architectures:
            return ()
        configured = study.settings.get("architectures", ()) or _architectures(study, self.domains)
        return tuple(net for net in configured if (net in self.architectures) != self.others)

    def for_study(self, study) -> "Artefact":
        """A copy with the architectures that it shows of this study."""
        return replace(self, architectures=self.networks(study), others=False)

    def is_available(self, studies: Mapping) -> bool:
        """Whether the configured studies have the results that it shows."""
        if self.least_models:
            return any(
                max(Counter(study.measured_on(one.name) for one in study.models(domain)).values())
                >= self.least_models
                for study in measured(studies.values())
                for domain in study.domains
            )
        if self.study is None:
            return True
        study = studies.get(self.study)
        if study is None or not set(self.domains) <= set(study.domains):
            return False
        if not study.has_results_for(self):
            return False
        return not self.architectures or bool(self.networks(study))


def _architectures(study, domains: tuple[str, ...]) -> tuple[str, ...]:
    models = (model for domain in domains or study.domains for model in study.models(domain))
    return tuple(dict.fromkeys(model.architecture for model in models))
