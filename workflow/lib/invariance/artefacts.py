"""The catalogue of artefacts: every figure, table and picture, its content and its module.

Parsing the workflow reads this module, so it imports nothing heavy. A figure that is drawn from the
table of a study names a module of ``invariance.figures`` with two functions:
``table(results, study, name)`` returns the rows that the figure shows, and
``draw(table, study, name, published)`` returns the matplotlib figure. ``published`` holds the
study's rows of ``config/paper_values.csv``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from invariance.studies.labels import LABELS, TRAINED_ON
from invariance.studies.stages import BY_METHOD, up_to

NUMBERS = re.compile(r"(fig|tab)(?:le)?(\d+)(?:-(\d+))?")


@dataclass(frozen=True)
class Artefact:
    """A figure, a table, or a picture of the data.

    Attributes
    ----------
    name : str
        The name in requests and in its files; any name is allowed.
    number : str
        Its number in the paper, such as ``Figure 4``.
    kind : str
        ``figures`` or ``tables``: the folder of its files.
    shows : str
        Its content, in a few words.
    module : str
        The module of ``invariance.figures`` or ``invariance.tables`` that makes it.
    study : str or None
        The study of its results; None for a picture.
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

    @property
    def title(self) -> str:
        """``Figure 4: too few and too many transformations, ResNet-18``."""
        return f"{self.number}: {self.shows}"

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


FACTORS, MISMATCH = "invariance_vs_factors", "invariance_mismatch"
FEATURES, TRANSFER = "irrelevant_features", "invariance_transfer"
PROBED, TUNED, SCORED = ("linear_probe",), ("fine_tuning",), ("sensitivity",)
PROBE, LITTLE = "linear probe", "full fine-tuning, little data"
FIRST, LAST = 0, -1  # amounts of fine-tuning samples: little data, and more


def _figure(number: int, shows: str, module: str, study: str | None, **other) -> Artefact:
    fields = {"caption": module, **other}
    return Artefact(f"fig{number}", f"Figure {number}", "figures", shows, module, study, **fields)


def _by_factor(number: int, domain: str, transfer: str, methods=PROBED, part=None) -> Artefact:
    shows = f"accuracy by factor of pretraining, {LABELS[domain]}, {transfer}"
    return _figure(number, shows, "factors", FACTORS, domains=(domain,), methods=methods, part=part)


def _differences(number: int, transfer: str, methods=PROBED, part=None) -> Artefact:
    shows = f"effects of factors and transformations, {transfer}"
    return _figure(number, shows, "differences", FACTORS, methods=methods, part=part)


def _mismatch(number: int, others: bool) -> Artefact:
    net = {"architectures": ("resnet-18",), "others": others, "domains": ("t2d",)}
    networks = "other networks" if others else "ResNet-18"
    shows = f"too few and too many transformations, {networks}"
    return _figure(number, shows, "mismatch", MISMATCH, methods=PROBED, **net)


def _heatmap(number: int, kind: str) -> Artefact:
    net = {"architectures": ("resnet-18",), "domains": ("t2d",)}
    shows = f"sensitivity of ResNet-18 to each transformation, {TRAINED_ON[kind]}"
    return _figure(number, shows, "heatmaps", TRANSFER, methods=SCORED, part=kind, **net)


def _picture(number: int, shows: str, *images: str) -> Artefact:
    return _figure(number, shows, "gallery", None, caption=f"fig{number}", images=images)


def _scores(number: int, architecture: str) -> Artefact:
    return Artefact(
        f"tab{number}",
        f"Table {number}",
        "tables",
        f"sensitivity of {LABELS[architecture]} on Transforms-2D, CIFAR-10 and CIFAR-100",
        "numbers",
        TRANSFER,
        caption="tables",
        domains=("t2d",),
        architectures=(architecture,),
        methods=SCORED,
    )


# In the order of pages and of the report.
ARTEFACTS = {
    one.name: one
    for one in (
        _picture(1, "three of the 18 transformations", "base_images"),
        _by_factor(2, "t2d", PROBE),
        _differences(3, PROBE),
        _mismatch(4, others=False),
        _picture(5, "the 18 transformations", "base_images"),
        _picture(6, "CIFAR-10 with pasted objects", "base_images", "cifar10"),
        _by_factor(7, "cifar10", PROBE),
        _by_factor(8, "cifar100", PROBE),
        _by_factor(9, "t2d", LITTLE, TUNED, FIRST),
        _by_factor(10, "cifar10", LITTLE, TUNED, FIRST),
        _by_factor(11, "cifar100", LITTLE, TUNED, FIRST),
        _differences(12, LITTLE, TUNED, FIRST),
        _differences(13, "full fine-tuning, more data", TUNED, LAST),
        _figure(
            14,
            "correlation and availability of objects on CIFAR-10",
            "sweeps",
            FEATURES,
            domains=("cifar10_corner",),
            methods=(*PROBED, *SCORED),
        ),
        _picture(15, "random patterns and augmented CIFAR-10", "base_images", "cifar10"),
        _heatmap(16, "image"),
        _heatmap(17, "random"),
        _mismatch(18, others=True),
        Artefact(
            "tab1",
            "Table 1",
            "tables",
            "relevant and irrelevant features, accuracy and sensitivity",
            "numbers",
            FEATURES,
            caption="tables",
            domains=("cifar10_random",),
            architectures=("resnet-18",),
            methods=(*PROBED, *SCORED),
        ),
        _scores(2, "resnet-18"),
        _scores(3, "vgg-11"),
        _scores(4, "densenet-121"),
        _scores(5, "vit"),
    )
}


def available(studies: Mapping) -> dict[str, Artefact]:
    """The artefacts that can be made from the configured studies, in order."""
    return {
        name: one.for_study(studies[one.study]) if one.study else one
        for name, one in ARTEFACTS.items()
        if one.is_available(studies)
    }


def figures(studies: Mapping) -> dict[str, Artefact]:
    """The available figures that are drawn from tables of studies."""
    artefacts = available(studies).items()
    return {name: one for name, one in artefacts if one.kind == "figures" and not one.is_picture}


def tables(studies: Mapping) -> dict[str, Artefact]:
    """The available tables."""
    return {name: one for name, one in available(studies).items() if one.kind == "tables"}


def pictures(studies: Mapping) -> dict[str, Artefact]:
    """The available pictures of the data."""
    return {name: one for name, one in available(studies).items() if one.is_picture}


def mentioned(text: str) -> list[str]:
    """Names of the paper's artefacts in a text, such as ``fig7, fig8`` or ``table2-5``."""
    return [
        f"{kind}{one}"
        for kind, first, last in NUMBERS.findall(text)
        for one in range(int(first), int(last or first) + 1)
    ]
